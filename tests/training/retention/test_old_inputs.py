"""Principal directions of old inputs are those of a singular value decomposition; what is held away
from them reads none of them."""

from contextlib import contextmanager

import pytest
import torch
from torch.nn.functional import normalize

from assay.training.retention.old_inputs import (
    hold_away,
    initial_rows,
    input_moments,
    principal_directions,
)


class Rows:
    """An exercise of one linear layer: what `input_moments` asks of one."""

    def __init__(self, x):
        self.network = torch.nn.Sequential(torch.nn.Linear(x.shape[-1], 2))
        self.x, self.sequences = x, range(len(x))

    @contextmanager
    def at_work(self, rows):
        self.network(self.x[rows])  # (1, tokens, in)
        yield None, None


@pytest.fixture
def inputs():
    draw = torch.Generator().manual_seed(0)
    scale = torch.tensor([8.0, 4.0, 2.0, 1.0, 0.5])
    return torch.randn(6, 7, 5, generator=draw) * scale


def test_moments_are_those_of_all_tokens_and_hooks_are_gone(inputs):
    rows, said = Rows(inputs), []
    found = input_moments(rows, ["0"], said.append)["0"]
    flat = normalize(inputs.flatten(0, 1), dim=1)  # a long one counts no more
    assert torch.allclose(found, flat.T @ flat / len(flat), atol=1e-6)
    assert [event["done"] for event in said] == list(range(1, 7))
    assert not rows.network[0]._forward_pre_hooks


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_directions_are_the_fewest_singular_vectors_that_hold_the_share(inputs, share):
    flat = normalize(inputs.flatten(0, 1), dim=1)
    found = principal_directions([input_moments(Rows(inputs), ["0"], lambda event: None)], share)
    _, sizes, vectors = torch.linalg.svd(flat)
    held = (sizes**2).cumsum(0) / (sizes**2).sum()
    many = int((held < share).sum()) + 1
    assert found["0"].shape == (many, 5)
    same = (found["0"] @ vectors[:many].T).abs()
    assert torch.allclose(same, torch.eye(many), atol=1e-4)


def test_tasks_count_alike_however_many_tokens_they_have():
    small, large = torch.eye(4)[:1].expand(1, 2, 4), torch.eye(4)[1:2].expand(30, 9, 4)
    moments = [input_moments(Rows(x), ["0"], lambda event: None) for x in (small, large)]
    found = principal_directions(moments, 0.9)["0"]
    assert torch.allclose(found.T @ found, torch.diag(torch.tensor([1.0, 1.0, 0, 0])), atol=1e-6)


def test_a_layer_that_one_task_has_not_reached_is_taken_from_the_others():
    first, other = {"a": torch.eye(2)}, {"a": torch.eye(2), "expert": torch.diag(torch.ones(3))}
    assert {*principal_directions([first, other], 0.9)} == {"a", "expert"}


def test_the_new_rows_begin_with_what_the_old_ones_leave_of_the_new_inputs(inputs):
    moments = [input_moments(Rows(inputs), ["0"], lambda event: None)]
    away = principal_directions(moments, 0.6)
    new = torch.randn(6, 7, 5, generator=torch.Generator().manual_seed(1))
    rest = normalize(new.flatten(0, 1), dim=1)
    rest = rest - rest @ away["0"].T @ away["0"]
    found = initial_rows(
        input_moments(Rows(new), ["0"], lambda event: None) | {"b": torch.eye(3)}, away, 2
    )
    _, _, vectors = torch.linalg.svd(rest)
    same = (found["0"] @ vectors[:2].T).abs()  # a row of LoRA's own is as long
    assert torch.allclose(same, torch.eye(2) / 3**0.5, atol=1e-4)
    assert (found["0"] @ away["0"].T).abs().max() < 1e-5
    assert found["b"].shape == (2, 3)  # nothing is held away from what no old row has reached


def test_what_is_held_away_says_nothing_there(inputs):
    moments = [input_moments(Rows(inputs), ["0"], lambda event: None)]
    away = principal_directions(moments, 0.9)
    a = torch.nn.Parameter(torch.randn(3, 5))
    kept, before = a[:1].clone(), a.detach().clone()
    hold_away({"0": lambda: a.narrow(0, 1, 2), "other": lambda: a}, away)
    assert torch.equal(a[:1], kept) and not torch.allclose(a, before)
    assert (a[1:] @ away["0"].T).abs().max() < 1e-5
    # What was orthogonal already stays as it is.
    again = a.detach().clone()
    hold_away({"0": lambda: a.narrow(0, 1, 2)}, away)
    assert torch.allclose(a, again, atol=1e-6)
