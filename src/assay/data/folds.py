"""Folds of a cross-validation: each training row is a test row once, answered by a fit that has not
learnt from it.

What it is for   of a hundred rows a quarter tells no two strategies apart, and the model that is
                 kept would have learnt from two thirds of them
Kept together    copies, near copies and rows of a group are in one fold, as in one split
Labels           have their share in every fold; those with fewer rows than folds are spread by
                 chance
Source           Stone (1974), doi.org/10.1111/j.2517-6161.1974.tb00994.x; intervals over all rows:
                 Bayle et al. (2020), arxiv.org/abs/2007.12671
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assay.core.errors import DataError, Problem, UsageError
from assay.core.types import Example
from assay.data.split import Split, split


def assign_folds(
    rows: Sequence[Example], settings: Split, *, stratify: bool, seed: int
) -> dict[str, int]:
    """Id of each row -> its fold, from 0.

    Raises:
        DataError: D059, a fold would have no rows.
    """
    count = settings.folds or 1
    frequent = Counter(row.target for row in rows)
    alike = [row if frequent[row.target] >= count else replace(row, target="") for row in rows]
    shares = {str(fold): 1 / count for fold in range(count)}
    likeness = {"near": settings.near, "contained": settings.contained}
    parts, _ = split(alike, shares, **likeness, stratify=stratify, seed=seed)
    if not all(parts.values()):
        text = f"{len(rows):,} rows are too few for {count} folds: one would have none"
        help = "take fewer folds; copies, near copies and rows of one group stay together"
        raise DataError(Problem("D059", text, "split.folds", help=help))
    return {row.id: int(fold) for fold, part in parts.items() for row in part}


def fold_of(row: Example, folds: Mapping[str, int]) -> int | None:
    """The fold of a row, or of the one that a question was made from by changing its words; None
    where it is no row of any."""
    id = row.id
    while id not in folds and "~" in id:  # an id of the user's may have this sign too
        id = id.rpartition("~")[0]
    return folds.get(id)


def split_words(rows: Mapping[str, int]) -> str:
    """How many rows each split has, by the counts of the data stage."""
    if folds := rows.get("folds"):
        return f"{rows['train']:,} in {folds} folds, {rows['val']:,} val"
    return f"{rows['train']:,} train, {rows['val']:,} val, {rows['test']:,} test"


def refuse_folds(settings: Split, given: Sequence[str], augmented: bool) -> None:
    """Raises:
    UsageError: C073, what the project asks beside folds makes no sense with them.
    """
    if settings.folds is None:
        return
    text, help = "", ""
    if "test" in given:
        text = "every row is tested, and a test file is given as well"
        help = "leave one of split.folds and the test file out"
    elif augmented:
        text = "augmentation reads all training rows, and would carry them from fold to fold"
        help = "leave one of split.folds and augment out"
    if text:
        raise UsageError(Problem("C073", text, "split.folds", help=help))
