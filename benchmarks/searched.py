"""Two collections with known answers, as lessons: Cranfield's abstracts and the handbook of the
examples."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ir_sets
from assay.core.types import Document, Example, Message
from assay.retrieval.chunking import passages as cut
from assay.retrieval.gold_passages import gold

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Collection:
    """Passages, and questions with the indices of the passages that answer them; test questions are
    held back."""

    name: str
    passages: tuple[Document, ...]
    train: tuple[Example, ...]
    val: tuple[Example, ...]
    test: tuple[Example, ...]

    @property
    def gold(self) -> list[list[int]]:
        """Of each test question."""
        return [gold(example, self.passages) for example in self.test]


def cranfield(folder: Path, seed: int, share: float = 1.0) -> Collection:
    """1,400 abstracts, a passage each (`ir_sets.cranfield`); half of the 225 queries held back, a
    tenth for val.

    Args:
        share: of the training queries, the first ones of the order drawn with the seed.
    """
    whole = ir_sets.cranfield(folder)
    rows = list(whole.questions)
    random.Random(seed).shuffle(rows)
    half = len(rows) // 2
    val, train, test = rows[: half // 5], rows[half // 5 : half], rows[half:]
    train = train[: round(len(train) * share)]
    return Collection("cranfield", tuple(whole.passages), tuple(train), tuple(val), tuple(test))


def handbook(seed: int, share: float = 1.0, words: int = 90) -> Collection:
    """The documents of a made-up library, cut as `rag` cuts them. A seventh of the training
    questions is val."""
    folder = ROOT / "examples" / "handbook"
    documents = [
        Document(path.name, path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("documents/*"))
    ]

    def read(name: str) -> list[Example]:
        rows = map(json.loads, (folder / name).read_text(encoding="utf-8").splitlines())
        return [
            Example(
                row["id"],
                (Message("user", row["question"]),),
                row["answer"],
                slices=(("slice", row["slice"]),),
                found_in=tuple(row["found_in"]),
            )
            for row in rows
        ]

    train = read("train.jsonl")
    random.Random(seed).shuffle(train)
    val, train = train[: len(train) // 7], train[len(train) // 7 :]
    train = train[: round(len(train) * share)]
    return Collection(
        "handbook",
        tuple(cut(documents, words)),
        tuple(train),
        tuple(val),
        tuple(read("test.jsonl")),
    )


def ndcg(ranked: Sequence[int], right: Sequence[int], top: int = 10) -> float:
    """Normalised discounted cumulative gain with gains of 0 and 1: Järvelin and Kekäläinen
    (2002)."""
    from math import log2

    found = sum(
        1 / log2(rank + 1) for rank, place in enumerate(ranked[:top], start=1) if place in right
    )
    best = sum(1 / log2(rank + 1) for rank in range(1, min(len(right), top) + 1))
    return found / best if best else 0.0


def mrr(ranked: Sequence[int], right: Sequence[int], top: int = 10) -> float:
    return next(
        (1 / rank for rank, place in enumerate(ranked[:top], start=1) if place in right), 0.0
    )


def recall(ranked: Sequence[int], right: Sequence[int], top: int) -> float:
    """1 where one of the first `top` passages holds the answer."""
    return float(any(place in right for place in ranked[:top]))
