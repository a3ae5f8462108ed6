"""Activation checkpointing: what the layers compute is not kept for the backward pass, but computed
again in it.

true         what goes from layer to layer is kept; all else is computed again
selective    what matrix products and attention give is kept, too; only what lies between, which is
             cheap and most of the memory, is computed again
Source       Chen et al. (2016), Training Deep Nets with Sublinear Memory Cost,
             arxiv.org/abs/1604.06174; Korthikanti et al. (2022), Reducing Activation Recomputation
             in Large Transformer Models, arxiv.org/abs/2205.05198
Watch out    4-bit weights are dequantised once more in either way, though `selective` multiplies
             nothing with them
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import CheckpointPolicy, create_selective_checkpoint_contexts

from assay.core.errors import Problem, TrainError

Checkpointing = bool | Literal["selective"]
PRODUCTS = (
    "mm",
    "addmm",
    "bmm",
    "baddbmm",
    "_grouped_mm",
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention",
)
KEPT = {getattr(torch.ops.aten, name).default for name in PRODUCTS if hasattr(torch.ops.aten, name)}


@contextmanager
def checkpoint_activations(network: Any, wanted: Checkpointing, soft: bool) -> Generator[None]:
    """The layers' activations are computed again in the backward pass, inside the block.

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
        text = f"checkpointing: {str(wanted).lower()} cannot be had here: {reason}"
        raise TrainError(
            Problem("T015", text, help="set checkpointing: false and lower micro_tokens")
        )
    how: dict[str, Any] = {"use_reentrant": False}
    if wanted == "selective":
        how["context_fn"] = partial(create_selective_checkpoint_contexts, choose)
    network.activation_checkpointing_enable(activation_checkpointing_kwargs=how)
    # Only the reentrant form needs gradients at the embeddings; they would keep the whole graph
    # below the first layer.
    network.disable_input_require_grads()
    try:
        yield
    finally:
        network.activation_checkpointing_disable()


def choose(_: Any, operation: Any, *args: Any, **kwargs: Any) -> CheckpointPolicy:
    """What `selective` keeps of one operation."""
    return CheckpointPolicy.MUST_SAVE if operation in KEPT else CheckpointPolicy.PREFER_RECOMPUTE


class ProductBytes(TorchDispatchMode):
    """Counts, inside the block, the bytes that `selective` keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    # torch: func, types, args, kwargs
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = func(*args, **(kwargs or {}))
        if func in KEPT:
            outputs = given if isinstance(given, tuple | list) else (given,)
            self.total += sum(one.nbytes for one in outputs if isinstance(one, torch.Tensor))
        return given
