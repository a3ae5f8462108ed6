"""What a run with a time limit leaves out: a strategy that cannot end in time, and one that cannot
win any more.

In time    by the pace of its last steps (events/progress_rate.py). Where even the fast end of the
           range is too late, it is stopped at once and its state kept: the time is the other
           strategies'
Can win    answers to test rows are kept in pieces, asked in a drawn order. After each piece the
           answers are compared with the best finished strategy's to the same rows. Where the upper
           end of the paired interval at `LEVEL` lies below what counts as equal, the rest is not
           asked
Source     races: Maron and Moore (1993), Hoeffding Races, proceedings.neurips.cc/paper/1993;
           stopping for futility: Jennison and Turnbull (1999), Group Sequential Methods, chapter 10
Watch out  the score of a strategy that was stopped is that of the rows it was asked, and stands in
           its note alone
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from assay.core import checksummed_lines as sealed
from assay.core.errors import Stopped
from assay.core.types import Answer, Preload, Record
from assay.evaluation.scoring import judge, metrics_for
from assay.runtime.events.progress_rate import StageProgress, duration
from assay.stats.intervals import metric_value
from assay.stats.standard_error import group_codes, paired_difference

if TYPE_CHECKING:
    from pathlib import Path

    from assay.core.types import Strategy, Task
    from assay.decision.finished_arm import Arm
    from assay.evaluation.held_out_test import Exam
    from assay.runtime.arms.runner import Bench

LEVEL = 0.99  # of the interval: it is looked at after every piece
WORTH = 10.0  # seconds that are left at least where stopping saves anything


@dataclass
class RaceMonitor:
    """Hears what one strategy tells, and ends it with `Stopped` where going on is of no use.

    Args:
        until: `time.monotonic()` when the time is over; None: nothing is ended. best: the finished
            strategy with the best score. answers: where its answers are kept, piece by piece.
            equivalent: points that count as equal.

    Attributes:
        why: "late", "behind", or "" where it was not ended here. note: the same in a sentence.
            left: seconds that it would have taken longer, as far as known.
    """

    bench: Bench
    exam: Exam
    name: str
    until: float | None
    answers: Path
    best: Arm | None = None
    equivalent: float = 0.0
    why: str = ""
    note: str = ""
    left: float | None = None
    _stage: StageProgress | None = None
    _compared: int = 0

    def tell(self, event: dict[str, Any]) -> None:
        self.bench.tell(event)
        if (
            self.until is None
            or event.get("event") != "progress"
            or event.get("unit") == "answer, alone"
        ):
            return
        now = time.monotonic()
        self._stage = self._stage or StageProgress(self.name, now)
        self._stage.advance(event, now)
        if (left := self._stage.time_left()) is None:
            return
        self.left = left[1]
        if now + left[0] > self.until:
            over = max(0.0, self.until - now)
            said = (
                f"Needs about {duration(left[1])} more, and {duration(over)} were left. What it"
                " has saved is kept."
            )
            self._end("late", said)
        if event.get("unit") == "answer" and left[1] > WORTH:
            self._compare()

    def _end(self, why: str, note: str) -> None:
        self.why, self.note = why, note
        raise Stopped(15)

    def _compare(self) -> None:
        """With the best strategy so far, on the rows that both have answered."""
        if self.best is None or not self.answers.exists():
            return
        answers = [Answer.from_json(row) for row in sealed.first_rows(self.answers)]
        if len(answers) <= max(1, self._compared):
            return
        self._compared = len(answers)
        own = self.exam.first(answers)
        others = [self.best.records[at] for at in own]
        task, seed = self.bench.prepared.task, self.bench.project.seed
        behind = surely_behind([*own.values()], others, task, self.equivalent, seed)
        if behind:
            rows = f"{len(answers):,} of {len(self.exam):,} test rows"
            self._end(
                "behind",
                f"Stopped after {rows}:"
                f" {behind} of {self.best.name} there. It cannot win any more.",
            )


def quick_first(arms: Mapping[str, Strategy], base: str) -> dict[str, Strategy]:
    """The order in which a limited run takes its strategies: baselines, then what asks no base
    model, what asks it, what trains it; in each the order of the file."""
    levels = get_args(Preload)

    def cost(strategy: Strategy) -> tuple[bool, bool, int]:
        return (
            not strategy.baseline,
            base in strategy.needs(base),
            levels.index(strategy.preload),
        )

    return dict(sorted(arms.items(), key=lambda arm: cost(arm[1])))


def surely_behind(
    records: Sequence[Record], others: Sequence[Record], task: Task, equivalent: float, seed: int
) -> str:
    """The two scores in words where the first strategy is surely behind the other by more than
    `equivalent` points; else "". Both have answered the same rows."""
    if task.kind == "code":  # programs are run when all are there
        return ""
    metric = metrics_for(task)[0]
    own, best = (judge(some, task).rows[metric.name] for some in (records, others))
    groups = group_codes([record.question.group for record in records])
    size = metric.high - metric.low
    found = paired_difference(
        own, best, metric.total, groups=groups, level=LEVEL, seed=seed, size=size
    )
    most = found.high if metric.higher_is_better else -found.low
    if not most < -equivalent / 100:
        return ""
    values = [metric_value(rows, metric.total) for rows in (own, best)]
    return f"{metric.name.replace('_', ' ')} {values[0]:.3f} against {values[1]:.3f}"


def best_so_far(arms: Sequence[Arm], task: Task) -> Arm | None:
    """The finished strategy with the best score."""
    metric = metrics_for(task)[0]
    sign = 1 if metric.higher_is_better else -1
    done = [arm for arm in arms if arm.status == "done" and arm.records]
    return max(
        done, key=lambda arm: sign * judge(arm.records, task).values[metric.name], default=None
    )
