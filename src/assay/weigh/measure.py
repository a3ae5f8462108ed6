"""All done arms on the same test rows: values, intervals and differences as plain JSON.

Every arm is drawn with the same row weights, so a difference between two arms is paired. Numbers are rounded to six
decimals: far below any noise, and above what the order of a sum may change.
"""

import math
from typing import Any

import numpy as np

from assay.intervals import DRAWS, Interval, Weights, holm, interval, metric_interval, observed, swap_p
from assay.nouns import Metric, Record, Task
from assay.validate import judge
from assay.validate.found import columns, errors, noted, retrieves, share


def rounded(value: float) -> float | None:
    """Six decimals; None for what is not a number."""
    return round(float(value), 6) + 0.0 if math.isfinite(value) else None


def _triple(found: Interval, name: str = "value") -> dict[str, Any]:
    return {name: rounded(found.value), "low": rounded(found.low), "high": rounded(found.high)}


class Measured:
    """Scores of the arms `records` (name -> records), every arm's records being of the same test rows in order.

    Raises:
        ValueError: the arms were not asked the same questions.
    """

    def __init__(
        self, records: dict[str, list[Record]], task: Task, *, level: float = 0.95, draws: int = DRAWS, seed: int = 0
    ):
        asked = {tuple((record.question.id, record.target) for record in rows) for rows in records.values()}
        if len(asked) > 1:
            raise ValueError("the arms were not asked the same test rows, so they cannot be compared")
        self.names = list(records)
        self.level = level
        self.scores = {name: judge(rows, task) for name, rows in records.items()}
        self.n = len(next(iter(asked))) if asked else 0
        first = next(iter(self.scores.values()), None)
        self.metrics: tuple[Metric, ...] = first.metrics if first else ()
        self._weights = Weights(max(1, self.n), draws=draws, seed=seed)
        self._swaps = Weights(max(1, self.n), "swap", draws=draws, seed=seed)
        self._drawn = {
            (name, metric.name): self._weights.values(scores.rows[metric.name], metric.total)
            for name, scores in self.scores.items()
            for metric in self.metrics
        }

    def drawn(self, metric: str) -> np.ndarray:
        """The metric of every arm in every draw, (draws, arms)."""
        columns = [self._drawn[name, metric] for name in self.names]
        return np.stack(columns, axis=1) if columns else np.empty((0, 0))

    def value(self, name: str, metric: str) -> float:
        return self.scores[name].values[metric]

    def of_metrics(self, name: str) -> dict[str, Any]:
        """{metric: {value, low, high}} of one arm."""
        return {metric.name: _triple(self._interval(name, metric)) for metric in self.metrics}

    def of_slices(self, name: str) -> dict[str, Any]:
        """{slice: {metric: {value, low, high, n}}} of one arm."""
        return {
            part: {
                metric.name: {**_triple(self._interval(name, metric, where)), "n": len(where)}
                for metric in self.metrics
            }
            for part, where in self.scores[name].slices.items()
        }

    def of_retrieval(self, name: str, records: list[Record]) -> dict[str, Any] | None:
        """How well the arm's passages serve its answers: {"values": {name: {value, low, high, n}}, "errors": counts, or
        None where no documents are noted}. None for an arm that hands on no passages. See `validate/found.py`."""
        if not retrieves(records):
            return None
        right = self.scores[name].right(self.metrics[0].name).tolist()
        values = {}
        for key, rows in columns(records, right).items():
            found = metric_interval(rows, share, self._weights.values(rows, share), level=self.level)
            values[key] = {**_triple(found), "n": int(rows[:, 1].sum())}
        return {"values": values, "errors": errors(records, right) if noted(records) else None}

    def _interval(self, name: str, metric: Metric, where: np.ndarray | None = None) -> Interval:
        rows = self.scores[name].rows[metric.name]
        drawn = self._drawn[name, metric.name] if where is None else self._weights.values(rows, metric.total, where)
        return metric_interval(rows, metric.total, drawn, level=self.level, where=where)

    def versus(self, reference: str, only: str = "") -> dict[str, dict[str, Any]]:
        """{arm: {metric: {difference, low, high, p, p_holm}}} of every other arm minus `reference`; only of the metric
        `only`, where it is named.

        `p_holm` is corrected over all arms held against `reference`, per metric.
        """
        others = [name for name in self.names if name != reference]
        found: dict[str, dict[str, Any]] = {name: {} for name in others}
        if self.n < 2:
            return found
        for metric in (one for one in self.metrics if only in ("", one.name)):
            base = self.scores[reference].rows[metric.name]
            p = [swap_p(self.scores[name].rows[metric.name], base, metric.total, self._swaps) for name in others]
            for name, one, corrected in zip(others, p, holm(p), strict=True):
                difference = self.value(name, metric.name) - observed(base, metric.total)
                drawn = self._drawn[name, metric.name] - self._drawn[reference, metric.name]
                found[name][metric.name] = {
                    **_triple(interval(difference, drawn, self.level), "difference"),
                    "p": float(f"{one:.6g}"),
                    "p_holm": float(f"{corrected:.6g}"),
                }
        return found
