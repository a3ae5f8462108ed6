"""How fast requests are answered, and so how long one that finds the queue full has to wait."""

from __future__ import annotations

import time

SOON, LATE = 1.0, 120.0  # seconds: bounds of what is told
NEW = 0.1  # weight of the newest answer in the mean


class AnswerPace:
    """The mean time between two answers while the engine is at work."""

    def __init__(self) -> None:
        self._between = 0.0
        self._last: float | None = None

    def began(self) -> None:
        """Work has come to an engine that was idle."""
        self._last = time.monotonic()

    def count_answers(self, count: int) -> None:
        """So many answers have ended. 0, as after most passes, says nothing of the pace."""
        if not count:
            return
        now = time.monotonic()
        if self._last is not None:
            each = (now - self._last) / count
            self._between = (
                each if not self._between else self._between + NEW * (each - self._between)
            )
        self._last = now

    def until(self, waiting: int) -> float:
        """Seconds until half of those that wait are at work; a guess of a second where nothing was
        answered yet."""
        return min(LATE, max(SOON, self._between * waiting / 2))
