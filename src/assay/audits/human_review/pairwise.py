"""Pairs of answers for a blind rating: which rows, which side, which of them twice, which of them
known.

Which rows    those that the two arms answer differently, drawn by the seed
Sides         as many with the first arm at A as at B, give or take one, in an order drawn by the
              seed
Twice         one in ten comes again with its sides changed: whoever rates the words rates both
              alike
Known         one in twenty is the right answer against a wrong one of an arm: whoever reads finds
              the right one
Blind         an id is a hash; nothing in a line says which arm wrote it
Source        side by side, sides swapped: Zheng et al. (2023), Judging LLM-as-a-judge,
              arxiv.org/abs/2306.05685; known items: Snow et al. (2008), Cheap and fast,
              aclanthology.org/D08-1027
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assay.core.sampling import hash_rank, random_stream
from assay.data.text_similarity import normal

TARGET = "target"  # stands for an arm where the answer is the right one
TWICE, KNOWN = 10, 20  # one in so many


@dataclass(frozen=True, slots=True)
class AnswerPair:
    """A row with the answers of the two arms, and whether each is right by the task's metric."""

    row: str
    question: str
    context: str
    target: str
    answers: tuple[str, str]
    right: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One line of a sheet. `arms` are those of A and B; `better` is A or B where that is known;
    `again` is the id of the item that this one repeats."""

    id: str
    row: str
    split: str
    question: str
    context: str
    a: str
    b: str
    arms: tuple[str, str]
    better: str = ""
    again: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> ReviewItem:
        fields: dict[str, Any] = {**row, "arms": (row["arms"][0], row["arms"][1])}
        return cls(**fields)


def deal(
    rows: Sequence[AnswerPair], first: str, second: str, *, split: str, most: int, seed: int
) -> list[ReviewItem]:
    """The lines of a sheet, in their order.

    Args:
        rows: of one split, with the answers of the arms `first` and `second`.
        most: rows to rate; those that come twice and the known ones are beside them.
    """
    apart = [both for both in rows if normal(both.answers[0]) != normal(both.answers[1])]
    apart = sorted(apart, key=lambda both: hash_rank(seed, both.row))
    asked, spare = apart[:most], apart[most:]
    draw = random_stream(seed, first, second, split, sep=" ")
    flips = [at % 2 == 1 for at in range(len(asked))]
    draw.shuffle(flips)
    items = [
        _item(both, (first, second), split, seed, flip)
        for both, flip in zip(asked, flips, strict=True)
    ]
    again = draw.sample(range(len(items)), len(items) // TWICE)
    known = [*spare, *(both for both in rows if both not in apart)]
    gold = [
        _gold_item(both, (first, second), split, seed, draw)
        for both in known
        if not all(both.right)
    ]
    gold = gold[: -(-len(items) // KNOWN)]
    draw.shuffle(items)
    places = {item.id: at for at, item in enumerate(items)}
    twins = [
        _item(asked[at], (first, second), split, seed, not flips[at], again=True) for at in again
    ]
    for twin in sorted(twins, key=lambda twin: places[twin.again]):
        # After its first showing, and not right after it.
        begin = min(
            len(items), next(at for at, item in enumerate(items) if item.id == twin.again) + 5
        )
        items.insert(draw.randint(begin, len(items)), twin)
    for item in gold:
        items.insert(draw.randint(0, len(items)), item)
    return items


def _item(
    both: AnswerPair, arms: tuple[str, str], split: str, seed: int, flip: bool, again: bool = False
) -> ReviewItem:
    own = hash_rank(seed, split, both.row, arms, both.answers)
    (a, b), (of_a, of_b) = (both.answers[::-1], arms[::-1]) if flip else (both.answers, arms)
    id = hash_rank(own, "again")[:12] if again else own[:12]
    return ReviewItem(
        id,
        both.row,
        split,
        both.question,
        both.context,
        a,
        b,
        (of_a, of_b),
        again=own[:12] if again else "",
    )


def _gold_item(
    both: AnswerPair, arms: tuple[str, str], split: str, seed: int, draw: random.Random
) -> ReviewItem:
    wrong = both.right.index(False)
    flip = draw.random() < 0.5
    (a, b), (of_a, of_b) = (both.target, both.answers[wrong]), (TARGET, arms[wrong])
    if flip:
        a, b, of_a, of_b = b, a, of_b, of_a
    id = hash_rank(seed, split, both.row, arms, "known")[:12]
    return ReviewItem(
        id,
        both.row,
        split,
        both.question,
        both.context,
        a,
        b,
        (of_a, of_b),
        better="B" if flip else "A",
    )
