"""How well candidates are put in order, by their grades: nDCG and reciprocal rank.

ndcg            discounted gain of the first ten, as a share of the best order's: see
                `evaluate.ranking`
mrr             one over the place of the first relevant candidate, 0 beyond the tenth
Left out        rows without a relevant candidate say nothing, and leave n
Unreadable      an answer that names no order has 0; candidates that it leaves out come last, as not
                found
Source          Järvelin and Kekäläinen (2002), doi.org/10.1145/582415.582418
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.by_label import share
from assay.evaluation.rank_metrics import ndcg_at_k, reciprocal_rank
from assay.tasks.ranked_lists import grades_in, order_in

FIRST = 10  # places that are looked at


class _OfOrders(Metric, ABC):
    """Two columns: the row's value, and 1 where it has one."""

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        rows = np.zeros((len(records), 2))
        for row, record in zip(rows, records, strict=True):
            grades = grades_in(record.target)
            gains = {str(place): grade for place, grade in enumerate(grades)}
            if any(grades):
                found = [str(place) for place in order_in(record.answer.text or "", len(grades))]
                row[:] = self._value(found, gains), 1
        return rows

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return share(np.asarray(sums)[..., 0], np.asarray(sums)[..., 1], np.nan)

    @abstractmethod
    def _value(self, found: Sequence[str], gains: Mapping[str, float]) -> float: ...


class Ndcg(_OfOrders):
    name = "ndcg"
    about = "discounted gain of the first ten candidates, as a share of the best order's"

    def _value(self, found: Sequence[str], gains: Mapping[str, float]) -> float:
        return ndcg_at_k(found, gains, FIRST)


class Mrr(_OfOrders):
    name = "mrr"
    about = "one over the place of the first relevant candidate, mean over rows"

    def _value(self, found: Sequence[str], gains: Mapping[str, float]) -> float:
        return reciprocal_rank(found, gains, FIRST)
