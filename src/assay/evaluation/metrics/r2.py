"""R², the coefficient of determination: which share of the targets' squared distance from their
mean the answered numbers take away. 1 where all are right, 0 for the mean as a constant, below 0
for what is further off, down to -1.

What it reads    the number that a text answers with: see `assay.tasks.number_parsing`
Several          of several accepted numbers the nearest counts
Unreadable       an answer without a number counts as 0, and stays in n
Cut              below -1 it is -1: how hopeless a strategy is decides nothing, and one that says
                 2021 where 0.5 is right would make all others look alike
Mean             of all test rows, also in slices and draws: these are differences of one scale
Good when        numbers are estimated: it has no unit, so that points, and what counts as equal,
                 mean the same for prices and for stars
Watch out        one answer that is far off counts as very many near ones: look at
                 `mean_absolute_error` beside it. Rows whose target has no number are left out
Source           scikit-learn's r2_score; Wright (1921), Correlation and causation, Journal of
                 Agricultural Research 20
"""

from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.absolute_error import numbers_wanted
from assay.evaluation.metrics.by_label import share
from assay.tasks.number_parsing import number_of


class R2(Metric):
    """Three columns: the row's squared distance, that of the mean, and 1 where it has them."""

    name = "r2"
    about = "share of the targets' variance that the answered numbers explain"
    low = -1.0

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        rows = np.zeros((len(records), 3))
        wanted = [numbers_wanted(record) for record in records]
        firsts = [values[0] for values in wanted if values]
        middle = float(np.mean(firsts)) if firsts else 0.0
        for row, record, values in zip(rows, records, wanted, strict=True):
            said = number_of(record.answer.text or "")
            if values:
                own = said.value if said else 0.0
                row[0] = min((own - value) ** 2 for value in values)
                row[1:] = (middle - values[0]) ** 2, 1
        return rows

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        off, usual, seen = np.moveaxis(np.asarray(sums, dtype=np.float64), -1, 0)
        # as scikit-learn has it where all targets are one number
        left = np.where(usual > 0, share(off, usual), np.where(off > 0, 1.0, 0.0))
        return np.where(seen > 0, np.maximum(1 - left, self.low), np.nan)

    def each(self, rows: np.ndarray) -> np.ndarray:
        """Of the variance, so that the mean of the rows is the value, before that is cut."""
        variance = share(rows[:, 1].sum(), rows[:, 2].sum(), 1.0) or 1.0
        return np.where(rows[:, 2] > 0, 1 - rows[:, 0] / variance, np.nan)
