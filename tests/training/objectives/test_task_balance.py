"""Losses of several tasks, weighed by their uncertainty."""

import math
from types import SimpleNamespace

import pytest
import torch

from assay.training.mixture import LEAST, Mix
from assay.training.objectives.task_balance import balanced


class Batch:
    """Learnt tokens with given losses, of sequences that have a task as their label."""

    def __init__(self, losses, owner, labels):
        self.losses = torch.tensor(losses, requires_grad=True)
        self.owner, self.labels = torch.tensor(owner), torch.tensor(labels)

    def log_probs(self, network):
        return -self.losses


@pytest.mark.parametrize("temperature", [1.0, 20.0])
def test_it_is_the_weighted_sum_of_the_formula(temperature):
    batch = Batch([1.0, 3.0, 0.5], [0, 0, 1], [-1, 1])
    loss = balanced(temperature)(SimpleNamespace(), batch)
    means = [2.0, 0.5]
    raised = [math.exp(1 / (temperature * mean)) for mean in means]
    weights = [one / sum(raised) for one in raised]
    assert loss.count == 3
    wanted = 3 * sum(w * mean for w, mean in zip(weights, means, strict=True))
    assert loss.value.item() == pytest.approx(wanted, rel=1e-6)
    loss.value.backward()  # no gradient through the weights
    assert batch.losses.grad.tolist() == pytest.approx(
        [3 * weights[0] / 2, 3 * weights[0] / 2, 3 * weights[1]], rel=1e-6
    )


def test_one_task_alone_is_the_plain_sum():
    batch = Batch([1.0, 3.0, 0.5], [0, 1, 1], [2, 2])
    assert balanced(1.0)(SimpleNamespace(), batch).value.item() == pytest.approx(4.5)


def test_what_is_learnt_to_perfection_does_not_take_all():
    batch = Batch([1e-9, 1.0], [0, 1], [0, 1])
    loss = balanced(temperature=10.0)(SimpleNamespace(), batch)
    weight = math.exp(0.1) / (math.exp(0.1) + math.exp(1 / LEAST / 10))
    assert loss.value.item() == pytest.approx(2 * weight, rel=1e-4)


def test_at_the_default_no_task_counts_more_than_e_times_another():
    batch = Batch([1e-9, 1e9], [0, 1], [0, 1])
    balanced(Mix().balance_temperature)(SimpleNamespace(), batch).value.backward()
    learnt, other = batch.losses.grad.tolist()
    assert learnt == pytest.approx(math.e * other, rel=1e-5)
