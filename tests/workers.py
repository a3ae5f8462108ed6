"""The worker processes of a project that are alive, as the kernel lists them."""

import time
from pathlib import Path


def alive(folder) -> list[int]:
    """Ids of the processes whose command line names a stage of the project in `folder`."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"assay.worker" in words and any(str(folder).encode() in word for word in words):
            found.append(int(place.parent.name))
    return found


def none_left(folder, seconds=3.0) -> bool:
    """Whether all have ended by then: one that was just starting ends as soon as it can look for its parent."""
    until = time.monotonic() + seconds
    while alive(folder) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(folder)
