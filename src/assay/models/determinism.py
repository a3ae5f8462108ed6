"""The same bits on the same machine. Beside `device.py`, because no torch need be there."""

import os
from typing import Any

from assay.models.packages import lacking


def steady(seed: int, threads: int = 0) -> None:
    """Same seed, same threads, deterministic kernels. Without the packages of neural models there
    is nothing to do: what is asked is then behind an address, or counts words."""
    if lacking():
        return
    import torch

    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    # No result here depends on memory that was not written; filling it costs a pass over every new
    # tensor.
    unwritten: Any = torch.utils.deterministic
    unwritten.fill_uninitialized_memory = False  # set through the module's class
    torch.set_num_threads(threads or os.cpu_count() or 1)


def draw_from(seed: int) -> None:
    """What torch draws from now on is a function of the seed.

    `torch.manual_seed` also tells devices that are not there, for the time when they will be used,
    and keeps its caller's stack with each: a millisecond, and a step may take ten.
    """
    import torch

    if torch.accelerator.is_available():
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)
