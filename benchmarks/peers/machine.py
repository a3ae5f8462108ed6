"""What the machine can do at most: matrix products and copies, the best of several short runs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import torch

SIDE = 2048
COPIED = 1 << 28  # bytes


def main(threads: int) -> None:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    out = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        a, b = torch.randn(SIDE, SIDE).to(dtype), torch.randn(SIDE, SIDE).to(dtype)
        c = torch.empty(SIDE, SIDE, dtype=dtype)
        out[f"{name}_gflops"] = round(
            2 * SIDE**3 / best(lambda a=a, b=b, c=c: torch.mm(a, b, out=c)) / 1e9, 1
        )
    source = torch.ones(COPIED, dtype=torch.uint8)
    target = torch.empty_like(source)
    # read and written
    out["copy_gb_per_second"] = round(2 * COPIED / best(lambda: target.copy_(source)) / 1e9, 1)
    print(json.dumps(out))


def best(work: Callable[[], object], seconds: float = 1.5) -> float:
    """The shortest time that `work` took, tried for so many seconds."""
    work()
    shortest, begun = float("inf"), time.perf_counter()
    while time.perf_counter() - begun < seconds:
        start = time.perf_counter()
        work()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest


if __name__ == "__main__":
    main(int(sys.argv[1]))
