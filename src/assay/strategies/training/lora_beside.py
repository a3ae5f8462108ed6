"""A fresh low-rank adapter beside one that is there and stays as it is.

How      both are one adapter of PEFT's, A = [old; new], B = [old, 0]: exactly the sum of both
         changes. The old part gets no gradient and is put back after each step, so that neither
         momentum nor weight decay moves it. The file is that of a larger LoRA, and is merged,
         exported and served as any other
O-LoRA   the inputs of the new part are held orthogonal to those of the old ones: strength x sum
         over layers of the squares of A_old A_new^T. Wang et al. (2023), Orthogonal subspace
         learning for language model continual learning, arxiv.org/abs/2310.14152, equation 8
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from assay.core.errors import Problem, TrainError
from assay.training.adapters.lora_combination import Product
from assay.training.settings import NetworkChange

Pair = tuple[torch.nn.Parameter, torch.nn.Parameter]  # A (rank, in), B (out, rank)


def keep_old(
    change: NetworkChange, old: Mapping[str, Product], kept: int, scale: float, strength: float
) -> NetworkChange:
    """The change with the old adapter in the first ranks of a larger one, where it stays.

    Args:
        old: by the base's names of layers. kept: its ranks. scale: of the larger one. strength: of
            O-LoRA's penalty.

    Raises:
        TrainError: T120, the old one has layers that the new one leaves alone.
    """
    pairs = pairs_of(change.trained)
    _put(pairs, old, kept, scale)
    for a, b in pairs.values():
        a.register_hook(_without(kept, 0))
        b.register_hook(_without(kept, 1))
    before = {
        name: (a[:kept].detach().clone(), b[:, :kept].detach().clone())
        for name, (a, b) in pairs.items()
    }

    def put_back(step: int, steps: int) -> None:
        with torch.no_grad():
            for name, (a, b) in pairs.items():
                a[:kept], b[:, :kept] = before[name]

    penalty = orthogonality(pairs, kept, strength) if strength else None
    return replace(change, after=put_back, penalty=penalty)


def pairs_of(trained: Mapping[str, torch.nn.Parameter]) -> dict[str, Pair]:
    """By the base's names of layers."""
    mark = ".lora_A."
    return {
        name.split(mark)[0]: (weight, trained[name.replace(mark, ".lora_B.")])
        for name, weight in trained.items()
        if mark in name
    }


def _put(pairs: Mapping[str, Pair], old: Mapping[str, Product], kept: int, scale: float) -> None:
    if alone := [name for name in old if name not in pairs]:
        text = f"lora: the adapter that it goes on from has layers that it leaves alone: {alone[0]}"
        raise TrainError(Problem("T120", text, "targets", "give both the same `targets`"))
    with torch.no_grad():
        for name, (a, b) in pairs.items():
            a[:kept], b[:] = 0.0, 0.0
            if name in old:
                first, second = old[name]
                a[: len(first)] = first
                b[:, : len(first)] = second / scale


def orthogonality(
    pairs: Mapping[str, Pair], kept: int, strength: float
) -> Callable[[], torch.Tensor]:
    """strength x sum over layers of the squares of A_old A_new^T."""

    def penalty() -> torch.Tensor:
        each = [(a[:kept].detach() @ a[kept:].T).square().sum() for a, _ in pairs.values()]
        return strength * torch.stack(each).sum()

    return penalty


def shrink_new(trained: Mapping[str, torch.nn.Parameter], kept: int, share: float) -> None:
    """Take a share of the new part's change back."""
    with torch.no_grad():
        for _, b in pairs_of(trained).values():
            b[:, kept:] *= 1 - share


def _without(kept: int, side: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Of a gradient, nothing for the first `kept` rows (0) or columns (1)."""

    def mask(gradient: torch.Tensor) -> torch.Tensor:
        gradient = gradient.clone()
        gradient.narrow(side, 0, kept).zero_()
        return gradient

    return mask
