"""Elastic weight consolidation: how much each weight mattered for old rows, and what it costs to
move it.

Importance   the diagonal of the empirical Fisher information: the mean over rows of the squared
             gradient of a row's loss, which is the mean over its learnt tokens
Penalty      strength / 2 x sum F (w - w0)^2, with F the sum over the old tasks of their importance,
             each divided by its mean over all weights that are trained: a task that was learnt
             to perfection, whose gradients are small, is held like any other, and a strength means
             the same for large networks and small adapters, and is that of `l2-sp` where all
             weights matter alike
Source       Kirkpatrick et al. (2017), Overcoming catastrophic forgetting in neural networks,
             arxiv.org/abs/1612.00796; importance by its size within a task: Schwarz et al. (2018),
             Progress & Compress, arxiv.org/abs/1805.06370, section 3
Watch out    the labels are those of the rows, not drawn from the model (Kunstner et al. 2019,
             arxiv.org/abs/1905.12558)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file

from assay.core.store import write_tensors
from assay.core.types import Tell
from assay.training.training_data import Exercise


def load_importance(
    exercise: Exercise, weights: Mapping[str, torch.nn.Parameter], file: Path, tell: Tell
) -> dict[str, torch.Tensor]:
    """`importance`, from a file where a run that goes on finds it."""
    if not file.exists():
        write_tensors(file, importance(exercise, weights, tell))
    return load_file(file)


def importance(
    exercise: Exercise, weights: Mapping[str, torch.nn.Parameter], tell: Tell
) -> dict[str, torch.Tensor]:
    """The diagonal of the empirical Fisher information over the exercise's sequences, name -> fp32,
    as large as the weight."""
    found = {
        name: torch.zeros_like(weight, dtype=torch.float32) for name, weight in weights.items()
    }
    exercise.network.eval()
    rows = range(len(exercise.sequences))
    for row in rows:
        with exercise.at_work([row]) as (loss, _):
            (loss.value / max(1.0, loss.count)).backward()
        for name, weight in weights.items():
            if weight.grad is not None:
                found[name] += weight.grad.float().square() / len(rows)
                weight.grad = None
        told = {"event": "progress", "done": row + 1, "total": len(rows)}
        tell({**told, "unit": "row of the old task"})
    return found


def combine(tasks: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The sum of the tasks' importances, each divided by its mean."""
    found: dict[str, torch.Tensor] = {}
    for task in tasks:
        total = sum(float(one.double().sum()) for one in task.values())
        mean = total / sum(one.numel() for one in task.values()) or 1.0
        for name, one in task.items():
            found[name] = found[name] + one / mean if name in found else one / mean
    return found


def holding(
    weights: Mapping[str, torch.nn.Parameter],
    strength: float,
    found: Mapping[str, torch.Tensor] | None = None,
) -> Callable[[], torch.Tensor]:
    """The penalty of the header, around the weights as they are now; without importances all count
    1 (L2-SP)."""
    before = {name: weight.detach().float().clone() for name, weight in weights.items()}

    def penalty() -> torch.Tensor:
        parts = []
        for name, weight in weights.items():
            moved = (weight.float() - before[name]).square()
            parts.append((moved if found is None else moved * found[name]).sum())
        return strength / 2 * torch.stack(parts).sum()

    return penalty
