"""A worker that says what it finds: which process it is, what it inherited, what it holds. See `test_processes.py`."""

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
    print(
        json.dumps(
            {
                "variables": {name: value for name, value in os.environ.items() if name != "ASSAY_PARENT"},
                "parent_named": os.environ["ASSAY_PARENT"] == str(os.getppid()),
                "files": {
                    place.name: str(place.readlink()) for place in Path("/proc/self/fd").iterdir() if place.exists()
                },
                "leads_session": os.getsid(0) == os.getpid(),
                "folder": str(Path.cwd()),
                "arguments": sys.argv[1:],
                "limits": [resource.getrlimit(number) for number in range(resource.RLIM_NLIMITS)]
                if hasattr(resource, "RLIM_NLIMITS")
                else resource.getrlimit(resource.RLIMIT_NOFILE),
                "signals": {number: str(signal.getsignal(number)) for number in (2, 13, 15)},
                "umask": status["Umask"].strip(),
                "threads": int(status["Threads"]),
                "kilobytes": int(status["VmHWM"].split()[0]),
                "drawn": [random.random(), __import__("numpy").random.rand()],
                "seed": __import__("torch").initial_seed() if "torch" in sys.modules else None,
            }
        ),
        flush=True,
    )
    order = (folder / "order").read_text()
    if order == "wait":
        time.sleep(600)
    if order == "raise":
        raise ValueError("as told")
    return int(order)
