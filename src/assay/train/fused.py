"""Frozen linear layers, with and without LoRA, as one product forward and one backward.

How       Forward is y = [x, u] [W, sB]^T with u = x A^T, backward dx = [g, v] [W^T, A^T]^T with v = g sB: one large
          product each, which rounds once. Beside a base in bf16 that matters: where the two parts are rounded by
          themselves and then added, what LoRA says below half a unit in the last place of the base's output is lost.
          The frozen matrices lie ready in both orders; only LoRA's columns are written anew.
Costs     two copies of the frozen matrices in the network's type while training
Source    Hu et al. (2021), LoRA, arxiv.org/abs/2106.09685
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import linear


@torch.library.custom_op("assay::lora", mutates_args=())
def lora(
    x: torch.Tensor,
    wide: torch.Tensor,
    back: torch.Tensor,
    a: torch.Tensor,
    b: torch.Tensor,
    bias: torch.Tensor | None,
    scale: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """(..., in) -> (..., out) and u, (..., rank). `wide` is [W, sB], (out, in + rank); `back` is [W^T, A^T], (in, out
    + rank). `a` and `b` are there to be given gradients."""
    u = linear(x, back[:, -a.shape[0] :].t())
    return linear(torch.cat([x, u], -1), wide, bias), u


@lora.register_fake
def _(x, wide, back, a, b, bias, scale):
    return x.new_empty(*x.shape[:-1], wide.shape[0]), x.new_empty(*x.shape[:-1], a.shape[0])


@torch.library.custom_op("assay::lora_back", mutates_args=())
def lora_back(
    grad: torch.Tensor, x: torch.Tensor, u: torch.Tensor, wide: torch.Tensor, back: torch.Tensor, scale: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Gradients of x, A and B; those of A and B in fp32."""
    rank = u.shape[-1]
    g, flat, u = (t.reshape(-1, t.shape[-1]) for t in (grad, x, u))
    v = g @ wide[:, -rank:]
    dx = linear(torch.cat([g, v], -1), back)
    db = torch.empty(wide.shape[0], rank, dtype=torch.float32, device=x.device)
    torch.mul((u.t() @ g).t(), scale, out=db)
    return dx.view(x.shape), (v.t() @ flat).float(), db


@lora_back.register_fake
def _(grad, x, u, wide, back, scale):
    rank, wants = u.shape[-1], {"dtype": torch.float32}
    return torch.empty_like(x), x.new_empty(rank, x.shape[-1], **wants), x.new_empty(wide.shape[0], rank, **wants)


def _keep(ctx: Any, inputs: tuple, output: tuple) -> None:
    x, wide, back, _, _, _, scale = inputs
    ctx.save_for_backward(x, output[1], wide, back)
    ctx.scale = scale


def _lora_back(ctx: Any, grad: torch.Tensor, _: torch.Tensor) -> tuple:
    dx, da, db = torch.ops.assay.lora_back(grad, *ctx.saved_tensors, ctx.scale)
    return dx, None, None, da, db, None, None


lora.register_autograd(_lora_back, setup_context=_keep)


def fits(layer: Any) -> bool:
    """Whether a PEFT LoRA layer can be fused: one adapter on a plain linear layer, no dropout, no variant (DoRA),
    frozen base."""
    names = layer.active_adapters
    return (
        type(layer.base_layer) is torch.nn.Linear
        and len(names) == 1
        and names[0] in layer.lora_A
        and not layer.lora_variant
        and not layer.disable_adapters
        and not layer.merged
        and isinstance(layer.lora_dropout[names[0]], torch.nn.Identity)
        and not layer.lora_bias.get(names[0], False)
        and not layer.base_layer.weight.requires_grad
    )


class FusedLora(torch.nn.Module):
    """Stands in for a PEFT LoRA layer that `fits`; its parameters are PEFT's own."""

    def __init__(self, layer: Any):
        super().__init__()
        base, name = layer.base_layer, layer.active_adapters[0]
        self.a, self.b = layer.lora_A[name].weight, layer.lora_B[name].weight
        self.bias, self.scale = base.bias, float(layer.scaling[name])
        weight, rank = base.weight.detach(), len(self.a)
        room = weight.new_zeros(weight.shape[0], rank), weight.new_zeros(weight.shape[1], rank)
        self.wide = torch.nn.Buffer(torch.cat([weight, room[0]], 1), persistent=False)
        self.back = torch.nn.Buffer(torch.cat([weight.t(), room[1]], 1), persistent=False)

    @torch.no_grad()
    def refresh(self) -> None:
        """Take over what the last step has changed."""
        self.wide[:, -len(self.a) :] = self.b * self.scale
        self.back[:, -len(self.a) :] = self.a.t()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ops.assay.lora(x, self.wide, self.back, self.a, self.b, self.bias, self.scale)[0]
