"""What a stage has cost: seconds over all the processes that worked on it, and the greatest memory
of this one."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assay.core import checksummed_lines


@dataclass
class Spent:
    """Seconds that a stage took over all the processes that worked on it, written down as it goes.
    Time in an inner stage counts there, not here.

    Attributes:
        replayed: seconds of what other stages have computed and this process took over, in all so
            far: a stage costs what it would cost alone.
    """

    folder: Path
    replayed: Callable[[], float] = lambda: 0.0
    inside: float = 0.0  # seconds in inner stages
    waiting: bool = False  # an inner stage is at work

    def __post_init__(self) -> None:
        self._start = time.monotonic()
        self._told, self._before = self._start, self.replayed()

    @property
    def _file(self) -> Path:
        return self.folder / "spent.jsonl"

    @property
    def now(self) -> float:
        return time.monotonic() - self._start - self.inside + self.replayed() - self._before

    def note(self, *, every: float = 5.0) -> None:
        if not self.waiting and time.monotonic() - self._told >= every:
            self._told = time.monotonic()
            checksummed_lines.add(
                self._file, {"process": os.getpid(), "start": self._start, "seconds": self.now}
            )

    def total(self) -> float:
        """Seconds of this process and of those before it."""
        past: dict[tuple[int, float], float] = {}
        for row in checksummed_lines.read(self._file):
            past[row["process"], row["start"]] = row["seconds"]
        past.pop((os.getpid(), self._start), None)
        return sum(past.values()) + self.now

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)


@dataclass
class PartCosts:
    """Where the time and the tokens of `answers` answers go, from the events "took" of the arms
    that make them in several steps: {"event": "took", "part": name, "seconds": s, "tokens": n}."""

    answers: int  # of this process; those of one that was killed are timed nowhere

    def __post_init__(self) -> None:
        self._sums: dict[str, list[float]] = {}

    def hear(self, event: dict) -> None:
        if event.get("event") == "took":
            sums = self._sums.setdefault(event["part"], [0.0, 0.0])
            sums[0] += event["seconds"]
            sums[1] += event.get("tokens", 0)

    def to_json(self) -> list[dict]:
        """name, seconds_per_answer, tokens_per_answer of each part, in the order of their first
        events."""
        return [
            {
                "name": name,
                "seconds_per_answer": round(seconds / self.answers, 6),
                "tokens_per_answer": round(tokens / self.answers, 1),
            }
            for name, (seconds, tokens) in self._sums.items()
        ]


def peak_bytes() -> int:
    """The greatest memory that this process held. `ru_maxrss` will not do on Linux: a process takes
    it over from the one that started it, whose curation may have been larger than the arm."""
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
