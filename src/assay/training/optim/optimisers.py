"""Optimisers by name. Each is built from groups of masters; every group has its own factor on the
learning rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch.distributed.tensor import DTensor

from assay.core.errors import Problem, TrainError
from assay.training.optim.master_weights import Masters

if TYPE_CHECKING:
    from assay.training.settings import Trained

Groups = list[dict[str, Any]]


def build(
    settings: Trained, masters: Masters, factors: Mapping[str, float]
) -> torch.optim.Optimizer:
    """The optimiser that `settings.optimiser` names, over the masters.

    Args:
        settings: `optimiser`, `rate`, `weight_decay`.
        factors: name of a parameter -> factor on its learning rate; 1 where a name is missing.

    Returns:
        an optimiser whose groups have the keys "factor" and "lr" (rate x factor). Matrices
        decay; vectors (norms, biases) do not, as in Devlin et al. (2019),
        aclanthology.org/N19-1423.

    Raises:
        TrainError: T070, adamw-8bit without the package bitsandbytes.
    """
    alike: dict[tuple[float, bool, bool], list[torch.Tensor]] = {}
    for name, copy in masters.copies.items():
        # What is split over processes is stepped apart: torch's fused step takes one kind or the
        # other.
        alike.setdefault(
            (factors.get(name, 1.0), copy.ndim > 1, isinstance(copy, DTensor)), []
        ).append(copy)
    groups = [
        {
            "params": copies,
            "factor": factor,
            "lr": settings.rate * factor,
            "weight_decay": settings.weight_decay if decays else 0.0,
        }
        for (factor, decays, _), copies in alike.items()
    ]
    return OPTIMISERS[settings.optimiser](groups)


def adamw(groups: Groups) -> torch.optim.Optimizer:
    """Loshchilov and Hutter (2019), Decoupled Weight Decay Regularization,
    arxiv.org/abs/1711.05101."""
    # One pass over the memory: a quarter of the time on a processor, where a step of AdamW is bound
    # by it.
    return torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8, fused=True)


def adamw_8bit(groups: Groups) -> torch.optim.Optimizer:
    """AdamW with moments of 8 bits, block by block: Dettmers et al. (2022),
    arxiv.org/abs/2110.02861. Tensors of fewer than 4,096 numbers keep fp32 moments."""
    try:
        from bitsandbytes.optim.adamw import AdamW8bit
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "bitsandbytes":
            raise
        text = "optimiser: adamw-8bit needs the package bitsandbytes, which is not installed"
        raise TrainError(
            Problem("T070", text, help="pip install 'assay[quant]', or take adamw")
        ) from None
    return AdamW8bit(groups, betas=(0.9, 0.999), eps=1e-8)


def adafactor(groups: Groups) -> torch.optim.Optimizer:
    """Shazeer and Stern (2018), Adaptive Learning Rates with Sublinear Memory Cost,
    arxiv.org/abs/1804.04235.

    transformers' own, told to take the rate as it is given. torch.optim.Adafactor always multiplies
    the rate by the weights' root mean square, and a matrix that begins at zero (LoRA's B) would
    learn at a thousandth of its rate.
    """
    from transformers.optimization import Adafactor

    return Adafactor(
        groups, scale_parameter=False, relative_step=False, warmup_init=False, beta1=None
    )


def sgd(groups: Groups) -> torch.optim.Optimizer:
    """Momentum 0.9, without Nesterov's look ahead; decay is added to the gradient, as is usual with
    SGD."""
    # Not fused: torch's fused SGD fails where a weight wakes up later than others of its group.
    return torch.optim.SGD(groups, momentum=0.9)


class Lamb(torch.optim.Optimizer):
    """Adam's step, made as long in each tensor as the tensor itself.

    With m and v the bias-corrected moments, r = m / (sqrt(v) + eps) and u = r + weight_decay * w:
    w <- w - lr * phi(|w|) / |u| * u, with phi(z) = min(max(z, low), high).

    Source: You et al. (2020), Large Batch Optimization for Deep Learning: Training BERT in 76
    minutes, algorithm 2, arxiv.org/abs/1904.00962. It leaves phi's bounds open.

    Args:
        groups: parameters, or groups of them.
        bounds: (low, high) of phi.
    """

    def __init__(
        self,
        groups: Groups,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        bounds: tuple[float, float] = (0.0, 10.0),
    ):
        super().__init__(
            groups,
            {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "bounds": bounds},
        )

    @torch.no_grad()
    # no closure is ever given
    def step(self, closure: None = None) -> None:  # pyrefly: ignore[bad-override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._one(group, weight, weight.grad)

    def _one(self, group: dict[str, Any], weight: torch.Tensor, grad: torch.Tensor) -> None:
        state = self.state[weight]
        if not state:
            state.update(step=0, first=torch.zeros_like(weight), second=torch.zeros_like(weight))
        state["step"] += 1
        (beta1, beta2), (low, high) = group["betas"], group["bounds"]
        first = state["first"].lerp_(grad, 1 - beta1)
        second = state["second"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        update = first / (1 - beta1 ** state["step"])
        update.div_((second / (1 - beta2 ** state["step"])).sqrt_().add_(group["eps"]))
        update.add_(weight, alpha=group["weight_decay"])
        size, length = (
            torch.linalg.vector_norm(weight).clamp(low, high),
            torch.linalg.vector_norm(update),
        )
        # As in the authors' code: a tensor that is all zero takes Adam's step, else it would stay
        # zero for ever.
        ratio = torch.where((size > 0) & (length > 0), size / length, 1.0)
        weight.sub_(update.mul_(ratio * group["lr"]))


class Lion(torch.optim.Optimizer):
    """The sign of a mix of momentum and gradient: w <- w - lr * (sign(b1 m + (1 - b1) g) +
    weight_decay * w), then m <- b2 m + (1 - b2) g.

    Source: Chen et al. (2023), Symbolic Discovery of Optimization Algorithms, program 1,
    arxiv.org/abs/2302.06675.
    """

    def __init__(
        self,
        groups: Groups,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ):
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    # no closure is ever given
    def step(self, closure: None = None) -> None:  # pyrefly: ignore[bad-override]
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                update = state["momentum"].lerp(weight.grad, 1 - beta1).sign_()
                weight.mul_(1 - group["lr"] * group["weight_decay"]).sub_(update, alpha=group["lr"])
                state["momentum"].lerp_(weight.grad, 1 - beta2)


OPTIMISERS: dict[str, Callable[[Groups], torch.optim.Optimizer]] = {
    "adamw": adamw,
    "adamw-8bit": adamw_8bit,
    "adafactor": adafactor,
    "lamb": Lamb,
    "lion": Lion,
    "sgd": sgd,
}
