"""A worker that says what it has inherited and holds, then does as it is told: see
`runtime/arms/test_process.py`."""

import json
import os
import random
import resource
import signal
import sys
import time
from pathlib import Path


def main(folder: Path) -> int:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    torch = sys.modules.get("torch")
    found = {
        "variables": {name: value for name, value in os.environ.items() if name != "ASSAY_PARENT"},
        "parent_named": os.environ["ASSAY_PARENT"] == str(os.getppid()),
        "files": sorted(
            str(place.readlink()) for place in Path("/proc/self/fd").iterdir() if place.exists()
        ),
        "leads_session": os.getsid(0) == os.getpid(),
        "folder": str(Path.cwd()),
        "arguments": sys.argv[1:],
        "limit": resource.getrlimit(resource.RLIMIT_NOFILE),
        "signals": [
            str(signal.getsignal(number))
            for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)
        ],
        "umask": status["Umask"],
        "torch": torch
        and [
            torch.get_num_threads(),
            torch.initial_seed(),
            torch.are_deterministic_algorithms_enabled(),
        ],
    }
    # pipes without their numbers
    found["files"] = [name.partition(":")[0] for name in found["files"]]
    import numpy as np  # after the memory was read

    drawn = [random.random(), float(np.random.rand())]
    said = {"found": found, "drawn": drawn, "kilobytes": int(status["VmHWM"].split()[0])}
    print(json.dumps({**said, "parent": os.getppid()}), flush=True)
    order = (folder / "order").read_text()
    if order == "wait":
        time.sleep(600)
    if order == "raise":
        raise ValueError("as it was told")
    return int(order)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
