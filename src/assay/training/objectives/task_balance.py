"""Several tasks at once, of which none drowns the others: losses weighed by what is uncertain.

How          w_t = softmax(1 / (T L_t)) over the tasks of the batch, L_t the task's mean loss a
             token, of which no gradient is taken, T the temperature; the loss is sum of w_t L_t,
             times the tokens. A task that is nearly learnt is certain, and counts for more
Source       Kirchdorfer et al. (2024), Analytical Uncertainty-Based Loss Weighting in Multi-Task
             Learning, arxiv.org/abs/2408.07985 (UW-SO): the closed form of Kendall et al. (2018),
             arxiv.org/abs/1705.07115, whose weights are learnt
Temperature  the source tunes it. At T = 1 the first task whose loss a token falls below a tenth
             takes all, and the others are not learnt (docs/together-measured.md)
Watch out    weights are of a micro-batch: with few rows in it, a task may be missing there
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from assay.training.batch import TrainingBatch
from assay.training.mixture import LEAST
from assay.training.objectives.completion import Loss


def balanced(temperature: float) -> Callable[[Any, TrainingBatch], Loss]:
    """The objective of the header. A sequence's task is its `Encoded.label`.

    Args:
        temperature: that 1 / L is divided by: the higher, the more alike.
    """

    def objective(network: Any, batch: TrainingBatch) -> Loss:
        each = -batch.log_probs(network)
        tasks = batch.labels[batch.owner]
        names, places = torch.unique(tasks, return_inverse=True)
        sums = each.new_zeros(len(names)).index_add(0, places, each)
        means = sums / torch.bincount(places, minlength=len(names))
        weights = torch.softmax(1 / means.detach().clamp(min=LEAST) / temperature, 0)
        return Loss((weights * means).sum() * len(each), float(len(each)))

    return objective
