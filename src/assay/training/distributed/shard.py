"""Split a network's decoder layers over the processes of a team, for a model that one card can hold
but not train.

What it is for   training all weights takes 18 bytes a parameter (the weight in bf16; in fp32
                 weight, gradient and two moments); of the layers' each process then holds its part
                 alone, and the layer at work whole
How              torch's fully_shard (FSDP2, which accelerate calls as well): a layer's weights lie
                 in fp32, an n-th in each process, are gathered in the network's own type when it
                 runs, and let go after it. Gradients are summed in fp32, and each process steps its
                 part. Embeddings, last norm and head stay whole
Source           Zhao et al. (2023), PyTorch FSDP, arxiv.org/abs/2304.11277; Rajbhandari et al.
                 (2020), ZeRO, arxiv.org/abs/1910.02054
Watch out        a layer's forward and backward pass is work of all: every process makes as many
                 passes in a step as the others (`Team.idle`), a state is put together by all, and
                 process 0 evaluates alone only in `summon_full_weights`
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch.distributed.tensor import DTensor, distribute_tensor

from assay.training.decoder_layers import decoder_layers
from assay.training.distributed.process_group import Team


def shard(network: Any, team: Team) -> None:
    """Split the decoder layers of `network` in place; all their parameters become fp32 parts that
    are trained. Every process has to call it, and parameters are collected (`Masters`, an
    optimiser) only after it.

    Raises:
        TrainError: T044, the network's layers cannot be found.
    """
    if team.size == 1:
        return
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    kind = network.get_input_embeddings().weight
    mesh = init_device_mesh(kind.device.type, (team.size,))
    policy = MixedPrecisionPolicy(param_dtype=kind.dtype, reduce_dtype=torch.float32)
    for _, layer in decoder_layers(network):
        # Layer by layer, so that never more than one of them is whole in fp32.
        layer.float().requires_grad_(True)
        split: Any = fully_shard(layer, mesh=mesh, mp_policy=policy, reshard_after_forward=True)
        # A sum, as the loop divides by the learnt tokens of the whole step; and a plain one, which
        # gloo has too.
        split.set_gradient_divide_factor(1.0)
        split.set_force_sum_reduction_for_comms(True)


def gather(network: Any) -> None:
    """All weights whole in every process, in the network's own type, until they are let go. Every
    process has to ask; from then on each can compute alone."""
    for _, layer in decoder_layers(network):
        own: Any = layer
        own.set_reshard_after_forward(False)
        own.unshard()


@contextmanager
def summon_full_weights(network: Any) -> Generator[None]:
    """`gather` for the block, in which process 0 can evaluate alone. Every process has to enter
    it."""
    gather(network)
    try:
        yield
    finally:
        for _, layer in decoder_layers(network):
            own: Any = layer
            own.reshard()
            own.set_reshard_after_forward(True)


def together(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor itself, or its parts put together where it was split, for which every process has
    to ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def part(tensor: torch.Tensor) -> torch.Tensor:
    """What this process holds of it: all, unless it was split."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def as_split(tensor: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """A tensor that is whole in every process, on the device of `like` and split as that is where
    it has its shape."""
    tensor = tensor.to(like.device) if tensor.ndim else tensor
    if not isinstance(like, DTensor) or tensor.shape != like.shape:
        return tensor
    return distribute_tensor(tensor, like.device_mesh, like.placements, src_data_rank=None)
