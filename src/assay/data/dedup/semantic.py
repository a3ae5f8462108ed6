"""Texts that mean the same by their sentence vectors: every pair compared, block by block, nothing
estimated.

How         products of blocks in 32 bits propose pairs; each is then summed in 64 bits in a fixed
            order, so that the verdict does not depend on how a library cuts the product up
Costs       rows times kept rows: minutes for 100,000 rows on two cores, hours for a million;
            memory: the vectors and a block
"""

from typing import Any

BLOCK = 1024  # rows compared with kept rows at once
WIDTH = 8192  # kept rows compared with at once
SLACK = 1e-4  # a product in 32 bits is off by less
PAIRS = 1 << 14  # products summed again at once


def stand_ins_by_meaning(vectors: Any, threshold: float, classes: Any) -> Any:
    """For each row the kept row that stands for it, the lowest with a cosine of `threshold` or
    more; -1 for a kept row.

    Rows are taken in order; one is kept unless it is near to a kept one.

    Args:
        vectors: float32, (n, width), rows of length 1.
        classes: int, by row: only rows of one class can stand for each other.
    """
    import numpy as np

    found = np.full(len(vectors), -1, dtype=np.int64)
    kept = np.empty(0, dtype=np.int64)
    for start in range(0, len(vectors), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(vectors)))
        for column in range(0, len(kept), WIDTH):
            left = rows[found[rows] < 0]
            _note(found, *_near(vectors, left, kept[column : column + WIDTH], threshold, classes))
        left = rows[found[rows] < 0]
        row, other = _near(vectors, left, left, threshold, classes)
        # Row by row, since what is dropped stands for nothing.
        for one, two in zip(row.tolist(), other.tolist(), strict=True):
            if two < one and found[one] < 0 and found[two] < 0:
                found[one] = two
        kept = np.concatenate([kept, left[found[left] < 0]])
    return found


def _note(found: Any, row: Any, other: Any) -> None:
    # From the last to the first, so that the lowest stands.
    found[row[::-1]] = other[::-1]


def _near(vectors: Any, rows: Any, others: Any, threshold: float, classes: Any) -> tuple[Any, Any]:
    """(row, other) of each pair of a class that is near, sorted."""
    import numpy as np

    likely = vectors[rows] @ vectors[others].T >= threshold - SLACK
    likely &= classes[rows][:, None] == classes[others]
    row, other = (side[place] for side, place in zip((rows, others), likely.nonzero(), strict=True))
    near = np.empty(len(row), dtype=bool)
    for start in range(0, len(row), PAIRS):
        part = slice(start, start + PAIRS)
        near[part] = (vectors[row[part]].astype(np.float64) * vectors[other[part]]).sum(
            axis=1
        ) >= threshold
    return row[near], other[near]
