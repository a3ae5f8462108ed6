"""The weights that are stepped: in fp32 or wider, whatever type the network computes in."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch.distributed.tensor import DTensor


class Masters:
    """fp32 copies of the trained weights. Gradients are added up and steps are made in fp32 even
    where the network computes in bf16: an update smaller than half a unit in a bf16 weight's last
    place would be lost. Weights that are fp32 or wider are their own masters.

    Attributes:
        weights: the network's parameters, by name. copies: their masters, by the same names.
    """

    def __init__(self, named: Iterable[tuple[str, torch.nn.Parameter]]):
        self.weights = dict(named)
        self.copies: dict[str, torch.Tensor] = {
            name: _master(weight) for name, weight in self.weights.items()
        }

    def collect(self) -> None:
        """Add the network's gradients to the masters' and clear them. A weight without one adds
        nothing."""
        for name, weight in self.weights.items():
            copy = self.copies[name]
            if weight is copy or weight.grad is None:
                continue
            copy.grad = (
                weight.grad.to(copy.dtype) if copy.grad is None else copy.grad.add_(weight.grad)
            )
            weight.grad = None

    def spread(self) -> None:
        """Write the masters back into the network."""
        with torch.no_grad():
            for name, weight in self.weights.items():
                if weight is not self.copies[name]:
                    weight.copy_(self.copies[name])

    def norm(self) -> torch.Tensor:
        """Euclidean norm of all gradients; 0 when there are none."""
        grads = [copy.grad for copy in self.copies.values() if copy.grad is not None]
        if not grads:
            return torch.zeros(())
        norms = [torch.linalg.vector_norm(grad).to(grads[0].device) for grad in grads]
        split: list[torch.Tensor] = [norm for norm in norms if isinstance(norm, DTensor)]
        if split:  # of parts, which are put together once
            own = torch.linalg.vector_norm(torch.stack(split))
            assert isinstance(own, DTensor)
            norms = [own.full_tensor(), *(norm for norm in norms if not isinstance(norm, DTensor))]
        return torch.linalg.vector_norm(torch.stack(norms))

    def clip(self, limit: float) -> float:
        """Shorten all gradients to a norm of `limit` where it is above that; the norm before."""
        norm = float(self.norm())
        if limit < norm < math.inf:
            self.scale(limit / norm)
        return norm

    def scale(self, factor: float) -> None:
        """Multiply all gradients."""
        for copy in self.copies.values():
            if copy.grad is not None:
                copy.grad.mul_(factor)


def _master(weight: torch.nn.Parameter) -> torch.Tensor:
    if torch.promote_types(weight.dtype, torch.float32) == weight.dtype:
        return weight
    return weight.detach().float().requires_grad_()
