"""The mean of the labels' F1 scores: every label counts the same, however rare it is.

What it counts   per label 2 TP / (2 TP + FP + FN), then the plain mean over labels
Left out         a label that stands in no test row and was never answered has no F1; it is left out of the mean, in
                 each bootstrap draw and slice as well (scikit-learn's default too)
Unreadable       an answer that is no label is a miss (FN) of its target and nothing else
"""

from collections.abc import Sequence

import numpy as np

from assay.nouns import Metric, Record, Task
from assay.validate.metrics.label_sets import set_hits


class MicroF1(Metric):
    """The columns of `MacroF1`; F1 of all labels' hits and misses together."""

    name = "micro_f1"
    about = "F1 of all labels' hits and misses together"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return MacroF1().rows(records, task)

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        hit, false, missed = (part.sum(axis=-1) for part in np.split(np.asarray(sums), 3, axis=-1))
        whole = 2 * hit + false + missed
        return np.divide(2 * hit, whole, out=np.full(np.shape(hit), np.nan), where=whole > 0)


class MacroF1(Metric):
    """Three columns per label: true positives of all labels, then false positives, then false negatives."""

    name = "macro_f1"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        if task.kind == "multilabel":
            return set_hits(records, task)
        # A target outside task.labels still counts. The records of all arms have the same targets, so all arms
        # have the same columns.
        extra = sorted({record.target for record in records} - set(task.labels))
        place = {label: index for index, label in enumerate((*task.labels, *extra))}
        rows = np.zeros((len(records), 3, len(place)))
        for row, record in zip(rows, records, strict=True):
            text = record.answer.text
            # A further accepted answer is as right as the target: the row then counts for that label.
            target = text if text in record.also and text in place else record.target
            if text == target:
                row[0, place[target]] = 1
                continue
            row[2, place[target]] = 1
            if text in place:
                row[1, place[text]] = 1
        return rows.reshape(len(records), -1)

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        hit, false, missed = np.split(np.asarray(sums), 3, axis=-1)
        weight = 2 * hit + false + missed
        f1 = np.divide(2 * hit, weight, out=np.zeros(hit.shape), where=weight > 0)
        seen = (weight > 0).sum(axis=-1)
        return np.divide(f1.sum(axis=-1), seen, out=np.full(np.shape(seen), np.nan), where=seen > 0)
