"""Share of the test rows whose answer is the right number, however it is written.

What it reads    the number that a text answers with: see `assay.tasks.number_parsing`
Equal            within `task.tolerance` of the target, as a share of it (1e-6: equal but for
                 rounding); targets of 0 within `task.tolerance` itself
Percent          12 % is 12, or 0.12; where one side has the sign and the other has not, either is
                 right
Unreadable       an answer without a number is wrong, and stays in n; so is every answer to a target
                 without one
"""

from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.accuracy import mean
from assay.tasks.number_parsing import number_of


def equal(answer: str, target: str, tolerance: float) -> bool:
    """Whether both texts give the same number."""
    ours, theirs = number_of(answer), number_of(target)
    if ours is None or theirs is None:
        return False
    values = [ours.value]
    if ours.percent != theirs.percent:
        values.append(ours.value / 100 if ours.percent else ours.value * 100)
    return any(
        abs(value - theirs.value) <= tolerance * (abs(theirs.value) or 1.0) for value in values
    )


class NumericMatch(Metric):
    """One column: 1 for the right number, else 0."""

    name = "numeric_match"
    about = "share of the rows whose answer is the right number, however it is written"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return np.array(
            [self._right(record, task) for record in records], dtype=np.float64
        ).reshape(-1, 1)

    def _right(self, record: Record, task: Task) -> bool:
        text = record.answer.text
        return text is not None and any(
            equal(text, one, task.tolerance) for one in (record.target, *record.also)
        )

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return mean(sums[..., 0], n)
