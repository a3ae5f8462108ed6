"""Share of the test rows that are answered with the right label.

What it counts   an answer that is exactly the target, or one of the further accepted answers
Unreadable       an answer that could not be parsed is wrong, and stays in n
"""

from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task


class Accuracy(Metric):
    """One column: 1 for a right answer, else 0."""

    name = "accuracy"
    about = "share of the rows answered with the right label"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        right = [record.answer.text in (record.target, *record.also) for record in records]
        return np.array(right, dtype=np.float64).reshape(-1, 1)

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return mean(sums[..., 0], n)


def mean(sums: np.ndarray, n: np.ndarray) -> np.ndarray:
    """sums / n, NaN where n is 0."""
    return np.divide(sums, n, out=np.full(np.shape(sums), np.nan), where=np.asarray(n) > 0)
