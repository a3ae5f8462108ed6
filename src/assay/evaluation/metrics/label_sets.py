"""How well a set of labels is met: the whole set, or the share of it, row by row.

subset_accuracy  share of the rows whose set is exactly the target's
jaccard          labels in both sets over labels in either, mean over rows; 1 where both are empty
micro, macro F1  of the labels' hits and misses over all rows: `set_hits` gives their columns
Unreadable       an answer that could not be parsed names no label: it misses all of its target, and
                 is no exact set even where the target is empty
Source           Tsoumakas and Katakis (2007), Multi-Label Classification: An Overview,
                 doi.org/10.4018/jdwm.2007070101; jaccard is their accuracy. Both agree with
                 scikit-learn's accuracy_score and jaccard_score(average="samples", zero_division=1)
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.accuracy import mean
from assay.tasks.label_sets import labels_in


def targets_of(records: Sequence[Record], task: Task) -> set[str]:
    """The labels of all targets."""
    texts = [text for record in records for text in (record.target, *record.also)]
    return {label for text in texts for label in labels_in(text, task.nothing)}


def set_hits(records: Sequence[Record], task: Task, place: dict[str, int]) -> np.ndarray:
    """Three columns a label, shape (records, 3 x labels): hits of all labels, then false ones, then
    missed ones. Of several accepted sets the one that is met best counts.

    Args:
        place: label -> its column; every label of the targets has one.
    """
    rows = np.zeros((len(records), 3, len(place)))
    for row, record in zip(rows, records, strict=True):
        said = {
            label for label in labels_in(record.answer.text or "", task.nothing) if label in place
        }
        accepted = [set(labels_in(text, task.nothing)) for text in (record.target, *record.also)]
        target = max(accepted, key=lambda one: _jaccard(said, one))
        row[0, [place[label] for label in said & target]] = 1
        row[1, [place[label] for label in said - target]] = 1
        row[2, [place[label] for label in target - said]] = 1
    return rows.reshape(len(records), -1)


def _jaccard(first: set[str], second: set[str]) -> float:
    return len(first & second) / len(first | second) if first | second else 1.0


class _OfRows(Metric, ABC):
    """One column: the row's best value over the accepted sets."""

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return np.array([self._best(record, task) for record in records], dtype=np.float64).reshape(
            -1, 1
        )

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return mean(sums[..., 0], n)

    def _best(self, record: Record, task: Task) -> float:
        if record.answer.text is None:
            return 0.0
        said = set(labels_in(record.answer.text, task.nothing))
        return max(
            self._value(said, set(labels_in(one, task.nothing)))
            for one in (record.target, *record.also)
        )

    @abstractmethod
    def _value(self, said: set[str], target: set[str]) -> float: ...


class SubsetAccuracy(_OfRows):
    name = "subset_accuracy"
    about = "share of the rows whose set of labels is exactly the target's"

    def _value(self, said: set[str], target: set[str]) -> float:
        return float(said == target)


class Jaccard(_OfRows):
    name = "jaccard"
    about = "labels in answer and target over labels in either, mean over rows"

    def _value(self, said: set[str], target: set[str]) -> float:
        return _jaccard(said, target)
