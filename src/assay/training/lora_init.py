"""Where LoRA's two matrices begin, other than A random and B zero, and how such an adapter is kept.

pissa        the largest singular parts of the weight, taken out of the base: Meng et al. (2024),
             PiSSA: Principal Singular Values and Singular Vectors Adaptation,
             arxiv.org/abs/2404.02948
olora        the first columns of its QR decomposition, taken out of the base: Büyükakyüz (2024),
             OLoRA: Orthonormal Low-Rank Adaptation, arxiv.org/abs/2406.01775
orthogonal   A and B random with A B = 0, so the base stays as it is: PEFT's "orthogonal"

What is kept     With W = W' + s B0 A0, training W' + s B A is training W + s (B A - B0 A0). The
                 file holds [A; A0] and [B, -B0]: a plain LoRA of twice the rank on the unchanged
                 base, as PEFT's own conversion makes it.
Watch out        W' is rounded to the base's type. On a bf16 base the model begins that little
                 beside the base
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

import torch

from assay.core.errors import Problem, TrainError

if TYPE_CHECKING:
    from peft import LoraConfig

Pair = tuple[torch.Tensor, torch.Tensor]  # A (rank, in) and B (out, rank), fp32

# width from which a full decomposition takes minutes a layer; PiSSA's fast one comes within 1 %
# there
EXACT = 2048
ROUNDS = 16  # of its subspace iteration, as the paper has it


def principal(weight: torch.Tensor, rank: int, scaling: float) -> Pair:
    """PiSSA: the square root of the largest singular values on both sides; `scaling` x B A is that
    part of `weight`."""
    if min(weight.shape) <= EXACT:
        u, s, vh = torch.linalg.svd(weight, full_matrices=False)
    else:
        u, s, v = torch.svd_lowrank(weight, rank, niter=ROUNDS)
        vh = v.T
    root = (s[:rank] / scaling).sqrt()
    return root[:, None] * vh[:rank], u[:, :rank] * root


def orthonormal(weight: torch.Tensor, rank: int, scaling: float) -> Pair:
    """OLoRA: B has orthonormal columns; B A, not `scaling` times it, is part of `weight`, as in
    PEFT."""
    q, r = torch.linalg.qr(weight)
    return r[:rank].clone(), q[:, :rank].clone()


def orthogonal(weight: torch.Tensor, rank: int, scaling: float) -> Pair:
    """A from the even rows and B from the odd rows of one rotation, so that B A = 0."""
    out, inside = weight.shape
    rotation, _ = torch.linalg.qr(torch.randn(rank, rank))
    a = (torch.randn(inside, rank // 2) @ rotation[0::2]).T / 10
    b = torch.randn(rank // 2, out).T @ rotation[1::2] / 10
    return a.contiguous().to(weight.device), b.contiguous().to(weight.device)


DRAWN: dict[str, Callable[[torch.Tensor, int, float], Pair]] = {
    "pissa": principal,
    "olora": orthonormal,
    "orthogonal": orthogonal,
}
MOVING = ("pissa", "olora")  # those that take their product out of the base


def begin(how: str, parts: Mapping[str, Any]) -> dict[str, Pair]:
    """Set the matrices of PEFT's LoRA layers `parts` (by name), which are in fp32. Returns those
    that were taken out of the base: none for a beginning that leaves it as it is.

    Raises:
        TrainError: T023, the rank is larger than the shorter side of a weight.
    """
    if how not in DRAWN:
        return {}
    if how in MOVING:
        _need_room(how, parts)
    first: dict[str, Pair] = {}
    for name, part in parts.items():
        a, b = DRAWN[how](_weight(part), part.r["default"], part.scaling["default"])
        if how in MOVING:
            first[name] = (a, b)
            take_out(part, (a, b))
        part.lora_A["default"].weight.data.copy_(a)
        part.lora_B["default"].weight.data.copy_(b)
    return first


def take_out(part: Any, pair: Pair) -> None:
    """Subtract `scaling` x B A from the weight of a layer, in their type, then round to its own."""
    a, b = pair
    left = _weight(part) - part.scaling["default"] * b @ a
    weight = part.get_base_layer().weight
    weight.data = (left.T if part.fan_in_fan_out else left).to(weight.dtype)


def to_plain_lora(
    tensors: Mapping[str, torch.Tensor], first: Mapping[str, Pair]
) -> dict[str, torch.Tensor]:
    """The tensors of a plain LoRA of twice the rank on the unchanged base."""
    out = dict(tensors)
    for name, (a, b) in first.items():
        out[_a(name)] = torch.cat([tensors[_a(name)], a])
        out[_b(name)] = torch.cat([tensors[_b(name)], -b], 1)
    return out


def from_plain_lora(
    tensors: Mapping[str, torch.Tensor], names: Iterable[str]
) -> tuple[dict[str, torch.Tensor], dict[str, Pair]]:
    """What `to_plain_lora` was given, from what it gave. `names`: of the layers."""
    out = dict(tensors)
    first: dict[str, Pair] = {}
    for name in names:
        out[_a(name)], a = tensors[_a(name)].chunk(2)
        out[_b(name)], minus = tensors[_b(name)].chunk(2, 1)
        first[name] = (a.clone(), -minus)
    return out, first


def double_rank(config: LoraConfig) -> LoraConfig:
    """The config of a plain LoRA of twice the rank with the same factor on B A."""
    twin = copy(config)
    twin.r = 2 * config.r
    # alpha / rank must stay, or with rank stabilisation alpha / sqrt(rank).
    more = 2**0.5 if config.use_rslora else 2
    # PEFT takes fractions
    twin.lora_alpha = config.lora_alpha * more  # pyrefly: ignore[bad-assignment]
    return twin


def _a(name: str) -> str:
    return f"{name}.lora_A.default.weight"


def _b(name: str) -> str:
    return f"{name}.lora_B.default.weight"


def _weight(part: Any) -> torch.Tensor:
    """(out, in), in the type of the matrices."""
    weight = part.get_base_layer().weight.detach().to(part.lora_A["default"].weight.dtype)
    return weight.T if part.fan_in_fan_out else weight


def _need_room(how: str, parts: Mapping[str, Any]) -> None:
    """A decomposition has no more parts than the weight's shorter side."""
    shapes = {name: _weight(part).shape for name, part in parts.items()}
    name, (out, inside) = min(shapes.items(), key=lambda pair: min(pair[1]))
    rank = max(part.r["default"] for part in parts.values())
    if rank > min(out, inside):
        text = f"initialise: {how} with rank {rank}, but {name} is {out} x {inside}"
        raise TrainError(
            Problem("T023", text, "rank", help=f"set rank to {min(out, inside)} or less")
        )
