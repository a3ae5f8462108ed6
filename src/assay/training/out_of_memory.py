"""Memory that is short: told from other errors, and micro-batches that are made smaller for it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import torch

from assay.core.errors import Problem, ResourceError

HALVINGS = 2  # of micro-batches, in one step
WAY = (
    "lower micro_tokens or max_length, set checkpointing: selective or true, or choose a smaller"
    " model"
)


def is_short(error: BaseException) -> bool:
    """Whether an allocation failed: Python's own error, a graphics card's, or the text of torch's
    allocator for processors, which has no class of its own."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


@contextmanager
def translate_memory_errors(kind: str) -> Generator[None]:
    """Want of memory as a ResourceError with a way out, R098."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_short(error):
            raise
        text = (
            f"{kind}: the memory of this machine was not enough:"
            f" {str(error).splitlines()[0] if str(error) else ''}"
        )
        raise ResourceError(Problem("R098", text.rstrip(": "), help=WAY)) from error


def split_to_limit(rows: Sequence[int], lengths: Sequence[int], limit: int) -> list[list[int]]:
    """`rows` in parts of fewer than `limit` tokens, by halving; a row alone stays whatever it
    takes. 0: no limit."""
    if not limit or len(rows) < 2 or sum(lengths[row] for row in rows) < limit:
        return [list(rows)]
    middle = (len(rows) + 1) // 2
    return split_to_limit(rows[:middle], lengths, limit) + split_to_limit(
        rows[middle:], lengths, limit
    )
