"""Was a time taken on a busy machine? How long the process was ready and had no processor.

How        Linux counts for every thread the time that it ran and the time that it waited for a
           processor (/proc/PID/task/*/schedstat). The waiting is `lost`: the share of the measured
           time that a quiet machine would not have taken
Busy       at least `LOST` was lost, while others used the processor (/proc/stat): a process that
           starts more threads than there are cores slows itself, on a quiet machine too. Or cores
           were slowed for heat meanwhile. A time below `SHORTEST` is that of a few turns of the
           scheduler, and is not judged
Recorded   beside it: the load average, and the pressure of the last ten seconds (/proc/pressure)
Elsewhere  without these files the load average alone says it, and how much was lost is not known
Watch out  processes that this one starts are others here; of a stage that was interrupted only the
           last part counts
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOST = 0.15  # of the measured time
OTHERS = 0.1  # of a processor, used by other processes
SHORTEST = 0.1  # seconds
PROC, CORES = Path("/proc"), Path("/sys/devices/system/cpu")


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters at one moment, in seconds; None where the machine has none.

    Attributes:
        ran, waited: of the threads of this process, on a processor and ready for one. used: of all
            processors, by all processes. throttled: times that cores were slowed for heat. load,
            pressure: of the last minute, the last ten seconds.
    """

    wall: float
    ran: float | None = None
    waited: float | None = None
    used: float | None = None
    throttled: int | None = None
    load: float | None = None
    pressure: float | None = None


class Contention:
    """What the machine did beside this process, since it was made."""

    def __init__(self, read: Callable[[], Reading] | None = None, cores: int | None = None):
        self._read = read or read_counters
        self._cores = cores or os.cpu_count() or 1
        self._first = self._read()

    def result(self) -> dict[str, Any]:
        """`busy`; `lost`, a share of the time or None; `load`, `pressure`, `throttled`."""
        first, last = self._first, self._read()
        wall = max(1e-9, last.wall - first.wall)
        ran, waited, used = (
            _grown(getattr(first, name), getattr(last, name)) for name in ("ran", "waited", "used")
        )
        throttled = bool(_grown(first.throttled, last.throttled))
        load = None if last.load is None else round(last.load, 2)
        lost = None
        if ran is None or waited is None:
            busy = load is not None and load > self._cores + 1
        else:
            lost = round(min(waited / wall, waited / max(1e-9, ran + waited)), 3)
            others = None if used is None else (used - ran) / wall
            busy = lost >= LOST and (others is None or others >= OTHERS)
        return {
            "busy": wall >= SHORTEST and (busy or throttled),
            "lost": lost,
            "load": load,
            "pressure": last.pressure,
            "throttled": throttled,
        }


def _grown(first: float | None, last: float | None) -> float | None:
    # threads that have ended take their counters with them
    return None if first is None or last is None else max(0.0, last - first)


def read_counters(proc: Path = PROC, cores: Path = CORES) -> Reading:
    """What this machine lets be read."""
    threads = [_numbers(file) for file in (proc / "self" / "task").glob("*/schedstat")]
    known = [one for one in threads if len(one) >= 2]
    ran, waited = (sum(one[at] for one in known) / 1e9 if known else None for at in (0, 1))
    counts = [
        _numbers(file)[:1] for file in cores.glob("cpu[0-9]*/thermal_throttle/core_throttle_count")
    ]
    return Reading(
        time.perf_counter(),
        ran,
        waited,
        _used(proc / "stat"),
        sum(int(one[0]) for one in counts if one) if any(counts) else None,
        os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        _pressure(proc / "pressure" / "cpu"),
    )


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError):  # not there, or the thread has ended meanwhile
        return ""


def _numbers(file: Path) -> list[float]:
    words = _text(file).split()
    return [float(word) for word in words] if all(word.isdigit() for word in words) else []


def _used(file: Path) -> float | None:
    """Seconds that processors worked, or were taken by another virtual machine."""
    words = _text(file).split("\n")[0].split()
    if len(words) < 9 or words[0] != "cpu":
        return None
    user, nice, system, _, _, irq, soft, stolen = (int(word) for word in words[1:9])
    return (user + nice + system + irq + soft + stolen) / os.sysconf("SC_CLK_TCK")


def _pressure(file: Path) -> float | None:
    """The share of the last ten seconds in which some process waited for a processor."""
    for line in _text(file).splitlines():
        if line.startswith("some avg10="):
            return round(float(line.split()[1].removeprefix("avg10=")) / 100, 3)
    return None
