"""What is read off the machine: seconds on two clocks at once, and how much memory there is. Loads
no torch."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

# of a control group, v2 and v1
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def clock() -> np.ndarray:
    """Seconds on the wall and of the processor, that of ended child processes included.
    Differences, sums and multiples of it are pairs of seconds too; a machine that is busy with
    other things shows in the first alone."""
    spent = os.times()
    return np.array(
        [time.monotonic(), spent.user + spent.system + spent.children_user + spent.children_system]
    )


def memory() -> int:
    """Bytes of memory that a process may have here: those of the machine, or fewer where its
    control group says so."""
    here = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for place in LIMITS if sys.platform == "linux" else ():
        try:
            here = min(here, int(Path(place).read_text()))
        except (OSError, ValueError):
            continue  # the other version, or no limit
    return here


def free_memory() -> int:
    """Bytes of it that nobody holds now."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return memory()  # not Linux
    found = [int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")]
    return min([memory(), *found])
