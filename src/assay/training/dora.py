"""DoRA at little more than LoRA's price: PEFT's layers and files, the norms of its directions from
small products.

How       |W + s B A| by rows is the root of |W|^2 + 2 s sum((W A^T) * B) + s^2 sum((B A A^T) * B):
          no product of full size. PEFT makes B A and adds it to W in every forward pass, for one
          token too. Here the norms are also kept for as long as the network is in evaluation.
Source    Liu et al. (2024), DoRA: Weight-Decomposed Low-Rank Adaptation, arxiv.org/abs/2402.09353;
          the norm is a constant to the gradient, as in its section 4.3
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from peft.tuners.lora.variants import DoraLinearVariant
from peft.utils.integrations import dequantize_module_weight


def decompose(parts: Iterable[Any]) -> None:
    """Let PEFT's DoRA layers go this way, from magnitudes that change nothing. PEFT makes those in
    the base's type; in bf16 they would change what the model computes before anything is learnt."""
    for part in parts:
        variant = Factored()
        part.lora_variant["default"] = variant
        part.lora_magnitude_vector["default"].weight = torch.nn.Parameter(
            lengths(variant, part, "default").clone()
        )


class Factored(DoraLinearVariant):
    """PEFT's variant with `forward` in another order of operations.

    Attributes:
        squares: squared lengths of the base's rows, with the place in memory of its weight.
        lengths: those of W + s B A in evaluation, with the versions of A and B.
    """

    squares: tuple[int, torch.Tensor] | None = None
    lengths: tuple[tuple[int, int], torch.Tensor] | None = None

    def forward(  # pyrefly: ignore[bad-override]  # static there, and called on what is registered
        self, module: Any, active_adapter: str, x: torch.Tensor, result: torch.Tensor, **_: Any
    ) -> torch.Tensor:
        base, dropout = module.get_base_layer(), module.lora_dropout[active_adapter]
        linear = result if base.bias is None else result - base.bias
        if module.training and not isinstance(dropout, torch.nn.Identity):
            x = dropout(x)
            weight = dequantize_module_weight(base).to(x.dtype)
            linear = torch.nn.functional.linear(x, weight.T if module.fan_in_fan_out else weight)
        a, b, s = (
            module.lora_A[active_adapter],
            module.lora_B[active_adapter].weight,
            module.scaling[active_adapter],
        )
        scale = module.lora_magnitude_vector[active_adapter].weight / lengths(
            self, module, active_adapter
        )
        return (
            result
            + (scale - 1) * linear
            + torch.nn.functional.linear(a(x), (scale * s)[:, None] * b)
        )


@torch.compiler.disable()  # a compiled layer could not ask where and which version a tensor is
def lengths(variant: Factored, part: Any, adapter: str) -> torch.Tensor:
    """Length of each row of W + s B A, (out,), in the type of A."""
    a, b = part.lora_A[adapter].weight, part.lora_B[adapter].weight
    versions = (a._version, b._version)
    kept = variant.lengths
    # An optimiser may change weights without counting their versions up, but not while the network
    # is in evaluation.
    if kept is None or kept[0] != versions or part.training:
        # It may be asked for first by an evaluation, whose tensors no gradient may go through.
        with torch.inference_mode(False), torch.no_grad():
            kept = versions, _lengths(variant, part, a, b, part.scaling[adapter])
        variant.lengths = None if part.training else kept
    return kept[1]


def _lengths(
    variant: Factored, part: Any, a: torch.Tensor, b: torch.Tensor, s: float
) -> torch.Tensor:
    base = part.get_base_layer()
    weight = dequantize_module_weight(base).to(a.dtype)
    weight = weight.T if part.fan_in_fan_out else weight
    place = base.weight.data_ptr()
    if variant.squares is None or variant.squares[0] != place:
        variant.squares = place, weight.square().sum(1)
    across = ((weight @ a.T) * b).sum(1)
    own = ((b @ (a @ a.T)) * b).sum(1)
    return (variant.squares[1] + 2 * s * across + s * s * own).clamp_min(0).sqrt()
