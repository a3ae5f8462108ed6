"""Rewards that hold an answer against its row's target: one metric, equality, unit tests.

metric   the value of one row by a metric: the task's own where none is named
exact    1 for an accepted answer, small differences of writing aside (metrics/exact_match.py)
tests    1 for a program that passes its row's tests in the sandbox; `partial`: the share of tests
         before the first that fails
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import field_validator

from assay.core.errors import Problem, TrainError, did_you_mean
from assay.core.types import Answer, Example, Lesson, Metric, Record, Task
from assay.evaluation.code_outcomes import outcomes
from assay.evaluation.metrics.exact_match import ExactMatch
from assay.evaluation.rewards.reward import AnswerScorer, RewardPart
from assay.evaluation.scoring import METRICS, metrics_for
from assay.tasks.kinds import kind_of


class MetricReward(RewardPart):
    kind: Literal["metric"] = "metric"
    metric: str = ""  # the task's own where none is named
    needs_target = True
    judges = True

    @field_validator("metric")
    @classmethod
    def _known(cls, value: str) -> str:
        names = [metric.name for metric in METRICS]
        if value and value not in names:
            raise ValueError(f"C076 there is no metric '{value}'{did_you_mean(value, names)}")
        return value

    def fit(self, lesson: Lesson) -> MetricScorer:
        named = lesson.task.model_copy(update={"metric": self.metric or lesson.task.metric})
        return MetricScorer(metrics_for(named)[0], lesson.task)


class ExactReward(RewardPart):
    kind: Literal["exact"] = "exact"
    needs_target = True

    def fit(self, lesson: Lesson) -> MetricScorer:
        return MetricScorer(ExactMatch(), lesson.task)


class MetricScorer(AnswerScorer):
    def __init__(self, metric: Metric, task: Task):
        self.metric, self.task = metric, task

    def score(self, rows: Sequence[Example], answers: Sequence[Answer]) -> list[float]:
        columns = self.metric.rows(records_of(rows, answers), self.task)
        sign = 1 if self.metric.higher_is_better else -1
        return [sign * float(value) for value in self.metric.each(columns)]


class TestsReward(RewardPart):
    __test__ = False  # of what pytest looks for
    kind: Literal["tests"] = "tests"
    partial: bool = False
    needs_target = True

    def fit(self, lesson: Lesson) -> TestsScorer:
        """
        Raises:
            TrainError: T112, rows have no tests.
        """
        if kind_of(lesson.task).name != "code":
            text = (
                f"the reward 'tests' runs programs; this task is of the kind '{lesson.task.kind}'"
            )
            raise TrainError(Problem("T112", text, help="take exact, metric, check or python"))
        for row in (*lesson.train, *lesson.val):
            if lesson.task.language == "python" and not (row.checks and row.checks.tests):
                text = f"the reward 'tests' needs tests, and row {row.id} has none"
                way = "name their column as `tests` under `data.columns`, or drop such rows"
                raise TrainError(Problem("T112", text, row.source, help=way))
        return TestsScorer(lesson.task, self.partial)


class TestsScorer(AnswerScorer):
    __test__ = False

    def __init__(self, task: Task, partial: bool):
        self.task, self.partial = task, partial

    def score(self, rows: Sequence[Example], answers: Sequence[Answer]) -> list[float]:
        found = outcomes(records_of(rows, answers), self.task)
        if not self.partial:
            return [float(one.has_passed) for one in found]
        counts = [len(row.checks.tests) if row.checks else 1 for row in rows]
        return [
            1.0 if one.has_passed else max(0, one.at) / max(1, count)
            for one, count in zip(found, counts, strict=True)
        ]


def records_of(rows: Sequence[Example], answers: Sequence[Answer]) -> list[Record]:
    return [
        Record(row.question, row.target or "", row.also, answer, checks=row.checks)
        for row, answer in zip(rows, answers, strict=True)
    ]
