"""Optimiser steps until the last one, until val gets no better, or until somebody stops them: one
loop for all that is trained and can be gone on with.

Handed in   what a step learns, what is looked at on val, what is told of a step
Kept here   the order: an epoch begins, a step, a look at val, the news of it, a state; and that a
            run that is stopped leaves a state from which the same call goes on
States      take at most `SAVE_SHARE` of the time
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from assay.core.errors import Stopped
from assay.core.types import Tell
from assay.training.distributed.process_group import Team
from assay.training.progress import Run, StepStatistics
from assay.training.run_states import States

SAVE_SHARE = 0.05  # of the time may go into states
SAVE_EVERY = 20.0  # seconds at least between two states


@dataclass
class StepLoop:
    """
    Attributes:
        epochs: how many steps each has.
        begin: (epoch, step of the epoch), before the first step of an epoch that is taken here.
        step: (epoch, step of the epoch): takes it.
        points: steps done when val is looked at.
        values: (the step, its seconds) -> what is told of it.
        save_every: seconds; 0: after every step.
    """

    run: Run
    states: States
    epochs: Sequence[int]
    begin: Callable[[int, int], None]
    step: Callable[[int, int], StepStatistics]
    points: Collection[int]
    look: Callable[[], None]
    values: Callable[[StepStatistics, float], dict[str, Any]]
    tell: Tell
    save_every: float = SAVE_EVERY
    team: Team = field(default_factory=Team)
    begun: float = field(default_factory=time.monotonic)

    def go(self) -> None:
        """
        Raises:
            Stopped: the state is saved. TrainError: T001, it could not be continued.
        """
        progress, ends = self.run.progress, list(accumulate(self.epochs, initial=0))
        started, saved, cost, last = self.begun - progress.seconds, self.begun, 0.0, -1
        while progress.step < ends[-1] and not progress.ended:
            begun = time.monotonic()
            epoch = bisect_right(ends, progress.step) - 1
            within = progress.step - ends[epoch]
            if epoch != last:
                self.begin(epoch, within)
                last = epoch
            taken = self.step(epoch, within)
            progress.step += 1
            if taken.norm:  # none: its rows had nothing to learn
                progress.add_loss(taken.loss, ends[-1])
            seconds = time.monotonic() - begun
            if progress.step in self.points:
                self.look()
            progress.seconds = time.monotonic() - started
            stopped = self._show(ends[-1], taken, seconds)
            now = time.monotonic()
            pause = max(self.save_every, cost / SAVE_SHARE) if self.save_every else 0.0
            # One clock for all: what is split is put together by every process, so all save or
            # none.
            due = now - saved >= pause and progress.step < ends[-1]
            stops, due = self.team.agree([float(stopped is not None), float(due)])
            if stops or due:
                self.states.save(self.run)
                saved, cost = time.monotonic(), time.monotonic() - now
            if stops:
                raise stopped or Stopped()

    def _show(self, total: int, taken: StepStatistics, seconds: float) -> Stopped | None:
        """Tell the step; what stops the run is handed back, for all processes to stop together."""
        values = {n: v for n, v in self.values(taken, seconds).items() if v is not None}
        event = {"event": "progress", "done": self.run.progress.step, "total": total}
        try:
            self.tell({**event, "unit": "step", "values": values})
        except Stopped as stopped:
            return stopped
        return None
