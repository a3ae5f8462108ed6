"""The limit of a run's minutes: when its strategies have to end, and what to say where they were
enough for none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.decision.finished_arm import Arm

ENDING = 6.0  # seconds, about, that the report of a run takes
FIRST = 15.0  # seconds of a process that starts and a baseline in it, with room
SHARE = 6.0  # seconds of each minute that `ENDING` may take
GRACE, LEAST_GRACE = 0.05, 10.0  # share of the time, and seconds, by which a strategy may overrun


def deadline(started: float, minutes: float | None) -> float | None:
    """When strategies have to end, by `time.monotonic()`: a little before the run has to, for its
    report takes time."""
    return None if minutes is None else started + 60 * minutes - min(ENDING, SHARE * minutes)


def grace(minutes: float | None) -> float:
    """Seconds by which a strategy that has begun may overrun the time."""
    return max(LEAST_GRACE, GRACE * 60 * minutes) if minutes else 0.0


def least_minutes(before: float, work: float = FIRST) -> float:
    """The limit, in tenths of a minute, that leaves time for a first strategy.

    Args:
        before: seconds until the strategies begin. work: seconds that the first one takes.
    """
    seconds = before + work
    return math.ceil(10 * min(seconds / (60 - SHARE), (seconds + ENDING) / 60)) / 10


def too_few_minutes(
    outcomes: Sequence[Arm], minutes: float | None, before: float
) -> Iterator[dict[str, Any]]:
    """A warning where time was over before any strategy was done.

    Args:
        before: seconds until the strategies began.
    """
    late = [arm for arm in outcomes if arm.status in ("stopped", "skipped")]
    if minutes is None or not late or any(arm.status == "done" for arm in outcomes):
        return
    told = [arm.left for arm in late if arm.left]
    # Enough for sure: it was late within the time that there was, and needed so much more.
    least = least_minutes(before, 60 * minutes - before + min(told) if told else FIRST)
    text = (
        f"{minutes:g} minutes were enough for no strategy: data and models took {before:.0f} s."
        " What is done is kept"
    )
    # Nothing says how long a strategy takes that did not come to a pace of its own.
    way = f"; a first one needs about --minutes {least:g}" if least > minutes else "; give it more"
    yield {"code": "R034", "count": 1, "text": text + way}
