"""Which linear layers of a network get an adapter.

How   a setting `targets` holds endings of module names, as PEFT's `target_modules` does: `q_proj`
      is every module whose name is that or ends with `.q_proj`. The output layer never gets an
      adapter: it may share its weights with the embedding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.pytorch_utils import Conv1D

from assay.core.errors import Problem, TrainError, nearest
from assay.training.decoder_layers import decoder_layers

ALL = "all-linear"
# Their kernels read this layer's weight past an adapter on it; PEFT refuses to put one there.
STATE_SPACE = ("falcon_h1", "falcon_mamba", "mamba", "mamba2", "nemotron_h")
PASSED_BY = "out_proj"


def find_target_modules(
    network: Any, targets: str | Sequence[str] = ALL, layers: int = 0
) -> list[str]:
    """Names of the linear layers that get an adapter, in the network's order.

    Args:
        targets: "all-linear", or endings of names.
        layers: only those in the last so many decoder layers; 0: all of them.

    Raises:
        TrainError: T020, an ending is that of no linear layer; T021, there are fewer decoder
            layers.
    """
    known = linear_layers(network)
    endings = [targets] if isinstance(targets, str) else list(targets)
    missing = [e for e in endings if e != ALL and not any(_ends(name, e) for name in known)]
    if missing:
        raise TrainError(*(_no_layer(ending, known) for ending in missing))
    inside = _last(network, layers)
    names = [
        name
        for name in known
        if any(e == ALL or _ends(name, e) for e in endings) and name.startswith(inside)
    ]
    if not names:
        text = (
            f"no linear layer of the last {layers} decoder layers ends with {' or '.join(endings)}"
        )
        raise TrainError(Problem("T020", text, "targets", help="raise layers, or set layers: 0"))
    return names


def linear_layers(network: Any) -> list[str]:
    """Names of all linear layers but the output layer. A model's own kind counts if it gives its
    product (Falcon's does; routers give a tuple): that is what an adapter adds to."""
    head = network.get_output_embeddings()
    kinds = (torch.nn.Linear, Conv1D)
    state_space = getattr(network.config, "model_type", None) in STATE_SPACE
    return [
        name
        for name, part in network.named_modules()
        if isinstance(part, kinds)
        and part is not head
        and not (state_space and _ends(name, PASSED_BY))
        and _gives_product(part)
    ]


@torch.no_grad()
def _gives_product(layer: Any) -> bool:
    """Whether a linear layer of a model's own class computes what `torch.nn.Linear` does."""
    if not type(layer).__module__.startswith("transformers.models."):
        return True
    weight = layer.weight
    states = torch.linspace(-1, 1, 2 * weight.shape[-1]).reshape(2, -1).to(weight)
    try:
        found = layer(states)
    except (RuntimeError, TypeError, ValueError, LookupError, AttributeError):
        return False
    wanted = torch.nn.functional.linear(states, weight, layer.bias)
    return isinstance(found, torch.Tensor) and torch.allclose(found, wanted, rtol=0.02, atol=0.02)


def is_transposed(network: Any, names: Sequence[str]) -> bool:
    """Do these layers keep their weights as (in, out), as GPT-2's do?"""
    return any(isinstance(network.get_submodule(name), Conv1D) for name in names)


def _ends(name: str, ending: str) -> bool:
    return name == ending or name.endswith(f".{ending}")


def _last(network: Any, layers: int) -> tuple[str, ...]:
    """What the names of parts of the last decoder layers begin with; ("",) for the whole
    network."""
    if not layers:
        return ("",)
    stack = decoder_layers(network)
    if layers > len(stack):
        text = f"layers: {layers}, but this model has {len(stack)}"
        raise TrainError(
            Problem("T021", text, "layers", help=f"take 1 to {len(stack)}, or 0 for all of them")
        )
    return tuple(f"{name}." for name, _ in stack[-layers:])


def _no_layer(ending: str, known: Sequence[str]) -> Problem:
    # `q_proj`, then `self_attn.q_proj`: the longer form only where it is the nearer one.
    short = list(dict.fromkeys(name.rpartition(".")[2] for name in known))
    longer = list(dict.fromkeys(".".join(name.split(".")[-2:]) for name in known))
    near = nearest(ending, [*short, *(longer if "." in ending else ()), ALL])
    hint = f"; did you mean '{near}'?" if near else ""
    text = f"no linear layer of this model has a name that ends with '{ending}'{hint}"
    return Problem("T020", text, "targets", help=f"take {ALL}, or some of: {', '.join(short)}")
