"""Learn a number for each answer, so that the better one of a question gets the higher number.

bradley_terry   -log of the share that the right answer has in a softmax over the rewards of all
                answers of its question: for two, -log sigma(r_right - r_other). Bradley and Terry
                (1952), doi.org/10.2307/2334029; of more than two, the first choice of Plackett
                (1975) and Luce (1959); as a reward model: Ouyang et al. (2022), InstructGPT,
                arxiv.org/abs/2203.02155
margin          the right answer's reward has to be so much higher. Touvron et al. (2023), Llama 2,
                arxiv.org/abs/2307.09288, section 3.2.2
centre          rewards are known but for a number that all share: so much of the squared sum of a
                question's rewards is added. Eisenstein et al. (2023), arxiv.org/abs/2312.09244
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from assay.training.objectives.completion import Loss
from assay.training.objectives.preference import WANTED

if TYPE_CHECKING:
    from assay.training.batch import TrainingBatch
    from assay.training.objectives.classification import ClassifierLayer


def bradley_terry(
    layer: ClassifierLayer, *, margin: float = 0.0, centre: float = 0.0
) -> Callable[[Any, TrainingBatch], Loss]:
    """The sum over rows of the loss of the header; it counts rows. A row's sequences stand together
    in the batch, the right one, whose label is `WANTED`, first. What is read of a sequence is the
    state of its last token."""

    def objective(network: Any, batch: TrainingBatch) -> Loss:
        layer.train(network.training)
        rewards = layer(batch.states(network)[batch.ends])[:, 0]
        return loss_of_rewards(rewards, batch.labels == WANTED, margin, centre)

    return objective


def loss_of_rewards(
    rewards: torch.Tensor, right: torch.Tensor, margin: float, centre: float
) -> Loss:
    """
    Args:
        rewards: (answers,). right: (answers,), True at the first answer of each row.
    """
    row = right.long().cumsum(0) - 1
    rows = int(right.sum())
    # Each answer beside the right one of its row; the right one itself is at 0.
    apart = rewards - rewards[right][row] + margin * (~right)
    most = apart.new_full((rows,), -torch.inf).scatter_reduce(0, row, apart.detach(), "amax")
    shares = apart.new_zeros(rows).index_add(0, row, torch.exp(apart - most[row]))
    values = most + torch.log(shares)
    if centre:
        values = values + centre * apart.new_zeros(rows).index_add(0, row, rewards).square()
    best = apart.new_full((rows,), -torch.inf).scatter_reduce(
        0, row, torch.where(right, -torch.inf, rewards.detach()), "amax"
    )
    shown = {"right": float((rewards[right].detach() > best).float().mean()) if rows else 0.0}
    return Loss(values.sum(), float(rows), shown)
