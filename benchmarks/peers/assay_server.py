"""assay's server over one base, for serve.py: `assay_server.py FOLDER bfloat16|float32 THREADS
SLOTS`.

Says its address, then ends when its standard input does. A line "memory" is answered with its
resident bytes.
"""

import json
import os
import resource
import sys
import threading
import time
from pathlib import Path

import torch


def main() -> None:
    from assay.deployment.server.app import House, app
    from assay.deployment.server.arms import base_arm
    from assay.deployment.server.engine import OwnEngine
    from assay.deployment.server.limits import ServerLimits
    from assay.deployment.server.listening import Listening, bind_socket
    from assay.models.determinism import steady
    from assay.models.loading.find import LocalModel
    from assay.models.open import load_model

    folder, dtype, threads, slots = sys.argv[1:]
    steady(0, int(threads))
    found = LocalModel(Path(folder), "base", "", "", "", 0)
    model = load_model(found, "bf16" if dtype == "bfloat16" else "fp32")
    engine = OwnEngine([base_arm(model)], slots=int(slots))
    limits, house, listens = ServerLimits(), House(), threading.Event()
    where = bind_socket("127.0.0.1", 0)
    server = Listening(app(engine, limits, house), limits, house.inside, 5.0, listens.set)
    threading.Thread(target=server.run, kwargs={"sockets": [where]}, daemon=True).start()
    listens.wait()
    say(f"http://127.0.0.1:{where.getsockname()[1]}")
    for _ in sys.stdin:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        used = time.process_time()
        kept = sum(shelf.bytes for shelf in engine.shelves)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
        say(
            json.dumps(
                {
                    "resident": pages * os.sysconf("SC_PAGE_SIZE"),
                    "processor": used,
                    "kept": kept,
                    "peak": peak,
                }
            )
        )
    engine.close(0)


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    main()
