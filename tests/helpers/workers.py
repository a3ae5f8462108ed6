"""The worker processes of a project that are alive, as the kernel lists them."""

import time
from pathlib import Path


def alive(folder) -> list[int]:
    """Ids of the processes that write to the log of a stage of the project in `folder`: forked ones
    have the command line of their server."""
    found = []
    for place in Path("/proc").glob("[0-9]*/fd/2"):
        try:
            log = place.readlink()
        except OSError:
            continue
        if log.name == "worker.log" and log.is_relative_to(Path(folder).absolute()):
            found.append(int(place.parts[2]))
    return found


def none_left(folder, seconds=3.0) -> bool:
    """Whether all have ended by then: one that was just starting ends as soon as it can look for
    its parent."""
    until = time.monotonic() + seconds
    while alive(folder) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(folder)
