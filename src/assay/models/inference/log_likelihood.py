"""How likely a model finds what follows, token by token: plain text as it was pretrained on,
answers after prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from assay.core.errors import Problem, TrainError
from assay.core.types import LanguageModel, Tell
from assay.models.inference.attention_segments import TreeLayout
from assay.models.inference.batch_plan import by_length
from assay.models.inference.chat_model import ChatModel
from assay.models.inference.option_batches import BATCH_TOKENS, TREE_GAINS, by_tree
from assay.models.inference.option_scores import LOGIT_ROWS
from assay.models.inference.padded_scoring import right_padded
from assay.models.inference.position_limit import sides, steps_of
from assay.models.tokenizer.token_tree import Tree

MAX_TOKENS = 512  # of a text; what follows is not read
WINDOW = 8192  # tokens of a text that are read at once, where the model reads so many


@dataclass(frozen=True)
class Followed:
    """What a model says of the tokens from `start` on.

    Attributes:
        log_probs: natural-log probability of each after those before it, float64, (tokens,).
        best: the likeliest token in each place, (tokens,). rank: how many are likelier than the one
            that stands there.
    """

    log_probs: np.ndarray
    best: np.ndarray
    rank: np.ndarray


def need_likelihoods(model: LanguageModel) -> ChatModel:
    """The model, as one that can be asked how likely a text is.

    Raises:
        TrainError: T084, it gives no likelihoods.
    """
    if isinstance(model, ChatModel):
        return model
    text = f"{model.name} gives no likelihoods of texts"
    raise TrainError(Problem("T084", text, help="take a model on this machine"))


def encode_text(model: ChatModel, text: str) -> list[int]:
    """The token ids of plain text, behind the token that texts begin with (or, where there is none,
    end with)."""
    return [_begin(model), *model.chat.text_ids(text)[:MAX_TOKENS]]


def token_log_probs(
    model: ChatModel, texts: Sequence[str], tell: Tell | None = None
) -> list[np.ndarray]:
    """Natural-log probability of every token of each text after those before it, float64, shape
    (tokens,). No chat template. A text without a token gives an empty array."""
    rows = [encode_text(model, text) for text in texts]
    return [one.log_probs for one in score_continuations(model, rows, [1] * len(rows), tell)]


def text_log_probs(
    model: ChatModel, texts: Sequence[str], tell: Tell | None = None
) -> list[np.ndarray]:
    """As `token_log_probs`, of all tokens. A text longer than the model's window is read in
    windows; each but the first begins with the last token of the one before it, as training reads
    documents, so its first tokens know less. Windows have at most WINDOW tokens: attention to all
    of a longer one would take most of the memory."""
    step = min(model.chat.max_length, WINDOW) - 1
    rows, owner = [], []
    for place, text in enumerate(texts):
        ids = [_begin(model), *model.chat.text_ids(text)]
        for start in range(0, max(1, len(ids) - 1), step):
            rows.append(ids[start : start + step + 1])
            owner.append(place)
    out: list[list[np.ndarray]] = [[] for _ in texts]
    for place, one in zip(
        owner, score_continuations(model, rows, [1] * len(rows), tell), strict=True
    ):
        out[place].append(one.log_probs)
    return [np.concatenate(parts) if parts else np.zeros(0) for parts in out]


@dataclass(frozen=True)
class Continuation:
    """`log_probs`: of each token of a continuation, natural logarithms, float64, (tokens,).
    `tokens`: all that were read, the text before it too."""

    log_probs: np.ndarray
    tokens: int


def continuation_log_probs(
    model: ChatModel, pairs: Sequence[tuple[str, str]], tell: Tell | None = None
) -> list[Continuation]:
    """How likely continuations are after their texts, without a chat template. Both are encoded
    together, so that a word which begins with a space is the token that the model knows (as
    lm-evaluation-harness does). Where both are too long for the model, the text loses its
    beginning; a warning says of how many.

    Args:
        pairs: (text, continuation); what stands between the two belongs to the continuation.
    """
    rows, starts, cut = [], [], 0
    for text, continuation in pairs:
        alone, ids = model.chat.text_ids(text), model.chat.text_ids(text + continuation)
        start = next(
            (at for at, (a, b) in enumerate(zip(alone, ids, strict=False)) if a != b),
            min(len(alone), len(ids)),
        )
        over = max(0, min(start, len(ids) + 1 - model.chat.max_length))
        rows.append([_begin(model), *ids[over:][: model.chat.max_length - 1]])
        starts.append(start - over + 1)
        cut += over > 0
    model.warn_cut(cut, tell)
    found = score_continuations(model, rows, starts, tell)
    return [Continuation(one.log_probs, len(row)) for one, row in zip(found, rows, strict=True)]


def _begin(model: ChatModel) -> int:
    tokenizer = model.chat.tokenizer
    return tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id


@torch.inference_mode()
def score_continuations(
    model: ChatModel, rows: Sequence[Sequence[int]], starts: Sequence[int], tell: Tell | None = None
) -> list[Followed]:
    """What the model says of `rows[i][starts[i]:]`, for each row of token ids; `starts` are at
    least 1. What rows begin with alike is computed once, where that pays."""
    out = [Followed(np.zeros(0), np.zeros(0, dtype=int), np.zeros(0, dtype=int))] * len(rows)
    done = 0
    for which, states in _state_batches(model, rows, starts):
        wanted = torch.tensor(
            [t for i in which for t in rows[i][starts[i] :]], device=model.device, dtype=torch.long
        )
        found, end = _token_scores(model, states, wanted), 0
        for i in which:
            begin, end = end, end + len(rows[i]) - starts[i]
            values, best, ranks = found[begin:end].T
            out[i] = Followed(values.copy(), best.astype(int), ranks.astype(int))
        done += len(which)
        if tell:
            tell({"event": "progress", "done": done, "total": len(rows), "unit": "text"})
    return out


def _token_scores(model: ChatModel, states: torch.Tensor, wanted: torch.Tensor) -> np.ndarray:
    """Log-probability of each wanted token, the likeliest token, how many are likelier: (tokens,
    3)."""
    parts = [np.zeros((0, 3))]
    for begin in range(0, len(states), LOGIT_ROWS):
        logits = model.logits(states[begin : begin + LOGIT_ROWS])
        picked = logits.gather(1, wanted[begin : begin + LOGIT_ROWS, None])
        values = (picked[:, 0] - torch.logsumexp(logits, -1)).double()
        ranks = (logits > picked).sum(-1).double()
        parts.append(torch.stack([values, logits.argmax(-1).double(), ranks], 1).cpu().numpy())
    return np.concatenate(parts)


def _trees(model: ChatModel, rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """Rows that are computed as one token tree each; none where that gains little or cannot be."""
    if model.soft or not model.takes_trees:
        return []
    padded = sum(
        len(some) * len(rows[some[0]])
        for some in by_length([len(row) for row in rows], BATCH_TOKENS)
    )
    return by_tree([list(row) for row in rows], TREE_GAINS * padded)


def _state_batches(
    model: ChatModel, rows: Sequence[Sequence[int]], starts: Sequence[int]
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """Some of the rows at a time, and the hidden states before each of their tokens from `starts`
    on, in one list."""
    for side, beyond in sides(model.position_limit, list(map(len, rows))):
        found = _side_batches(model, [rows[i] for i in side], [starts[i] for i in side])
        for group, states in steps_of(found, beyond):
            yield [side[i] for i in group], states


def _side_batches(
    model: ChatModel, rows: Sequence[Sequence[int]], starts: Sequence[int]
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """The same of rows on one side of the model's position limit."""
    if groups := _trees(model, rows):
        for group in groups:
            tree = Tree.of([rows[i] for i in group])
            ids, depth = (
                torch.from_numpy(part)[None].to(model.device) for part in (tree.tokens, tree.depth)
            )
            hidden = model.body(
                input_ids=ids,
                position_ids=depth,
                attention_mask=ids.new_ones(1, 1, 1, 1),
                use_cache=False,
                tree=TreeLayout(tree, model.device),
            ).last_hidden_state[0]
            nodes = [tree.paths[place][starts[i] - 1 : -1] for place, i in enumerate(group)]
            yield group, hidden[torch.from_numpy(np.concatenate(nodes)).to(model.device)]
        return
    for batch in by_length([len(row) for row in rows], BATCH_TOKENS):
        # Padded on the right: no token sees what follows it, so the padding changes nothing.
        hidden = right_padded(model, [rows[i] for i in batch])
        places = [
            (place, at)
            for place, i in enumerate(batch)
            for at in range(starts[i] - 1, len(rows[i]) - 1)
        ]
        index = torch.tensor(places, dtype=torch.long, device=model.device).reshape(-1, 2)
        yield batch, hidden[index[:, 0], index[:, 1]]
