"""From answers to scores: one row of columns per test row and metric, so that every later number is
a sum of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from assay.core.errors import Problem, UsageError, did_you_mean
from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.absolute_error import MeanAbsoluteError
from assay.evaluation.metrics.accuracy import Accuracy
from assay.evaluation.metrics.bleu import Bleu
from assay.evaluation.metrics.by_label import BalancedAccuracy, MacroPrecision, MacroRecall, MicroF1
from assay.evaluation.metrics.calibration import Brier, CalibrationError, LogLoss
from assay.evaluation.metrics.chrf import Chrf
from assay.evaluation.metrics.embedding_similarity import EmbeddingSimilarity
from assay.evaluation.metrics.entity_f1 import EntityF1
from assay.evaluation.metrics.exact_match import ExactMatch, normalise
from assay.evaluation.metrics.json_valid import JsonValid
from assay.evaluation.metrics.label_sets import Jaccard, SubsetAccuracy
from assay.evaluation.metrics.likelihood import BitsPerByte, Perplexity
from assay.evaluation.metrics.macro_f1 import MacroF1
from assay.evaluation.metrics.mcc import Mcc
from assay.evaluation.metrics.meteor import MeteorLike
from assay.evaluation.metrics.numeric_match import NumericMatch
from assay.evaluation.metrics.pass_at import PassAt1, PassAtK, SqlMatch
from assay.evaluation.metrics.policy import PolicyKept
from assay.evaluation.metrics.preference import LengthControlledPreference, PreferenceAccuracy
from assay.evaluation.metrics.r2 import R2
from assay.evaluation.metrics.rank_order import Mrr, Ndcg
from assay.evaluation.metrics.rouge import ROUGES
from assay.evaluation.metrics.spans import EntityMacroF1, EntityPartialF1
from assay.evaluation.metrics.token_f1 import TokenF1
from assay.stats.intervals import metric_value
from assay.tasks.kinds import DRAWN, kind_of
from assay.tasks.policy import policy_of

METRICS: tuple[Metric, ...] = (
    *(Accuracy(), BalancedAccuracy(), MacroF1(), MacroPrecision(), MacroRecall(), MicroF1(), Mcc()),
    *(SubsetAccuracy(), Jaccard()),
    *(LogLoss(), Brier(), CalibrationError()),
    *(
        ExactMatch(),
        TokenF1(),
        NumericMatch(),
        MeanAbsoluteError(),
        R2(),
        *ROUGES,
        Bleu(),
        Chrf(),
        MeteorLike(),
        EmbeddingSimilarity(),
    ),
    *(JsonValid(), PolicyKept(), BitsPerByte(), Perplexity()),
    *(PreferenceAccuracy(), LengthControlledPreference()),
    *(Ndcg(), Mrr()),
    *(EntityF1(), EntityMacroF1(), EntityPartialF1()),
    *(PassAt1(), SqlMatch(), *map(PassAtK, DRAWN)),
)


def metrics_for(task: Task) -> tuple[Metric, ...]:
    """The metrics that are shown, the one that decides first: `task.metric`, or the kind's own;
    then `task.metrics`, or the kind's own few, those that are guarded, and `policy` where the task
    has rules that can be checked.

    Raises:
        UsageError: C076, there is no metric of that name; C092, the one that is to decide cannot.
    """
    known = {metric.name: metric for metric in METRICS}
    for place, names in (("task.metric", (task.metric,)), ("task.metrics", task.metrics)):
        for name in names:
            if name and name not in known:
                text = f"there is no metric '{name}'{did_you_mean(name, known)}"
                raise UsageError(
                    Problem("C076", text, place, help=f"the metrics are {', '.join(known)}")
                )
    if task.metric and not known[task.metric].decides:
        text = f"{task.metric} cannot decide between strategies"
        raise UsageError(
            Problem("C092", text, "task.metric", help="name it under `task.metrics`, to be shown")
        )
    kind = kind_of(task)
    guards = [name for name in task.guards if name in known]
    rules = ["policy"] if (policy := policy_of(task)) and policy.checkable else []
    shown = (task.metric or kind.metric, *(task.metrics or kind.metrics), *guards, *rules)
    return tuple(known[name] for name in dict.fromkeys(shown))


def is_score(metric: Metric) -> bool:
    """Whether it lies between 0 and 1 and higher is better: then half of it makes a row a right
    one."""
    return metric.higher_is_better and (metric.low, metric.high) == (0.0, 1.0)


@dataclass(frozen=True)
class Scores:
    """One arm's rows of each metric. `slices` maps "field=value" to the positions of its test
    rows."""

    n: int
    metrics: tuple[Metric, ...]
    rows: dict[str, np.ndarray]  # metric -> (n, columns)
    values: dict[str, float]
    slices: dict[str, np.ndarray]
    records: Sequence[Record] = field(repr=False)

    @cached_property
    def accepted(self) -> np.ndarray:
        """(n,) whether the answer is an accepted one after small differences of writing."""
        return np.array([is_accepted(record) for record in self.records])

    def slice_values(self, name: str) -> dict[str, float]:
        """Each metric over the rows of one slice."""
        return {
            metric.name: metric_value(self.rows[metric.name], metric.total, self.slices[name])
            for metric in self.metrics
        }

    def of_rows(self, name: str) -> np.ndarray:
        """The metric of each test row on its own, (n,); NaN where a row has none."""
        return self._metric(name).each(self.rows[name])

    def goodness(self, name: str) -> np.ndarray:
        """`of_rows`, turned so that higher is better: what a list of best and worst rows is sorted
        by. A row without a value comes last of all."""
        values = self.of_rows(name) * (1 if self._metric(name).higher_is_better else -1)
        return np.where(np.isnan(values), -np.inf, values)

    def right(self, name: str) -> np.ndarray:
        """Which rows count as answered right, (n,): half a score or more; by a metric that is no
        score, an accepted answer."""
        return self.of_rows(name) >= 0.5 if is_score(self._metric(name)) else self.accepted

    def _metric(self, name: str) -> Metric:
        return next(metric for metric in self.metrics if metric.name == name)


def slices_of(records: Sequence[Record]) -> dict[str, np.ndarray]:
    """ "field=value" -> positions of the test rows that have it, sorted by name."""
    places: dict[str, list[int]] = {}
    for index, record in enumerate(records):
        for name, value in record.question.slices:
            places.setdefault(f"{name}={value}", []).append(index)
    return {name: np.array(places[name]) for name in sorted(places)}


def is_accepted(record: Record) -> bool:
    """Whether the answer is an accepted one, small differences of writing aside."""
    text = record.answer.text
    return text is not None and normalise(text) in {
        normalise(one) for one in (record.target, *record.also)
    }


def judge(records: Sequence[Record], task: Task) -> Scores:
    """Score one arm's answers by every metric of the task. An answer that could not be parsed is
    wrong and counts in n.

    Raises:
        ValueError: there are no records.
    """
    if not records:
        raise ValueError("there is nothing to judge: no test rows")
    metrics = metrics_for(task)
    rows = {
        metric.name: np.asarray(metric.rows(records, task), dtype=np.float64) for metric in metrics
    }
    values = {metric.name: metric_value(rows[metric.name], metric.total) for metric in metrics}
    return Scores(len(records), metrics, rows, values, slices_of(records), records)
