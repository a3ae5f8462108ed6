"""How far answers and targets go together beyond what their frequencies alone would give: Matthews'
coefficient.

What it counts   (c s - sum p t) / sqrt((s^2 - sum p^2)(s^2 - sum t^2)): c right rows of s, p
                 answers and t targets of each label. 1 all right, 0 as good as any constant answer,
                 below 0 worse than that
Left out         where all targets, or all answers, are one label it is 0, as in scikit-learn
Unreadable       answers that are no label are one more label that no row has
Watch out        one row by itself has none: lists of rows are sorted by right and wrong
Source           Gorodkin (2004), Comparing two K-category assignments by a K-category correlation
                 coefficient, doi.org/10.1016/j.compbiolchem.2004.09.006; Matthews (1975),
                 doi.org/10.1016/0005-2795(75)90109-9
"""

from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.by_label import credit_label, labels_of, share


class Mcc(Metric):
    """One column of right rows, then a column of targets and one of answers for each label and for
    "no label"."""

    name = "mcc"
    about = (
        "correlation of answers and targets (Matthews, many labels): 0 as good as a constant answer"
    )
    low = -1.0

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        place = {label: index for index, label in enumerate(labels_of(records, task))}
        rows = np.zeros((len(records), 3 + 2 * len(place)))
        for row, record in zip(rows, records, strict=True):
            text, target = record.answer.text, credit_label(record, place)
            row[0] = text == target
            row[1 + place[target]] = 1
            row[2 + len(place) + (len(place) if text is None else place.get(text, len(place)))] = 1
        return rows

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        sums, n = np.asarray(sums), np.asarray(n, dtype=np.float64)
        targets, answers = np.split(sums[..., 1:], 2, axis=-1)
        over = sums[..., 0] * n - (targets * answers).sum(axis=-1)
        under = np.sqrt((n**2 - (answers**2).sum(axis=-1)) * (n**2 - (targets**2).sum(axis=-1)))
        return np.where(n > 0, share(over, under), np.nan)

    def each(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray(rows[:, 0], dtype=np.float64)
