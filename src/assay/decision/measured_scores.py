"""All done arms on the same test rows: values, intervals and differences as plain JSON.

Every arm is drawn with the same rows, so a difference between two arms is paired; see
`decision/comparison.py`. Numbers are rounded to six decimals: far below any noise, and above what
the order of a sum may change.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.decision.comparison import Compared
from assay.evaluation.metrics.accuracy import Accuracy
from assay.evaluation.retrieval_metrics import columns, errors, has_gold_documents, retrieves
from assay.evaluation.scoring import Scores, judge
from assay.stats.intervals import DRAWS, Interval, metric_value
from assay.stats.standard_error import ScoreEstimate, group_codes, score_interval, spread_of


def round_or_none(value: float) -> float | None:
    """Six decimals; None for what is not a number."""
    return round(float(value), 6) + 0.0 if math.isfinite(value) else None


def _triple(found: Interval, name: str = "value") -> dict[str, Any]:
    return {
        name: round_or_none(found.value),
        "low": round_or_none(found.low),
        "high": round_or_none(found.high),
    }


class ArmScores:
    """Scores of the arms `records` (name -> records), every arm's records being of the same test
    rows in order.

    Args:
        seeds: of arms that were fitted with several seeds, the records of the further ones. Their
            score is the mean.
        judged: what records scored, where that is known.

    Raises:
        ValueError: the arms were not asked the same questions.
    """

    def __init__(
        self,
        records: dict[str, list[Record]],
        task: Task,
        *,
        level: float = 0.95,
        draws: int = DRAWS,
        seed: int = 0,
        seeds: Mapping[str, Sequence[list[Record]]] | None = None,
        judged: Mapping[str, Scores] | None = None,
    ):
        fits = {name: [rows, *(seeds or {}).get(name, ())] for name, rows in records.items()}
        asked = {
            tuple((r.question.id, r.target) for r in rows) for own in fits.values() for rows in own
        }
        if len(asked) > 1:
            raise ValueError(
                "the strategies were not asked the same test rows, so they cannot be compared"
            )
        self.names = list(records)
        self.level = level
        known = judged or {}
        self.scores = {name: known.get(name) or judge(rows, task) for name, rows in records.items()}
        fitted = {
            name: [own, *(judge(rows, task) for rows in fits[name][1:])]
            for name, own in self.scores.items()
        }
        self.n = len(next(iter(asked))) if asked else 0
        first = next(iter(self.scores.values()), None)
        self.metrics: tuple[Metric, ...] = first.metrics if first else ()
        rows = next(iter(records.values()), [])
        self.groups = group_codes([record.question.group for record in rows])
        self.compared = Compared(
            {
                name: {m.name: [one.rows[m.name] for one in found] for m in self.metrics}
                for name, found in fitted.items()
            },
            self.metrics,
            groups=self.groups,
            level=level,
            draws=draws,
            seed=seed,
        )

    def bootstrap_scores(self, metric: str) -> np.ndarray:
        """The metric of every arm in every draw, (draws, arms)."""
        return self.compared.bootstrap_scores(metric)

    def value(self, name: str, metric: str) -> float:
        """The mean over seeds, where there are several."""
        return self.compared.value(name, metric)

    def of_metrics(self, name: str) -> dict[str, Any]:
        """{metric: {value, low, high}} of one arm."""
        return {
            metric.name: _triple(self.compared.score(name, metric.name)) for metric in self.metrics
        }

    def of_seeds(self, name: str, metric: str) -> list[float] | None:
        """The score of each seed's arm; None where there is one seed."""
        rows, total = self.compared.rows[name][metric], self.compared.metrics[metric].total
        return [metric_value(one, total) for one in rows] if len(rows) > 1 else None

    def of_slices(self, name: str) -> dict[str, Any]:
        """{slice: {metric: {value, low, high, n}}} of one arm."""
        return {
            part: {
                metric.name: {
                    **_triple(self.compared.score(name, metric.name, where)),
                    "n": len(where),
                }
                for metric in self.metrics
            }
            for part, where in self.scores[name].slices.items()
        }

    def of_retrieval(self, name: str, records: list[Record]) -> dict[str, Any] | None:
        """How well the arm's passages serve its answers: {"values": {name: {value, low, high, n}},
        "errors": counts, or None where no documents are noted}. None for an arm that hands on no
        passages. See `evaluation/retrieval_metrics.py`."""
        if not retrieves(records):
            return None
        right = self.scores[name].right(self.metrics[0].name).tolist()
        values = {}
        for key, rows in columns(records, right).items():
            found = score_interval(self._share(rows), self.level)
            values[key] = {**_triple(found), "n": int(rows[:, 1].sum())}
        return {
            "values": values,
            "errors": errors(records, right) if has_gold_documents(records) else None,
        }

    def _share(self, rows: np.ndarray) -> ScoreEstimate:
        """A mean over the rows that count: `rows` has their values and whether they do."""
        there = np.flatnonzero(rows[:, 1])
        groups = (
            None if self.groups is None else np.unique(self.groups[there], return_inverse=True)[1]
        )
        return spread_of(rows[there, :1], Accuracy().total, groups)

    def versus(self, reference: str, only: str = "") -> dict[str, dict[str, Any]]:
        """{arm: {metric: {difference, low, high, p, p_holm}}} of every other arm minus `reference`;
        only of the metric `only`, where it is named.

        `p_holm` is corrected over all pairs of arms, per metric: the reference is chosen by the
        same rows.
        """
        found: dict[str, dict[str, Any]] = {name: {} for name in self.names if name != reference}
        if self.n < 2:
            return found
        for metric in (one for one in self.metrics if only in ("", one.name)):
            for name, (gap, one, corrected) in self.compared.against(
                reference, metric.name
            ).items():
                found[name][metric.name] = {
                    **_triple(gap, "difference"),
                    "p": float(f"{one:.6g}"),
                    "p_holm": float(f"{corrected:.6g}"),
                }
        return found
