"""Importance equals the closed form of a linear model; the penalty and its gradient are those of
the formula."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import torch

from assay.training.objectives.completion import Loss
from assay.training.retention.elastic_weight_consolidation import (
    combine,
    holding,
    importance,
    load_importance,
)


class Logistic(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.w = torch.nn.Parameter(torch.linspace(-1, 1, width, dtype=torch.float64))


class Rows:
    """An exercise of logistic regression: what `importance` asks of one."""

    def __init__(self, network, x, y):
        self.network, self.x, self.y = network, x, y
        self.sequences = range(len(x))

    @contextmanager
    def at_work(self, rows):
        scores = self.x[rows] @ self.network.w
        value = torch.nn.functional.binary_cross_entropy_with_logits(scores, self.y[rows])
        yield Loss(value * 3, 3.0), None  # a row of three equal tokens


@pytest.fixture
def linear():
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(40, 5, generator=draw, dtype=torch.float64)
    y = (torch.rand(40, generator=draw) > 0.5).double()
    return Rows(Logistic(5), x, y)


def test_importance_of_a_linear_model_is_the_closed_form(linear):
    found = importance(linear, {"w": linear.network.w}, lambda event: None)
    p = torch.sigmoid(linear.x @ linear.network.w.detach())
    closed = ((p - linear.y)[:, None] * linear.x).square().mean(0)
    assert torch.allclose(found["w"].double(), closed, rtol=1e-6)
    assert linear.network.w.grad is None


def test_importance_is_kept_for_a_run_that_goes_on(linear, tmp_path):
    given = {"w": linear.network.w}
    file, said = tmp_path / "importance.safetensors", []
    first = load_importance(linear, given, file, said.append)
    assert [event["done"] for event in said] == list(range(1, 41))
    again = load_importance(SimpleNamespace(), given, file, said.append)
    assert torch.equal(first["w"], again["w"]) and len(said) == 40


def test_the_penalty_holds_what_mattered_and_is_nothing_where_it_began():
    w = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
    penalty = holding({"w": w}, 2.0, {"w": torch.tensor([0.0, 1.0, 2.0])})
    assert penalty().item() == 0
    with torch.no_grad():
        w += torch.tensor([5.0, 1.0, 1.0])
    value = penalty()
    value.backward()
    assert value.item() == pytest.approx(2.0 / 2 * (0 * 25 + 1 + 2))
    assert w.grad.tolist() == pytest.approx([0.0, 2.0, 4.0])


def test_tasks_count_alike_however_well_they_are_learnt():
    first, other = torch.tensor([0.0, 2.0]), torch.tensor([3e-9, 1e-9])
    found = combine([{"w": first}, {"w": other}])
    assert found["w"].tolist() == pytest.approx([0.0 + 1.5, 2.0 + 0.5])
    # Divided by the mean over all weights of a task, not by that of each tensor.
    found = combine([{"a": torch.tensor([1.0]), "b": torch.tensor([5.0])}])
    assert [float(one) for one in found.values()] == pytest.approx([1 / 3, 5 / 3])
    assert combine([{"w": torch.zeros(2)}])["w"].tolist() == [0.0, 0.0]


def test_without_importances_all_are_held_alike():
    w = torch.nn.Parameter(torch.zeros(2))
    penalty = holding({"w": w}, 4.0)
    with torch.no_grad():
        w += torch.tensor([1.0, 3.0])
    assert penalty().item() == pytest.approx(4.0 / 2 * (1 + 9))
