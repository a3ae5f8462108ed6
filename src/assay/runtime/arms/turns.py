"""The strategies of a run take their turns: one after another, or several at once (at_once.py).
Scoring and the book of uses of the test rows are one strategy's at a time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from assay.core.errors import Stopped
from assay.core.types import Strategy
from assay.evaluation.held_out_test import Exam
from assay.runtime.arms.at_once import each_of
from assay.runtime.arms.cache_keys import own_settings
from assay.runtime.arms.contestant import Contestant, arm_left_out
from assay.runtime.arms.race import race
from assay.runtime.arms.runner import Bench
from assay.runtime.arms.strategy_run import compete
from assay.runtime.planning.racing import not_worth_asking, surely_behind

if TYPE_CHECKING:
    from assay.decision.finished_arm import Arm

INTERRUPTED = "The run was interrupted before this strategy was done. What it has saved is kept."


def take_turns(
    bench: Bench,
    arms: Mapping[str, Strategy],
    exam: Exam,
    look: Callable[[], int],
    until: float | None,
) -> list[Arm]:
    """Each strategy as it ended. Ctrl-C ends the turns, once there is an answer to compare: the
    report then says what is known.

    Args:
        look, until: as `compete` takes them.

    Raises:
        AssayError: what no report can hold. Stopped: the user interrupted before a strategy was
            done, or by another signal.
    """
    outcomes: list[Arm] = []
    scoring = threading.RLock()

    def look_alone() -> int:
        with scoring:
            return look()

    def take(one: Contestant, bench: Bench) -> None:
        if one.status:
            outcomes.append(_left_out(one, bench))
            return
        rule = partial(not_worth_asking, loss=one.loss, dearer=one.dearer)
        arm = compete(
            bench,
            one.name,
            one.strategy,
            exam,
            look_alone,
            until,
            tuple(outcomes),
            scoring=scoring,
            behind=rule if one.heats else surely_behind,
        )
        outcomes.append(replace(arm, heats=tuple(one.heats)))

    try:
        with each_of(bench, arms) as each:
            for group in race(bench, arms, exam, until, each):
                each(take, group)
    except Stopped as stopped:
        by_user = stopped.exit_code == 128 + signal.SIGINT
        if not by_user or not any(arm.status == "done" for arm in outcomes):
            raise
        bench.tell({"event": "note", "text": "Interrupted: the report says what is known."})
        outcomes += _not_done(arms, outcomes)
    return outcomes


def _left_out(one: Contestant, bench: Bench) -> Arm:
    """The arm of one that a race left out: it has no turn."""
    note = "by the race" if one.status == "pruned" else one.note
    bench.tell({"event": "stage", "name": one.name, "state": one.status, "note": note})
    return arm_left_out(one, own_settings(one.strategy))


def _not_done(arms: Mapping[str, Strategy], outcomes: Sequence[Arm]) -> list[Arm]:
    """What a run that was interrupted says of the strategies that were not done."""
    from assay.decision.finished_arm import Arm

    there = {arm.name for arm in outcomes}
    return [
        Arm(name, one.kind, own_settings(one), "skipped", floor=one.baseline, note=INTERRUPTED)
        for name, one in arms.items()
        if name not in there
    ]
