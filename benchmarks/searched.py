"""Two collections with known answers, as lessons: Cranfield's abstracts and the handbook of the examples."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.nouns import Document, Example, Message
from assay.prompt.chunks import passages as cut
from assay.prompt.relevance import gold

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Collection:
    """Passages, and questions with the indices of the passages that answer them; test questions are held back."""

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
    """1,400 abstracts, a passage each; half of the 225 queries held back, a tenth for val.

    The judgements count from 1 to 225 in the order of the queries, whose own numbers go up to 365. Codes above 0 are
    relevant: 0 stands for the -1 of the original, "no interest" (README of the source).

    Args:
        share: of the training queries, the first ones of the order drawn with the seed.
    """
    text = (folder / "cran.all.1400.xml").read_text(encoding="utf-8")
    passages = [
        Document(f"{number.strip()}#1", " ".join(body.split()))
        for number, body in re.findall(r"<docno>(.*?)</docno>.*?<text>(.*?)</text>", text, re.S)
    ]
    queries = re.findall(r"<title>(.*?)</title>", (folder / "cran.qry.xml").read_text(encoding="utf-8"), re.S)
    relevant: dict[int, list[str]] = {}
    for line in (folder / "cranqrel.trec.txt").read_text(encoding="utf-8").splitlines():
        topic, _, number, code = line.split()
        if int(code) > 0:
            relevant.setdefault(int(topic), []).append(number)
    rows = [
        Example(f"q{n}", (Message("user", " ".join(query.split())),), "", found_in=tuple(relevant.get(n, ())))
        for n, query in enumerate(queries, start=1)
    ]
    random.Random(seed).shuffle(rows)
    half = len(rows) // 2
    val, train, test = rows[: half // 5], rows[half // 5 : half], rows[half:]
    return Collection("cranfield", tuple(passages), tuple(train[: round(len(train) * share)]), tuple(val), tuple(test))


def handbook(seed: int, share: float = 1.0, words: int = 90) -> Collection:
    """The documents of a made-up library, cut as `rag` cuts them. A seventh of the training questions is val."""
    folder = ROOT / "examples" / "handbook"
    documents = [Document(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("documents/*"))]

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
    return Collection("handbook", tuple(cut(documents, words)), tuple(train), tuple(val), tuple(read("test.jsonl")))


def ndcg(ranked: Sequence[int], right: Sequence[int], top: int = 10) -> float:
    """Normalised discounted cumulative gain with gains of 0 and 1: Järvelin and Kekäläinen (2002)."""
    from math import log2

    found = sum(1 / log2(rank + 1) for rank, place in enumerate(ranked[:top], start=1) if place in right)
    best = sum(1 / log2(rank + 1) for rank in range(1, min(len(right), top) + 1))
    return found / best if best else 0.0


def mrr(ranked: Sequence[int], right: Sequence[int], top: int = 10) -> float:
    return next((1 / rank for rank, place in enumerate(ranked[:top], start=1) if place in right), 0.0)


def recall(ranked: Sequence[int], right: Sequence[int], top: int) -> float:
    """1 where one of the first `top` passages holds the answer."""
    return float(any(place in right for place in ranked[:top]))
