"""How far the answered numbers are from the right ones, in the target's own unit: the mean of the
distances.

What it reads    the number that a text answers with: see `assay.tasks.number_parsing`
Several          of several accepted numbers the nearest counts
Unreadable       an answer without a number counts as 0, and stays in n
Watch out        one answer that is far off counts as many near ones. Rows whose target has no
                 number are left out
Source           Willmott and Matsuura (2005), Advantages of the mean absolute error,
                 doi.org/10.3354/cr030079
"""

import math
from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.by_label import share
from assay.tasks.number_parsing import number_of


class MeanAbsoluteError(Metric):
    """Two columns: the row's distance, and 1 where it has one."""

    name = "mean_absolute_error"
    about = "mean distance of the answered number from the right one"
    higher_is_better = False
    high = math.inf
    unit = "of the target's unit"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        rows = np.zeros((len(records), 2))
        for row, record in zip(rows, records, strict=True):
            said = number_of(record.answer.text or "")
            if wanted := numbers_wanted(record):
                row[:] = min(abs((said.value if said else 0.0) - value) for value in wanted), 1
        return rows

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return share(np.asarray(sums)[..., 0], np.asarray(sums)[..., 1], np.nan)


def numbers_wanted(record: Record) -> list[float]:
    """The accepted numbers, the target's first; none where no text has one."""
    texts = (record.target, *record.also)
    return [found.value for text in texts if (found := number_of(text)) is not None]
