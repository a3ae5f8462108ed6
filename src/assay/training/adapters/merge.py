"""PEFT's layers put into the weights of the base: one plain network, to be saved or served, and the
way back.

How          layer by layer in fp32: W + s B A, and with DoRA each row of that times m / length;
             then rounded once to the type asked for. Only one layer is there twice, unless `keep`
             asks for the way back
Back         `unmerge` puts the layers back that were taken out, bit for bit: nothing is subtracted.
             The bare base is opened again: no arithmetic gives it back exactly
Watch out    in bf16 a merged weight keeps 8 bits of the sum: small changes of large weights are
             lost, which is why exports are compared with the arm. PiSSA and OLoRA moved the base by
             a rounding; what is merged is what the arm computes. Which arms can be merged at all:
             `merged_arm.py`
Source       the sums: Hu et al. (2021), arxiv.org/abs/2106.09685, section 4.1; Liu et al. (2024),
             arxiv.org/abs/2402.09353, equation 5; Liu et al. (2022), arxiv.org/abs/2205.05638; Kang
             and Yin (2024), arxiv.org/abs/2409.15371. Dequantised: Dettmers et al. (2023),
             arxiv.org/abs/2305.14314
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

Pair = tuple[torch.Tensor, torch.Tensor | None]


def merge(
    network: Any, dtype: torch.dtype | None = None, *, keep: bool = False
) -> dict[str, torch.nn.Module]:
    """Put PEFT's layers of a network into plain ones, in place; quantised layers without an adapter
    become plain too.

    Args:
        dtype: of all weights afterwards; None: as they are.
        keep: return what was taken out, for `unmerge`. It stays in memory.

    Returns:
        Name -> the layer that stood there, where `keep`; else nothing.
    """
    own = network.dtype if dtype is None else dtype
    taken: dict[str, torch.nn.Module] = {}
    with torch.no_grad():
        for name in [name for name, _ in foldable(network)]:
            layer = network.get_submodule(name)
            _put(network, name, _plain(layer, *weights_of(layer), own))
            if keep:
                taken[name] = layer
            del layer
    if not keep:
        network.__dict__.pop("peft_config", None)  # PEFT's note that there are adapters
    network.is_loaded_in_4bit = network.is_loaded_in_8bit = False
    if dtype is not None:
        network.to(dtype)
    network.eval().requires_grad_(False)
    return taken


def unmerge(network: Any, taken: dict[str, torch.nn.Module]) -> None:
    """The arm as it was before `merge(network, keep=True)`, bit for bit: the layers themselves
    stand there again.

    A network that `merge` gave another type must be given its old one first, which is exact from
    bf16 to fp32 and back.
    """
    for name, layer in taken.items():
        _put(network, name, layer)


def foldable(network: Any) -> Iterator[tuple[str, Any]]:
    """PEFT's layers, and quantised ones outside them, in the network's order."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    outer = ""
    for name, part in network.named_modules():
        if outer and name.startswith(outer):
            continue
        if isinstance(part, BaseTunerLayer) or is_quantised(part):
            outer = f"{name}."
            yield name, part


def is_quantised(layer: Any) -> bool:
    """Whether its weights are in bitsandbytes' 4 or 8 bits."""
    weight = dict(layer.named_parameters(recurse=False)).get("weight")
    return weight is not None and type(weight).__name__ in ("Params4bit", "Int8Params")


def weights_of(layer: Any) -> Pair:
    """Weight and bias with which a plain layer computes what `layer` does, in fp32, lying as its
    base's weight lies.

    Args:
        layer: a quantised linear layer, or PEFT's around any linear layer, with one adapter: LoRA,
            DoRA, AdaLoRA, MiSS, IA3, or another that adds `get_delta_weight` to the weight.
    """
    from peft.tuners.ia3 import IA3Layer
    from peft.tuners.lora import LoraLayer
    from peft.tuners.miss.layer import MissLayer
    from peft.tuners.tuners_utils import BaseTunerLayer

    if not isinstance(layer, BaseTunerLayer):
        return dequantise_weight(layer), _bias(layer)
    base: Any = layer.get_base_layer()
    weight, bias = dequantise_weight(base), _bias(base)
    adapter = layer.active_adapters[0]
    part: Any = layer
    if isinstance(layer, MissLayer):
        weight = part.get_delta_weight_miss(adapter, weight)
    elif isinstance(layer, IA3Layer):
        # (1, in) in the feed-forward part, else (out, 1)
        factors = part.ia3_l[adapter].detach().float()
        weight = weight * (factors.T if part.fan_in_fan_out else factors)
        bias = bias if bias is None or part.is_feedforward else bias * factors.flatten()
    else:  # what is added to the weight: LoRA, AdaLoRA, and most others of PEFT's
        weight = weight + part.get_delta_weight(adapter).float()
        if isinstance(layer, LoraLayer) and adapter in part.lora_variant:
            weight = _with_lengths(part, weight, adapter)
    return weight, bias


def dequantise_weight(layer: Any) -> torch.Tensor:
    """A copy of a linear layer's weight in fp32; of a quantised one, what its products are made
    with."""
    from peft.utils.integrations import dequantize_module_weight

    weight = dequantize_module_weight(layer) if is_quantised(layer) else layer.weight
    return weight.detach().to(torch.float32, copy=True)


def _bias(layer: Any) -> torch.Tensor | None:
    return None if layer.bias is None else layer.bias.detach().float()


def _with_lengths(layer: Any, weight: torch.Tensor, adapter: str) -> torch.Tensor:
    """DoRA: each output's row of W + s B A at its learnt length."""
    learnt = layer.lora_magnitude_vector[adapter].weight.detach().float()
    across = 0 if layer.fan_in_fan_out else 1
    return weight * (learnt / weight.norm(dim=across)).unsqueeze(across)


def _plain(
    layer: Any, weight: torch.Tensor, bias: torch.Tensor | None, dtype: torch.dtype
) -> torch.nn.Module:
    """A linear layer of the base's kind with these weights."""
    from peft.tuners.tuners_utils import BaseTunerLayer
    from transformers.pytorch_utils import Conv1D

    base: Any = layer.get_base_layer() if isinstance(layer, BaseTunerLayer) else layer
    if not isinstance(base, Conv1D):
        return plain_linear(weight, bias, dtype)
    return fill_linear(Conv1D(base.nf, base.nx), weight, bias, dtype)


def plain_linear(
    weight: torch.Tensor, bias: torch.Tensor | None, dtype: torch.dtype
) -> torch.nn.Module:
    """A plain layer with a weight (out, in)."""
    # "meta": the constructor would fill a full-sized weight with random numbers first.
    plain = torch.nn.Linear(weight.shape[1], weight.shape[0], bias is not None, device="meta")
    return fill_linear(plain, weight, bias, dtype)


def fill_linear(
    plain: Any, weight: torch.Tensor, bias: torch.Tensor | None, dtype: torch.dtype
) -> torch.nn.Module:
    plain.weight = torch.nn.Parameter(weight.to(dtype).contiguous(), requires_grad=False)
    plain.bias = None if bias is None else torch.nn.Parameter(bias.to(dtype), requires_grad=False)
    return plain.eval()


def _put(network: Any, name: str, layer: torch.nn.Module) -> None:
    parent, _, own = name.rpartition(".")
    setattr(network.get_submodule(parent), own, layer)
