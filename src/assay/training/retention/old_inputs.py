"""In which directions the inputs of layers lie for old rows, and an adapter that reads none of
them.

Directions   the principal ones of a layer's inputs over all tokens of the old rows, each of length
             1 and not centred: the eigenvectors of sum x x^T with the largest eigenvalues that
             hold a `share` of their sum. Each old task counts alike. As they come, single tokens
             have inputs a thousand times as long as others (Sun et al. 2024, Massive activations
             in large language models, arxiv.org/abs/2402.17762), and one direction would do
Held away    the rows of the new A are orthogonal to them before the first step and after every
             step, so that on what lies there the new adapter says nothing
Begin        A begins with the principal directions of what is left of the new task's inputs. Drawn
             at random it would read little of them
Source       Liang and Li (2024), InfLoRA: interference-free low-rank adaptation for continual
             learning, arxiv.org/abs/2404.00228; the space of old inputs: Saha et al. (2021),
             Gradient projection memory, arxiv.org/abs/2103.09762. InfLoRA begins alike and
             learns B alone; here both are learnt
Costs        a matrix of (in, in) a layer while it is made, one of (directions, in) while training
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch.nn.functional import normalize

from assay.core.types import Tell
from assay.training.training_data import Exercise

Moments = dict[str, torch.Tensor]  # name of a layer -> (in, in), fp32


@torch.no_grad()
def input_moments(exercise: Exercise, names: Sequence[str], tell: Tell) -> Moments:
    """Of each layer the mean of x x^T over the tokens of the exercise's sequences, each x of length
    1."""
    found: Moments = {}

    def add(name: str, module: torch.nn.Module, given: tuple[Any, ...]) -> None:
        x = normalize(given[0].detach().float().flatten(0, -2), dim=1)
        found[name] = found[name] + x.T @ x if name in found else x.T @ x

    layers = {name: exercise.network.get_submodule(name) for name in names}
    hooks = [one.register_forward_pre_hook(partial(add, name)) for name, one in layers.items()]
    exercise.network.eval()
    rows = range(len(exercise.sequences))
    try:
        for row in rows:
            with exercise.at_work([row]):
                told = {"event": "progress", "done": row + 1, "total": len(rows)}
                tell({**told, "unit": "row of the old task"})
    finally:
        for hook in hooks:
            hook.remove()
    return {name: one / one.trace().clamp(min=1e-30) for name, one in found.items()}


def principal_directions(tasks: Iterable[Moments], share: float) -> dict[str, torch.Tensor]:
    """(directions, in) of each layer, orthonormal, the fewest that hold the share of all tasks'
    inputs. A layer that no old token has reached, as an expert may be, has none."""
    whole: Moments = {}
    for task in tasks:  # one at a time: they are large
        for name, one in task.items():
            whole[name] = whole[name] + one if name in whole else one
    out = {}
    for name, moment in whole.items():
        values, vectors = torch.linalg.eigh(moment)
        values, vectors = values.flip(0).clamp(min=0), vectors.flip(1)
        held = values.cumsum(0) / values.sum().clamp(min=1e-30)
        many = int((held < share).sum()) + 1
        out[name] = vectors[:, :many].T.contiguous()
    return out


def initial_rows(
    new: Moments, directions: Mapping[str, torch.Tensor], rank: int
) -> dict[str, torch.Tensor]:
    """(rank, in) of each layer: the principal directions of the new inputs, the old ones' taken
    out, each as long as a row that LoRA draws (uniform of variance 1 / (3 in): 1 / sqrt(3))."""
    out = {}
    for name, moment in new.items():
        if name in directions:
            away = directions[name]
            moment = moment - away.T @ (away @ moment)
            moment = moment - (moment @ away.T) @ away
        _, vectors = torch.linalg.eigh(moment)
        out[name] = vectors[:, -rank:].flip(1).T.contiguous() / 3**0.5
    return out


def hold_away(
    rows: Mapping[str, Callable[[], torch.Tensor]], directions: Mapping[str, torch.Tensor]
) -> None:
    """Take the directions out of rows, in place. rows: name of a layer -> a view, (rows, in)."""
    with torch.no_grad():
        for name, view in rows.items():
            if name in directions:
                away, own = directions[name], view()
                own -= (own @ away.T) @ away
