"""Trainings that were too long for a run with a time limit go on in the time that is left of it.

What it is for   the same command again comes to an end, however long a training is: what it has
                 saved is where the next run begins
When             after all others have met the test rows, the most hopeful first; what ends in time
                 after all meets them too
Watch out        nothing but the end of the time stops it: what its estimate says is known already
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from assay.core.errors import ResourceError, Stopped, TrainError
from assay.runtime.arms.contestant import trains_base
from assay.runtime.events.progress_rate import HEAT, duration

if TYPE_CHECKING:
    from assay.evaluation.held_out_test import Exam
    from assay.runtime.arms.contestant import Contestant
    from assay.runtime.arms.runner import Bench

WORTH = 45.0  # seconds: a process takes a few to begin, and saves what it has once in a while


def is_late_training(one: Contestant) -> bool:
    """Whether it trains a language model, and the time was too short for it."""
    return one.status == "stopped" and trains_base(one.strategy)


def learn_on(
    bench: Bench,
    late: Sequence[Contestant],
    val: Exam,
    until: float,
    finish: Callable[[Contestant], None],
) -> Iterator[Contestant]:
    """The trainings that are late, one by one, each after it has gone on; what is done then has no
    status.

    Args:
        val: the rows of a heat. until: `time.monotonic()` when the time is over. finish: runs the
            heat on all rows, which asks nothing twice.

    Raises:
        AssayError: as the worker, but for a fit that fails. Stopped: the user interrupted.
    """
    for one in sorted(late, key=lambda one: -one.hope):
        if until - time.monotonic() > WORTH:
            _train(bench, one, val, until)
            if bench.state(one.strategy, val.hash) == "cached":
                one.status, one.note, one.left = "", "", None
                finish(one)
        yield one


def _train(bench: Bench, one: Contestant, val: Exam, until: float) -> None:
    told = {"event": "stage", "name": f"{HEAT}{one.name}, going on"}
    left = until - time.monotonic()
    bench.tell({**told, "state": "start"})
    begun, state, note = time.monotonic(), "done", ""
    try:
        bench.run(str(told["name"]), one.strategy, val.questions_in_order, val.hash, left)
    except (TrainError, ResourceError) as error:
        state, note = "failed", str(error.problems[0])
        one.leave("failed", note)
    except Stopped:
        if until > time.monotonic():
            raise
        went = duration(time.monotonic() - begun)
        state, note = "stopped", f"It learnt for {went}; the same command goes on from there."
        one.note += f" {note}"
        one.left = max(0.0, one.left - (time.monotonic() - begun)) if one.left else one.left
    bench.tell({**told, "state": state, "note": note, "seconds": time.monotonic() - begun})
