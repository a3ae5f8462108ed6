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
members         several rewards of one state, each learnt from rows drawn anew (the bootstrap: how
                often each of them counts is Poisson's, Oza and Russell 2001,
                proceedings.mlr.press/r3/oza01a.html); the loss is the mean of theirs. Coste et al.
                (2023), Reward model ensembles help mitigate overoptimization,
                arxiv.org/abs/2310.02743
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
    layer: ClassifierLayer,
    *,
    margin: float = 0.0,
    centre: float = 0.0,
    often: torch.Tensor | None = None,
) -> Callable[[Any, TrainingBatch], Loss]:
    """The sum over rows of the loss of the header; it counts rows. A row's sequences stand together
    in the batch, the right one, whose label is `WANTED`, first. What is read of a sequence is the
    state of its last token.

    Args:
        layer: states to rewards, one a member. often: (sequences, members) how often the row of a
            right answer counts for a member while it is learnt; all once when None.
    """

    def objective(network: Any, batch: TrainingBatch) -> Loss:
        layer.train(network.training)
        rewards = layer(batch.states(network)[batch.ends])
        right = batch.labels == WANTED
        counts = None
        if often is not None and network.training:
            rows = torch.tensor(batch.rows)[right.cpu()]
            counts = often[rows].to(rewards)
        return loss_of_rewards(rewards, right, margin, centre, counts)

    return objective


def loss_of_rewards(
    rewards: torch.Tensor,
    right: torch.Tensor,
    margin: float,
    centre: float,
    counts: torch.Tensor | None = None,
) -> Loss:
    """
    Args:
        rewards: (answers,), or (answers, members). right: (answers,), True at the first answer of
            each row. counts: (rows, members), how often each row counts; all once when None.
    """
    each = rewards[:, None] if rewards.dim() == 1 else rewards
    row = right.long().cumsum(0) - 1
    rows = int(right.sum())
    losses = [row_losses(member, right, row, rows, margin, centre) for member in each.unbind(1)]
    values = torch.stack(losses, 1)
    if counts is not None:
        values = values * counts
    whole = each.detach().mean(1)
    best = whole.new_full((rows,), -torch.inf).scatter_reduce(
        0, row, torch.where(right, -torch.inf, whole), "amax"
    )
    shown = {"right": float((whole[right] > best).float().mean()) if rows else 0.0}
    return Loss(values.mean(1).sum(), float(rows), shown)


def row_losses(
    rewards: torch.Tensor,
    right: torch.Tensor,
    row: torch.Tensor,
    rows: int,
    margin: float,
    centre: float,
) -> torch.Tensor:
    """Of each row, (rows,). row: (answers,) which one each answer belongs to."""
    # Each answer beside the right one of its row; the right one itself is at 0.
    apart = rewards - rewards[right][row] + margin * (~right)
    most = apart.new_full((rows,), -torch.inf).scatter_reduce(0, row, apart.detach(), "amax")
    shares = apart.new_zeros(rows).index_add(0, row, torch.exp(apart - most[row]))
    values = most + torch.log(shares)
    if centre:
        values = values + centre * apart.new_zeros(rows).index_add(0, row, rewards).square()
    return values
