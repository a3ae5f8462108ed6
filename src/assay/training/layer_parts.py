"""The parts of a decoder layer, told by what they do, whatever the model is called.

Attention       takes an `attention_mask`
Feed-forward    what else has matrices; its last linear layer is the one that the layer's output
                depends on directly
Keys, values    the linear layers that what is kept for later tokens depends on directly
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from inspect import signature
from typing import Any

import torch
from torch import nn
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer
from transformers.pytorch_utils import Conv1D

from assay.core.errors import Problem, TrainError
from assay.training.decoder_layers import decoder_layers


def parts(name: str, layer: nn.Module) -> tuple[nn.Module, nn.Module]:
    """The attention of a decoder layer, and its feed-forward part or, where that has no module of
    its own (OPT), the last of its linear layers.

    Raises:
        TrainError: T030, there are more or fewer such parts.
    """
    wide = [
        child for child in layer.children() if any(weight.ndim > 1 for weight in child.parameters())
    ]
    attention = [child for child in wide if "attention_mask" in signature(child.forward).parameters]
    others = [child for child in wide if child not in attention]
    one = len(others) == 1 or (others and all(isinstance(child, nn.Linear) for child in others))
    if len(attention) != 1 or not one:
        raise unknown(name, layer, "its attention and its feed-forward part cannot be told")
    return attention[0], others[-1]


@torch.enable_grad()
def linear_ends(network: Any) -> tuple[list[str], list[str]]:
    """Names of the linear layers that make keys and values, and of those that end a feed-forward
    part.

    A layer that makes queries too (GPT-2, Phi 3) is one that makes keys and values. One pass over
    two tokens is made.

    Raises:
        TrainError: T030, a decoder layer has none of the one or of the other.
    """
    layers = decoder_layers(network)
    cache = DynamicCache(config=network.config)
    ids = torch.zeros(1, 2, dtype=torch.long, device=network.get_input_embeddings().weight.device)
    with cut([layer for _, layer in layers]) as (begun, ended):
        try:
            network.base_model(input_ids=ids, cache=cache, use_cache=True)
        # what some layers keep is of another kind
        except (AttributeError, TypeError, ValueError) as error:
            raise unknown(
                *layers[0], f"what it keeps of tokens cannot be followed ({error})"
            ) from error
    makers, last = [], []
    for (name, layer), kept in zip(layers, cache.layers, strict=True):
        attention, feedforward = parts(name, layer)
        stored = [kept.keys, kept.values] if isinstance(kept, DynamicLayer) else []
        made = direct([part for part in stored if part is not None], attention, begun)
        end = direct([ended[layer]], feedforward, begun)
        if not made or not end:
            raise unknown(
                name,
                layer,
                "no linear layers make its keys and values, or none ends its feed-forward part",
            )
        makers, last = makers + made, last + end
    names = {module: name for name, module in network.named_modules()}
    return [names[module] for module in makers], [names[module] for module in last]


Outputs = dict[nn.Module, torch.Tensor]


@contextmanager
def cut(layers: list[nn.Module]) -> Generator[tuple[Outputs, Outputs]]:
    """While inside, the output of every linear layer starts a graph of its own, so that what
    depends on it does so directly. Gives these outputs and those of the decoder layers, filled by
    the next pass."""
    begun: Outputs = {}
    ended: Outputs = {}

    def begin(module: nn.Module, args: tuple, output: torch.Tensor) -> torch.Tensor:
        begun[module] = output.detach().requires_grad_()
        return begun[module].clone()

    def end(module: nn.Module, args: tuple, output: Any) -> None:
        ended[module] = output[0] if isinstance(output, tuple | list) else output

    inner = [
        module
        for layer in layers
        for module in layer.modules()
        if isinstance(module, nn.Linear | Conv1D)
    ]
    hooks = [module.register_forward_hook(begin) for module in inner]
    hooks += [layer.register_forward_hook(end) for layer in layers]
    try:
        yield begun, ended
    finally:
        for hook in hooks:
            hook.remove()


def direct(results: list[torch.Tensor], part: nn.Module, begun: Outputs) -> list[nn.Module]:
    """The linear layers of `part` whose outputs the results depend on."""
    inner = [module for module in part.modules() if module in begun]
    if not inner or not results:
        return []
    whole = torch.stack([result.sum() for result in results]).sum()
    found = torch.autograd.grad(
        whole, [begun[module] for module in inner], retain_graph=True, allow_unused=True
    )
    return [module for module, grad in zip(inner, found, strict=True) if grad is not None]


def unknown(name: str, layer: nn.Module, why: str) -> TrainError:
    shown = ", ".join(child for child, _ in layer.named_children())
    return TrainError(
        Problem(
            "T030", f"{name} ({shown}): {why}", help="take lora, which asks for less of a model"
        )
    )
