"""What assay computes of rows together, compared with transformers on each row by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from assay.models.inference import tree_attention
from assay.models.inference.chat_model import ChatModel
from assay.models.inference.log_likelihood import score_continuations
from assay.models.open import load_network
from helpers.architectures import WINDOW, WORDS, plain

ANSWERS = ([5, 6, 7, 2], [5, 6, 9, 2], [5, 8, 2], [11, 12, 13, 14, 2], [11, 2])
LIMIT = 6  # tokens that are written
FINE = 2e-4  # nats, in fp32


class Ids:
    """In the place of a chat: prompts and answers are token ids."""

    max_length = 128

    class tokenizer:
        pad_token_id, eos_token_id = 0, 2

    def prompt_with_start(self, ids, room):
        return list(ids), len(ids) - 2, 0

    def answer(self, ids):
        return list(ids)


class Greedy:
    limit = LIMIT

    def write(self, lines, logits):
        for line, row in zip(lines, logits, strict=True):
            line.tokens.append(int(row.argmax()))
            line.over = line.tokens[-1] == 2 or len(line.tokens) == LIMIT


class Line:
    def __init__(self, number, ids):
        self.number, self.ids, self.tokens, self.over = number, ids, [], False


def prompts() -> list[list[int]]:
    """12, 25, 18, 25 and 3 tokens. Some share their beginning; the longest are three windows long
    with their answers."""
    draw = torch.Generator().manual_seed(3)
    trunk, *own = (
        torch.randint(3, WORDS, (n,), generator=draw).tolist()
        for n in (9, 3, 2 * WINDOW, 9, 2 * WINDOW)
    )
    return [*(trunk + ids for ids in own), own[0]]


def told(network: Any, ids: list[int], answer: list[int]) -> float:
    """Natural-log likelihood of an answer, in one pass over the row."""
    logits = network(input_ids=torch.tensor([ids + answer]), use_cache=False).logits[0]
    logs = logits.double().log_softmax(-1)
    return sum(float(logs[len(ids) - 1 + place, token]) for place, token in enumerate(answer))


def lost(network: Any, ids: list[int], tokens: Sequence[int]) -> list[float]:
    """How far each token's logit lies below the best one's, the row so far being computed again
    for each."""
    out = []
    for place, token in enumerate(tokens):
        row = torch.tensor([[*ids, *tokens[:place]]])
        logits = network(input_ids=row, use_cache=False).logits[0, -1].float()
        out.append(float(logits.max() - logits[token]))
    return out


def table(network: Any, asked: Sequence[list[int]]) -> np.ndarray:
    return np.array([[told(network, ids, answer) for answer in ANSWERS] for ids in asked])


def opened(folder: Path, kind: str, dtype: torch.dtype = torch.float32) -> ChatModel:
    """As `load_model`, without a tokenizer."""
    tree_attention.register()
    network, checks = load_network(folder, dtype)
    return ChatModel(kind, network, Ids(), checks)


class Tolerance:
    """Nats. In fp32 FINE. In another type values may lie twice as far from those of fp32, on
    average, as transformers' own do, and three times as far as its furthest; but for a tenth of
    them, where an expert falls otherwise."""

    def __init__(self, wanted: np.ndarray, rounded: np.ndarray | None):
        self.most, self.mean, self.left = FINE, FINE, 0.0
        if rounded is not None:
            off = np.abs(rounded - wanted)
            self.most, self.mean = 0.1 + 3 * float(off.max()), 0.03 + 2 * float(off.mean())
            self.left = 0.1

    def check(self, found: np.ndarray, wanted: np.ndarray) -> None:
        off = np.sort(np.abs(found - wanted), axis=None)
        off = off[: len(off) - math.ceil(self.left * len(off))]
        assert off.max() <= self.most, (found, wanted)
        assert len(off) < 10 or off.mean() <= self.mean, (found, wanted)


@torch.inference_mode()
def same_as_plain(
    folder: Path,
    kind: str,
    dtype: torch.dtype = torch.float32,
    asked: Sequence[list[int]] | None = None,
) -> None:
    """Scores in a batch, alone and behind a kept beginning, likelihoods and greedy texts.

    Raises:
        ModelError: the model or a row is refused.
    """
    model, exact, asked = opened(folder, kind, dtype), plain(folder), list(asked or prompts())
    own = None if dtype == torch.float32 else plain(folder, dtype)
    wanted = table(exact, asked)
    close = Tolerance(wanted, None if own is None else table(own, asked))
    for some in (slice(None), slice(1, 2), slice(None)):
        close.check(model.score(asked[some], ANSWERS, left=0.0), wanted[some])
    rows, starts = [ids + ANSWERS[0] for ids in asked], [len(ids) for ids in asked]
    read = score_continuations(model, rows, starts)
    close.check(np.array([one.log_probs.sum() for one in read]), wanted[:, 0])
    lines = [Line(number, ids) for number, ids in enumerate(asked)]
    for _ in model.desk(asked, LIMIT).write(Greedy(), lines):
        pass
    assert all(line.over for line in lines)
    gaps = np.concatenate([lost(exact, line.ids, line.tokens) for line in lines])
    if own is not None:
        same = np.concatenate([lost(own, line.ids, line.tokens) for line in lines])
        gaps = np.minimum(gaps, same)
    close.check(gaps, np.zeros(len(gaps)))
