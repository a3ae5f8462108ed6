"""The same arm fitted again with the project's further seeds, on the same rows: how much of its
score is luck.

Which     arms that draw: trained ones, examples drawn at random, searches. Others would answer the
          same again
Cached    each seed's fit and answers under its own key; more seeds later fit only those that are
          new
Costs     as many fits as seeds; the report gives the cost of one
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.core.errors import ResourceError, Stopped, TrainError
from assay.core.types import Record, Strategy
from assay.evaluation.held_out_test import Exam
from assay.runtime.arms.cross_validation import run_by_fold
from assay.runtime.arms.runner import Bench, answers_in

if TYPE_CHECKING:
    from assay.decision.finished_arm import Arm


def again(bench: Bench, arm: Arm, strategy: Strategy, exam: Exam, until: float | None) -> Arm:
    """The arm with its answers under the further seeds. A seed that has no time left or fails is
    left out and said.

    Args:
        until: `time.monotonic()` after which nothing is begun.

    Raises:
        Stopped: the user interrupted; what is done is kept.
    """
    if not strategy.draws:
        return arm
    found: list[list[Record]] = []
    for other in bench.other_seeds():
        seed = other.project.seed
        if other.state(strategy, exam.hash) != "cached":
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                return _without(arm, found, f"seed {seed} had no time left")
            try:
                label = f"{arm.name}, seed {seed}"
                run_by_fold(other, label, strategy, exam.questions_in_order, exam.hash, left)
            except (TrainError, ResourceError) as error:
                return _without(arm, found, f"seed {seed} failed: {error.problems[0].text}")
            except Stopped:
                if until is None or until > time.monotonic():
                    raise
                return _without(arm, found, f"seed {seed} had no time left")
        found.append(exam.records_in_order(answers_in(other, strategy, exam.hash)))
    return replace(arm, seeds=tuple(found))


def _without(arm: Arm, found: list[list[Record]], why: str) -> Arm:
    return replace(arm, seeds=tuple(found), note=f"{arm.note} {why[0].upper()}{why[1:]}.".strip())
