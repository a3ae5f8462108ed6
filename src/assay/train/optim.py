"""Optimisers and schedules, by name."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch


class Masters:
    """fp32 copies of the trained weights. Gradients are added up and steps are made in fp32 even where the network
    computes in bf16: an update smaller than half a unit in a bf16 weight's last place would be lost."""

    def __init__(self, named: Iterable[tuple[str, torch.nn.Parameter]]):
        self.weights = dict(named)
        self.copies = {
            name: w if w.dtype == torch.float32 else w.detach().float().requires_grad_()
            for name, w in self.weights.items()
        }

    def collect(self) -> None:
        """Add the network's gradients to the masters' and clear them."""
        for name, weight in self.weights.items():
            copy = self.copies[name]
            if weight is copy or weight.grad is None:
                continue
            copy.grad = weight.grad.float() if copy.grad is None else copy.grad.add_(weight.grad)
            weight.grad = None

    def spread(self) -> None:
        """Write the masters back into the network."""
        with torch.no_grad():
            for name, weight in self.weights.items():
                if weight is not self.copies[name]:
                    weight.copy_(self.copies[name])

    def norm(self) -> torch.Tensor:
        """Euclidean norm of all gradients."""
        grads = [copy.grad for copy in self.copies.values() if copy.grad is not None]
        return torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in grads]))

    def scale(self, factor: float) -> None:
        for copy in self.copies.values():
            if copy.grad is not None:
                copy.grad.mul_(factor)


def adamw(masters: Masters, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019, arxiv.org/abs/1711.05101); no decay on vectors (norms, biases)."""
    weights = list(masters.copies.values())
    groups: list[dict[str, Any]] = [
        {"params": [w for w in weights if w.ndim > 1], "weight_decay": weight_decay},
        {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=learning_rate, betas=(0.9, 0.999))


def cosine(share: float) -> float:
    """From 1 down to a tenth."""
    return 0.1 + 0.9 * (1 + math.cos(math.pi * share)) / 2


def linear(share: float) -> float:
    """From 1 down to 0."""
    return 1 - share


def constant(share: float) -> float:
    return 1.0


OPTIMISERS = {"adamw": adamw}
SCHEDULES: dict[str, Callable[[float], float]] = {"cosine": cosine, "linear": linear, "constant": constant}


def rate(step: int, steps: int, warmup: float, schedule: str) -> float:
    """The factor on the learning rate at `step` (from 0) of `steps`: a linear rise over the share `warmup`, then the
    schedule over the rest."""
    rise = round(warmup * steps)
    if step < rise:
        return (step + 1) / rise
    return SCHEDULES[schedule]((step - rise) / max(1, steps - rise))
