"""The strategies of a run take their turns: one after another, or several at once.

At once   a thread a strategy waits for its worker; scoring and the book of uses of the test rows
          are one thread's at a time
In line   strategies that ask models behind an address, whose limits hold for one asker
Memory    on one machine a strategy begins when there is room for what it will take
Stopped   the first error, or the user's signal, ends all workers, which save what they have
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from assay.core.errors import Stopped
from assay.core.types import Strategy, Tell
from assay.evaluation.held_out_test import Exam
from assay.runtime.arms.cache_keys import own_settings
from assay.runtime.arms.contestant import arm_left_out
from assay.runtime.arms.memory_room import MemoryRoom, guess_need
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
    try:
        if bench.servers is None or bench.servers.at_once == 1:
            race_in_turn(bench, arms, exam, look, until, outcomes)
        else:
            run_at_once(bench, arms, exam, look, until, outcomes)
    except Stopped as stopped:
        by_user = stopped.exit_code == 128 + signal.SIGINT
        if not by_user or not any(arm.status == "done" for arm in outcomes):
            raise
        bench.tell({"event": "note", "text": "Interrupted: the report says what is known."})
        outcomes += _not_done(arms, outcomes)
    return outcomes


def race_in_turn(
    bench: Bench,
    arms: Mapping[str, Strategy],
    exam: Exam,
    look: Callable[[], int],
    until: float | None,
    outcomes: list[Arm],
) -> None:
    """One strategy after another, those that a race has left out without their turn. Adds to
    `outcomes`."""
    for one in race(bench, arms, exam, until):
        if one.status:
            outcomes.append(arm_left_out(one, own_settings(one.strategy)))
            state = "failed" if one.status == "failed" else "skipped"
            note = "left out by the race" if one.status == "pruned" else one.note
            bench.tell({"event": "stage", "name": one.name, "state": state, "note": note})
            continue
        rule = partial(not_worth_asking, loss=one.loss, dearer=one.dearer)
        behind = rule if one.heats else surely_behind
        arm = compete(bench, one.name, one.strategy, exam, look, until, outcomes, behind=behind)
        outcomes.append(replace(arm, heats=tuple(one.heats)))


def _not_done(arms: Mapping[str, Strategy], outcomes: Sequence[Arm]) -> list[Arm]:
    """What a run that was interrupted says of the strategies that were not done."""
    from assay.decision.finished_arm import Arm

    there = {arm.name for arm in outcomes}
    return [
        Arm(name, one.kind, own_settings(one), "skipped", floor=one.baseline, note=INTERRUPTED)
        for name, one in arms.items()
        if name not in there
    ]


def run_at_once(
    bench: Bench,
    arms: Mapping[str, Strategy],
    exam: Exam,
    look: Callable[[], int],
    until: float | None,
    outcomes: list[Arm],
) -> None:
    """All strategies, each waited for by a thread. Adds to `outcomes`."""
    assert bench.servers is not None
    scoring, heard = threading.RLock(), SeveralTold(bench.tell, arms)
    room = MemoryRoom(bench.servers.memory())

    def look_alone() -> int:
        with scoring:
            return look()

    def take(line: Sequence[str]) -> None:
        for name in line:
            told = replace(bench, tell=heard.listener(name))
            arm, before = arms[name], tuple(outcomes)
            with room.take(guess_need(arm, bench.project.model, bench.models)):
                outcomes.append(
                    compete(told, name, arm, exam, look_alone, until, before, scoring=scoring)
                )

    lines = lines_of(bench, arms)
    try:
        with ThreadPoolExecutor(min(bench.servers.at_once, max(1, len(lines)))) as pool:
            try:
                done, _ = wait([pool.submit(take, line) for line in lines], None, FIRST_EXCEPTION)
                errors = [error for one in done if (error := one.exception()) is not None]
            except BaseException:
                bench.servers.stop()
                raise
            if errors:
                bench.servers.stop()
                raise next((one for one in errors if not isinstance(one, Stopped)), errors[0])
    finally:
        heard.tell_warnings()


class SeveralTold:
    """What strategies at once tell, one event at a time. Their warnings come last, in the order of
    the strategies, whoever was the first to end: the report has them as they were told."""

    def __init__(self, tell: Tell, names: Iterable[str]):
        self._tell, self._lock = tell, threading.Lock()
        self._warned: dict[str, list[dict]] = {name: [] for name in names}

    def listener(self, name: str) -> Tell:
        def hear(event: dict) -> None:
            with self._lock:
                if event.get("event") == "warning":
                    self._warned[name].append(event)
                else:
                    self._tell(event)

        return hear

    def tell_warnings(self) -> None:
        for event in (event for events in self._warned.values() for event in events):
            self._tell(event)


def lines_of(bench: Bench, arms: Mapping[str, Strategy]) -> list[list[str]]:
    """Names of strategies that run one after another; the lines run at once."""
    apart: list[list[str]] = []
    asking: list[str] = []
    for name, strategy in arms.items():
        models = strategy.needs(bench.project.model)
        if any("remote" in bench.models[model] for model in models):
            asking.append(name)
        else:
            apart.append([name])
    return [*apart, *([asking] if asking else [])]
