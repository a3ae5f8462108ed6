"""Nested subsets of the training rows: every smaller one stands inside the larger ones.

How        rows are put in an order every beginning of which has the labels in their proportions, to
           within a row each
Order      by a hash of seed, draw and text: the order of the file does not matter
Watch out  rows that augmentation made follow the row they were made from; they are no labelled rows
           and are not counted
Source     nested sets rather than independent ones: the differences between sizes are then of the
           added rows alone
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay.core.sampling import hash_rank
from assay.core.types import Example

FEWEST = 8  # rows; of fewer there is no point in a point
# What an augmentation adds to an id: its kind and a number, and one more where the id was taken.
_MADE = re.compile(r"~[a-z_]+\d+(\.\d+)*$")


def subset_order(rows: Sequence[Example], *, stratify: bool, seed: int, draw: int) -> list[Example]:
    """The rows in an order whose beginnings are the subsets of one draw.

    Args:
        stratify: by target; else at random.
    """

    def chance(row: Example) -> str:
        return hash_rank(seed, draw, row.text, row.target)

    strata: dict[str, list[Example]] = {}
    for row in sorted(rows, key=chance):
        strata.setdefault((row.target or "") if stratify else "", []).append(row)
    # The middle of the place that a row has within its label: 1/2, 3/2, ... of the label's share.
    placed = [
        ((i + 0.5) / len(some), row) for some in strata.values() for i, row in enumerate(some)
    ]
    return [row for _, row in sorted(placed, key=lambda pair: (pair[0], chance(pair[1])))]


def original_rows(rows: Sequence[Example]) -> list[Example]:
    """The rows that somebody labelled: those that were not made from another one."""
    ids = {row.id for row in rows}
    return [row for row in rows if parent(row, ids) == row.id]


def parent(row: Example, ids: set[str]) -> str:
    """The id of the row that this one was made from; its own where it was made from none
    (`data/augment/run.py`)."""
    found = before = row.id
    while made := _MADE.search(before):
        before = before[: made.start()]
        found = before if before in ids else found
    return found


def subset(
    rows: Sequence[Example], n: int, *, stratify: bool, seed: int, draw: int
) -> list[Example]:
    """`n` of the labelled rows with what was made from them, in the order of the file."""
    ids = {row.id for row in rows}
    taken = {
        row.id
        for row in subset_order(original_rows(rows), stratify=stratify, seed=seed, draw=draw)[:n]
    }
    return [row for row in rows if parent(row, ids) in taken]


def sizes_of(n: int, shares: Sequence[float]) -> list[int]:
    """Numbers of rows below `n`, smallest first, none twice."""
    return sorted({round(n * share) for share in shares if FEWEST <= round(n * share) < n})
