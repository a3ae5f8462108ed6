"""The mean of the labels' F1 scores: every label counts the same, however rare it is.

What it counts   per label 2 TP / (2 TP + FP + FN), then the plain mean over labels
Left out         a label that stands in no test row and was never answered has no F1; it is left out
                 of the mean, in each bootstrap draw and slice as well (scikit-learn's default too)
Unreadable       an answer that is no label is a miss (FN) of its target and nothing else
"""

from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.by_label import hits, mean_over, share


class MacroF1(Metric):
    """Three columns per label: true positives of all labels, then false positives, then false
    negatives."""

    name = "macro_f1"
    about = "mean of the labels' F1 scores"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return hits(records, task)

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        hit, false, missed = np.split(np.asarray(sums), 3, axis=-1)
        weight = 2 * hit + false + missed
        return mean_over(share(2 * hit, weight), weight > 0)
