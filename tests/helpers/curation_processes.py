"""Processes that apply steps to chunks of rows, as Linux lists them."""

import os
from pathlib import Path


def step_processes() -> list[int]:
    """All of them on this machine."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if b"assay.data.parallel.worker" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def own_step_processes() -> list[int]:
    """Those that this process has started."""
    found = []
    for number in step_processes():
        try:
            parent = int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == os.getpid():
            found.append(number)
    return found
