"""Memory that is short: told from other errors, and micro-batches that are made smaller for it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from assay.core.errors import Problem, ResourceError, TrainError

HALVINGS = 2  # of micro-batches, in one step
WAY = "lower micro_tokens or max_length, set checkpointing: true, or choose a smaller model"


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


@contextmanager
def checkpoint_activations(network: Any, wanted: bool, soft: bool) -> Generator[None]:
    """The layers' activations are computed again in the backward pass, inside the block.

    Source: Chen et al. (2016), Training Deep Nets with Sublinear Memory Cost,
    arxiv.org/abs/1604.06174

    Raises:
        TrainError: T015, this network or method cannot.
    """
    if not wanted:
        yield
        return
    if soft or not network.supports_gradient_checkpointing:
        reason = (
            "its virtual tokens stand in a cache, which is not kept"
            if soft
            else "the model's layers do not offer it"
        )
        text = f"checkpointing: true cannot be had here: {reason}"
        raise TrainError(
            Problem("T015", text, help="set checkpointing: false and lower micro_tokens")
        )
    network.activation_checkpointing_enable(
        activation_checkpointing_kwargs={"use_reentrant": False}
    )
    # Only the reentrant form needs gradients at the embeddings; they would keep the whole graph
    # below the first layer.
    network.disable_input_require_grads()
    try:
        yield
    finally:
        network.activation_checkpointing_disable()
