"""From answers to scores: one row of columns per test row and metric, so that every later number is a sum of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.aim.kinds import DRAWN, kind_of
from assay.errors import Problem, UsageError, did_you_mean
from assay.intervals import observed
from assay.nouns import Metric, Record, Task
from assay.validate.metrics.accuracy import Accuracy
from assay.validate.metrics.entity_f1 import EntityF1
from assay.validate.metrics.exact_match import ExactMatch
from assay.validate.metrics.macro_f1 import MacroF1
from assay.validate.metrics.pass_at import PassAt1, PassAtK, SqlMatch
from assay.validate.metrics.token_f1 import TokenF1

METRICS: tuple[Metric, ...] = (
    *(Accuracy(), MacroF1(), ExactMatch(), TokenF1(), EntityF1()),
    *(PassAt1(), SqlMatch(), *map(PassAtK, DRAWN)),
)


def metrics_for(task: Task) -> tuple[Metric, ...]:
    """The metrics of the task's kind, the one that decides first: `task.metric`, or the kind's own.

    Raises:
        UsageError: C076, there is no metric of that name.
    """
    known = {metric.name: metric for metric in METRICS}
    if task.metric and task.metric not in known:
        raise UsageError(
            Problem(
                "C076",
                f"there is no metric '{task.metric}'{did_you_mean(task.metric, known)}",
                "aim.metric",
                help=f"the metrics are {', '.join(known)}",
            )
        )
    kind = kind_of(task)
    first = task.metric or kind.metric
    return tuple(known[name] for name in (first, *(name for name in kind.metrics if name != first)))


@dataclass(frozen=True)
class Scores:
    """One arm's rows of each metric. `slices` maps "field=value" to the positions of its test rows."""

    n: int
    metrics: tuple[Metric, ...]
    rows: dict[str, np.ndarray]  # metric -> (n, columns)
    values: dict[str, float]
    slices: dict[str, np.ndarray]

    def slice_values(self, name: str) -> dict[str, float]:
        """Each metric over the rows of one slice."""
        return {
            metric.name: observed(self.rows[metric.name], metric.total, self.slices[name]) for metric in self.metrics
        }

    def of_rows(self, name: str) -> np.ndarray:
        """The metric of each test row on its own, (n,): what a list of best and worst rows is sorted by."""
        metric = next(metric for metric in self.metrics if metric.name == name)
        return np.asarray(metric.total(self.rows[name], np.ones(self.n)), dtype=np.float64)


def slices_of(records: Sequence[Record]) -> dict[str, np.ndarray]:
    """ "field=value" -> positions of the test rows that have it, sorted by name."""
    places: dict[str, list[int]] = {}
    for index, record in enumerate(records):
        for name, value in record.question.slices:
            places.setdefault(f"{name}={value}", []).append(index)
    return {name: np.array(places[name]) for name in sorted(places)}


def judge(records: Sequence[Record], task: Task) -> Scores:
    """Score one arm's answers by every metric of the task. An answer that could not be parsed is wrong and counts in n.

    Raises:
        ValueError: there are no records.
    """
    if not records:
        raise ValueError("there is nothing to judge: no test rows")
    metrics = metrics_for(task)
    rows = {metric.name: np.asarray(metric.rows(records, task), dtype=np.float64) for metric in metrics}
    values = {metric.name: observed(rows[metric.name], metric.total) for metric in metrics}
    return Scores(len(records), metrics, rows, values, slices_of(records))
