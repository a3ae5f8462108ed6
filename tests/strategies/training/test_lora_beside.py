"""The old part of a larger adapter stays; the penalty of O-LoRA is that of its formula."""

import pytest
import torch

from assay.core.errors import TrainError
from assay.strategies.training.lora_beside import keep_old, orthogonality, pairs_of, shrink_new
from assay.training.settings import NetworkChange


@pytest.fixture
def change():
    draw = torch.Generator().manual_seed(0)
    a = torch.nn.Parameter(torch.randn(5, 4, generator=draw))
    b = torch.nn.Parameter(torch.zeros(3, 5))
    trained = {"layer.lora_A.default.weight": a, "layer.lora_B.default.weight": b}
    return NetworkChange(trained, write=lambda folder: None, read=lambda folder: None)


OLD = {"layer": (torch.ones(2, 4), torch.full((3, 2), 6.0))}


def test_both_together_are_the_old_change_before_the_first_step(change):
    keep_old(change, OLD, kept=2, scale=3.0, strength=0.0)
    a, b = pairs_of(change.trained)["layer"]
    assert torch.equal(3.0 * b @ a, OLD["layer"][1] @ OLD["layer"][0])


def test_the_old_part_gets_no_gradient_and_is_put_back(change):
    kept = keep_old(change, OLD, kept=2, scale=1.0, strength=0.5)
    a, b = pairs_of(change.trained)["layer"]
    (kept.penalty() + (b @ a).sum()).backward()
    assert not a.grad[:2].any() and not b.grad[:, :2].any()
    assert a.grad[2:].any() and b.grad[:, 2:].any()
    with torch.no_grad():
        a += 1
        b += 1
    kept.after(1, 10)
    assert torch.equal(a[:2], OLD["layer"][0]) and torch.equal(b[:, :2], OLD["layer"][1])
    assert b[:, 2:].all()


def test_the_penalty_is_the_sum_of_squares_between_both_inputs(change):
    keep_old(change, OLD, kept=2, scale=1.0, strength=0.0)
    a, _ = pairs_of(change.trained)["layer"]
    wanted = 0.5 * ((a[:2] @ a[2:].T) ** 2).sum().item()
    found = orthogonality(pairs_of(change.trained), 2, 0.5)()
    assert found.item() == pytest.approx(wanted, rel=1e-6)


def test_a_share_of_the_new_change_is_taken_back(change):
    keep_old(change, OLD, kept=2, scale=1.0, strength=0.0)
    _, b = pairs_of(change.trained)["layer"]
    with torch.no_grad():
        b[:, 2:] = 4.0
    shrink_new(change.trained, 2, 0.25)
    assert torch.equal(b[:, :2], OLD["layer"][1]) and (b[:, 2:] == 3.0).all()


def test_layers_that_the_new_one_leaves_alone_are_said(change):
    with pytest.raises(TrainError, match="layers that it leaves alone: other"):
        keep_old(change, {"other": OLD["layer"]}, kept=2, scale=1.0, strength=0.0)
