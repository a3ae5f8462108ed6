"""A training on documents alone: what is learnt, what is held out, perplexity before and after.

Held out    a share of the documents, or, where there are few, the last windows of each; val of the
            loop, so that the weights that are kept are those that know it best
Replay      windows of general text, drawn by the seed, beside the domain's: a share of all that is
            learnt, as often as it takes
Perplexity  e to the mean loss a token, on what is held out of the domain, and of the general text
Source      replay: Ibrahim et al. (2024), arxiv.org/abs/2403.08763
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assay.core.sampling import hash_rank, random_stream
from assay.core.types import Document, Lesson
from assay.models.tokenizer.chat_tokens import Chat, Encoded
from assay.training.distributed.process_group import Team
from assay.training.estimate.trial_run import run_or_rehearse
from assay.training.loop import Training
from assay.training.objectives.language_modelling import language_modelling, windows
from assay.training.progress import Progress
from assay.training.settings import NetworkChange, Trained
from assay.training.training_data import Exercise

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel

MANY = 20  # documents from which whole ones are held out
GENERAL = 16  # windows of general text at most that perplexity is told on

Windows = list[tuple[str, Encoded]]  # each with the document that it is from


@dataclass
class Texts:
    """Windows that are learnt, and those that are held out of the domain and of general text."""

    learnt: Windows
    held: Windows
    general: Windows = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """How the reading went.

    Attributes:
        tokens: learnt in an epoch. before, after: perplexity of what is held out of the domain.
            general: the same of general text, or None.
    """

    progress: Progress
    tokens: int
    before: float
    after: float
    general: tuple[float, float] | None = None

    def sentences(self) -> list[str]:
        """What it came to, for the report."""
        read = f"It has read {self.tokens:,} tokens an epoch"
        if math.isnan(self.before):
            return [f"{read}; there was too little text to hold some out."]
        said = [
            f"{read}. Perplexity of held-out text: {self.before:.2f} before, {self.after:.2f} after"
            f" ({change(self.before, self.after)})"
        ]
        if self.general:
            before, after = self.general
            said.append(
                f"of general text: {before:.2f}, then {after:.2f} ({change(before, after)})"
            )
        return [f"{'; '.join(said)}."]


def change(before: float, after: float) -> str:
    return f"{100 * (after / before - 1):+.1f} %".replace("-", "−")


def read_documents(
    lesson: Lesson,
    settings: Trained,
    model: ChatModel,
    changed: NetworkChange,
    *,
    held_out: float,
    replay: str,
    replay_share: float,
    tokens: int | None,
) -> Reading:
    """Learn the lesson's documents; the best weights are left in the network.

    Args:
        held_out: share that is not learnt. replay: where general text comes from, "" for none.
        replay_share: of the windows that are learnt. tokens: that are learnt at most.

    Raises:
        TrainError, ResourceError, Stopped: as `run_or_rehearse`.
    """
    chat = replace(model.chat, max_length=min(settings.max_length, model.chat.max_length))
    texts = divide(lesson.documents, chat, lesson.seed, held_out, replay)
    own = limited(texts.learnt, tokens, lesson.seed)
    texts.learnt = add_replay(texts, own, replay_share, lesson.seed)
    sequences = [one for _, one in texts.learnt]
    count = sum(len(one.ids) for one in sequences)
    epochs = settings.epochs_of(len(sequences))
    text = f"{settings.kind} reads {count:,} tokens in {epochs} epoch"
    lesson.tell({"event": "note", "text": text + "s" * (epochs > 1)})
    before = [perplexity(model, changed, settings, some) for some in (texts.held, texts.general)]
    training = Training(
        network=model.network,
        change=changed,
        sequences=sequences,
        sources=[source for source, _ in texts.learnt],
        settings=settings,
        seed=lesson.seed,
        pad=pad_of(model),
        objective=language_modelling,
        held=[one for _, one in texts.held],
        evaluate=None,
        workdir=lesson.workdir,
        tell=lesson.tell,
        team=Team.of(settings.processes),
    )
    progress = run_or_rehearse(training)
    model.network.eval().requires_grad_(False)
    model.forget()
    after = [perplexity(model, changed, settings, some) for some in (texts.held, texts.general)]
    general = (before[1], after[1]) if texts.general else None
    return Reading(progress, count, before[0], after[0], general)


def divide(
    documents: Sequence[Document], chat: Chat, seed: int, held_out: float, replay: str
) -> Texts:
    """What is learnt and what is held out. A document without text counts for nothing."""
    from_general = [one for one in documents if is_below(one.source, replay)]
    own = [one for one in documents if one.text.strip() and not is_below(one.source, replay)]
    texts = Texts([], [], windows_of(from_general, chat))
    if len(own) >= MANY:
        ordered = sorted(own, key=lambda one: hash_rank(seed, "held out", one.id))
        count = max(1, round(held_out * len(own)))
        texts.held = windows_of(ordered[:count], chat)
        kept = {one.id for one in ordered[:count]}
        texts.learnt = windows_of([one for one in own if one.id not in kept], chat)
        return texts
    for document in own:
        some = windows_of([document], chat)
        count = max(1, round(held_out * len(some))) if len(some) > 1 else 0
        texts.learnt += some[: len(some) - count]
        texts.held += some[len(some) - count :]
    return texts


def windows_of(documents: Sequence[Document], chat: Chat) -> Windows:
    return [(one.source or one.id, part) for one in documents for part in windows(chat, [one])]


def limited(some: Windows, tokens: int | None, seed: int) -> Windows:
    """Windows drawn by the seed, as many as the tokens reach for, in their order."""
    if tokens is None:
        return some
    order = list(range(len(some)))
    random_stream(seed, "windows").shuffle(order)
    kept, left = [], tokens
    for at in order:
        left -= len(some[at][1].ids)
        if left < 0 and kept:
            break
        kept.append(at)
    return [some[at] for at in sorted(kept)]


def add_replay(texts: Texts, own: Windows, share: float, seed: int) -> Windows:
    """The domain's windows and, so that they are `share` of all, some of general text; these are
    not among those that perplexity is told on."""
    order = list(range(len(texts.general)))
    random_stream(seed, "replay").shuffle(order)
    told = order[: min(GENERAL, max(1, len(order) // 4))] if order else []
    rest = order[len(told) :]
    count = round(share / (1 - share) * len(own)) if share < 1 else len(rest)
    learnt = [texts.general[at] for at in sorted(rest[:count])]
    texts.general = [texts.general[at] for at in sorted(told)]
    return own + learnt


def perplexity(model: ChatModel, changed: NetworkChange, settings: Trained, some: Windows) -> float:
    """e to the mean loss a token; NaN of nothing."""
    if not some:
        return math.nan
    model.network.eval()
    if changed.warmer:
        changed.warmer()
    sequences = [one for _, one in some]
    exercise = Exercise(
        model.network, changed, sequences, settings, pad_of(model), language_modelling
    )
    mean, _ = exercise.mean()
    return math.exp(mean)


def pad_of(model: ChatModel) -> int:
    tokenizer = model.chat.tokenizer
    return tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id


def is_below(source: str, place: str) -> bool:
    """Whether a document comes from the folder or file."""
    wanted = place.strip("/").removeprefix("./")
    own = source.strip("/").removeprefix("./")
    return bool(wanted) and (own == wanted or own.startswith(f"{wanted}/"))
