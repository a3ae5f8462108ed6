"""Sequences and the loss of some of them."""

import math

import pytest
import torch

from assay.models.tokenizer.chat_tokens import Encoded
from assay.strategies.training.lora import Lora
from assay.training.objectives.completion import Loss, completion
from assay.training.settings import NetworkChange
from assay.training.training_data import GROUPS, Exercise

SEQUENCES = [Encoded([5 + n for n in range(3 + i)], ((1, 3 + i),)) for i in range(12)]


@pytest.fixture
def exercise(open_tiny):
    network = open_tiny().network
    change = NetworkChange({}, write=lambda folder: None, read=lambda folder: None)

    def make(objective=completion, **more):
        return Exercise(network, change, SEQUENCES, Lora(), 0, objective, **more)

    return make


def test_a_batch_holds_the_numbered_rows_as_a_tree_or_side_by_side(exercise):
    assert exercise().tokens([0, 2]) == 3 + 5
    batch = exercise().batch([2, 0])
    assert batch.rows == (2, 0) and batch.tree is None and batch.ids.shape == (2, 5)
    assert exercise(trees=True).batch([2, 0]).tree is not None


def test_every_row_is_in_one_group_and_there_are_enough_groups(exercise):
    groups = exercise().groups()
    assert sorted(row for rows in groups for row in rows) == list(range(12))
    assert len(groups) >= GROUPS


def test_the_mean_is_a_loss_a_learnt_token_with_the_error_of_a_ratio(exercise):
    # Row i has 2 + i learnt tokens and a loss of i a token: the ratio of the sums, and Cochran's
    # error of it.
    def planted(network, batch):
        learnt = len(batch.targets)
        total = sum(row * (2 + row) for row in batch.rows)
        return Loss(torch.tensor(float(total)), learnt)

    made = exercise(planted)
    mean, error = made.mean()
    learnt = sum(2 + i for i in range(12))
    assert mean == pytest.approx(sum(i * (2 + i) for i in range(12)) / learnt)
    groups = [(sum(i * (2 + i) for i in rows), sum(2 + i for i in rows)) for rows in made.groups()]
    n, squares = len(groups), sum((value - mean * count) ** 2 for value, count in groups)
    assert error == pytest.approx(math.sqrt(squares * n / (n - 1)) / learnt)


def test_rows_with_nothing_to_learn_have_no_loss(exercise):
    made = exercise(lambda network, batch: Loss(torch.zeros(()), 0))
    assert made.mean() == (0.0, 0.0)


def test_of_rows_whose_losses_are_known_the_mean_is_the_same_and_nothing_is_computed(exercise):
    def planted(network, batch):
        return Loss(torch.tensor(float(sum(row * row for row in batch.rows))), len(batch.targets))

    def never(network, batch):
        raise AssertionError("computed")

    known = [float(row * row) for row in range(12)]
    assert exercise(never).mean(known) == pytest.approx(exercise(planted).mean())
