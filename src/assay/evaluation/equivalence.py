"""Is what was exported still the same arm? Two lists of answers to the same test rows, held against
each other.

Equal        two parsed answers with the same text. Of two that could not be parsed, the raw texts
             are compared
The share    of equal answers, with the interval of a share over rows or groups, as every score of
             the report has it
The score    of both by the task's own metric, and their paired difference
             (`standard_error.paired_difference`)
Watch out    a share of 1 over 50 rows only says that surely less than 7 in 100 differ (the
             interval's lower end); equal answers do not say that the arm is good, and a few other
             ones do not say that the export is worse
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.types import Answer, Record, Task
from assay.evaluation.scoring import judge
from assay.stats.intervals import Interval, Weights
from assay.stats.standard_error import group_codes, paired_difference, score_interval, spread_of

SHOWN = 5  # rows that differ
LONGEST = 80  # characters of what could not be read


@dataclass(frozen=True)
class Other:
    """A row that is answered in another way. The question is left out: it is the project's own."""

    id: str
    target: str
    arm: str
    export: str

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "target": self.target, "arm": self.arm, "export": self.export}


@dataclass(frozen=True)
class Equivalence:
    """
    Attributes:
        equal: share of rows with equal answers.
        arm, export: value of `metric` of each, with its interval; difference: export minus arm,
            paired.
        unparsed: rows that the arm, and the export, answered with nothing that can be read.
        others: the first rows that differ.
    """

    n: int
    equal: Interval
    metric: str
    arm: Interval
    export: Interval
    difference: Interval
    unparsed: tuple[int, int]
    others: tuple[Other, ...]

    def to_json(self) -> dict[str, Any]:
        """Numbers that are not finite are null."""
        return {
            "n": self.n,
            "equal": _plain(self.equal),
            "metric": self.metric,
            "arm": _plain(self.arm),
            "export": _plain(self.export),
            "difference": _plain(self.difference),
            "unparsed": {"arm": self.unparsed[0], "export": self.unparsed[1]},
            "others": [one.to_json() for one in self.others],
        }


def equivalence(
    arm: Sequence[Record],
    export: Sequence[Record],
    task: Task,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> Equivalence:
    """
    Args:
        arm, export: the answers of both to the same test rows, in the same order.

    Raises:
        ValueError: there are no rows, or not the same ones.
    """
    if [one.question.id for one in arm] != [one.question.id for one in export]:
        raise ValueError("the two lists answer other rows")
    groups = group_codes([one.question.group for one in arm])
    same = np.array(
        [
            [float(_answer_value(a.answer) == _answer_value(b.answer))]
            for a, b in zip(arm, export, strict=True)
        ]
    )
    scores = [judge(one, task) for one in (arm, export)]
    metric = scores[0].metrics[0]
    rows = [one.rows[metric.name] for one in scores]
    draws = Weights(len(arm), seed=seed, groups=groups) if rows[0].shape[1] > 1 else None
    spreads = [
        spread_of(one, metric.total, groups, draws.values(one, metric.total) if draws else None)
        for one in rows
    ]
    values = [score_interval(one, level, metric.low, metric.high) for one in spreads]
    differing = [i for i in range(len(arm)) if not same[i, 0]]
    return Equivalence(
        n=len(arm),
        equal=score_interval(spread_of(same, _mean, groups), level),
        metric=metric.name,
        arm=values[0],
        export=values[1],
        difference=paired_difference(
            rows[1], rows[0], metric.total, groups=groups, level=level, seed=seed
        ),
        unparsed=(
            sum(one.answer.text is None for one in arm),
            sum(one.answer.text is None for one in export),
        ),
        others=tuple(
            Other(
                arm[i].question.id,
                arm[i].target,
                _display_answer(arm[i].answer),
                _display_answer(export[i].answer),
            )
            for i in differing[:SHOWN]
        ),
    )


def _answer_value(answer: Answer) -> tuple[bool, str]:
    """What is compared."""
    return (True, answer.text) if answer.text is not None else (False, answer.raw.strip())


def _display_answer(answer: Answer) -> str:
    return answer.text if answer.text is not None else f"(not read) {answer.raw.strip()[:LONGEST]}"


def _mean(sums: Any, n: Any) -> Any:
    return sums[..., 0] / n


def _plain(interval: Interval) -> dict[str, float | None]:
    values = {"value": interval.value, "low": interval.low, "high": interval.high}
    return {name: float(value) if math.isfinite(value) else None for name, value in values.items()}
