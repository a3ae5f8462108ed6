"""What trained strategies share: rows to sequences, a run of the loop, the arm that asks the tuned model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.encode.wording import ask
from assay.errors import Problem, TrainError
from assay.nouns import Example, LanguageModel, Lesson, Task
from assay.prompt.majority import need_rows
from assay.prompt.prompted import Prompted
from assay.prompt.shots import drawn
from assay.store import read_json, write_json
from assay.train.settings import Change, Trained

if TYPE_CHECKING:
    from assay.encode.chat import Chat, Encoded
    from assay.model.chat_model import ChatModel


NOTHING_TO_LEARN = 0.01  # share of rows with an empty target from which training is refused


class Tuned(Prompted):
    """A tuned model, asked as it was trained: the same wording, no list of labels."""

    def __init__(self, model: LanguageModel, task: Task, room: int, write: Callable[[Path], None]):
        super().__init__(model, task, labels=False, room=room)
        self._write = write
        self.curve: list[dict[str, float]] = []
        self.ended = ""

    def save(self, folder: Path) -> None:
        self._write(folder)
        write_json(folder / "tuned.json", {"room": self.room, "curve": self.curve, "ended": self.ended})


def train(lesson: Lesson, settings: Trained, model: ChatModel, change: Change, arm: Tuned) -> None:
    """Train what `change` names on the lesson; the best weights are left in the network."""
    from assay.train.loop import Training
    from assay.train.objectives.completion import completion

    need_rows(settings.kind, lesson)
    chat = replace(model.chat, max_length=min(settings.max_length, model.chat.max_length))
    sequences = sequences_of(chat, lesson.task, lesson.train)
    silent = [e for e in lesson.train if not (e.target or "").strip()]
    if len(silent) > NOTHING_TO_LEARN * len(lesson.train):
        raise TrainError(
            Problem(
                "T003",
                f"{len(silent)} of {len(lesson.train)} training rows have an empty target: nothing is learnt from them",
                silent[0].source,
                help="fill the targets in or drop these rows",
            )
        )
    cut = sum(1 for sequence in sequences if sequence.cut)
    if cut:
        text = f"{settings.kind}: {cut} training rows are longer than {chat.max_length} tokens and were cut"
        lesson.tell({"event": "warning", "code": "D048", "count": cut, "text": text})
    held = drawn(lesson.val, settings.val_rows, lesson.seed)
    progress = Training(
        network=model.network,
        trained=list(change.trained.items()),
        sequences=sequences,
        sources=[example.source or example.id for example in lesson.train],
        settings=settings,
        seed=lesson.seed,
        pad=chat.tokenizer.pad_token_id or chat.tokenizer.eos_token_id,
        objective=completion,
        held=sequences_of(chat, lesson.task, held),
        evaluate=(lambda: lesson.score(arm, held)) if held else None,
        workdir=lesson.workdir,
        tell=lesson.tell,
    ).run()
    model.network.eval().requires_grad_(False)
    arm.curve, arm.ended = progress.curve, progress.ended


def sequences_of(chat: Chat, task: Task, examples: Sequence[Example]) -> list[Encoded]:
    """Each example as the prompt the arm will send, then its target."""
    return [chat.pair(ask(task, example), example.target or "") for example in examples]


def kept(folder: Path) -> dict[str, Any]:
    return read_json(folder / "tuned.json")
