"""Sums and single log-probabilities at the output layer, chunk by chunk: values and gradients are
torch's on all logits at once."""

import pytest
import torch

from assay.training import chunked_likelihood
from assay.training.chunked_likelihood import LogProbs, OutputHead, Total, chunks

STATES, WIDTH, WORDS = 7, 5, 11
# Two targets are read at state 2; state 3 is read by none.
PLACES = torch.tensor([0, 1, 2, 2, 4, 5, 6])
TARGETS = torch.tensor([3, 0, 10, 4, 4, 7, 1])


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(chunked_likelihood, "CHUNK", 3)


def given(bias=True):
    draw = torch.Generator().manual_seed(4)
    sizes = [(STATES, WIDTH), (WORDS, WIDTH), (WORDS,)]
    made = [torch.randn(size, generator=draw, dtype=torch.float64) for size in sizes]
    return [one.requires_grad_() for one in (made if bias else made[:2])]


def at_once(tensors, scale, cap):
    """Log-probabilities of all tokens at all states."""
    logits = torch.nn.functional.linear(*tensors) * scale
    return (logits if cap is None else cap * torch.tanh(logits / cap)).log_softmax(-1)


heads = pytest.mark.parametrize(
    ("bias", "scale", "cap"), [(True, 1.0, None), (False, 0.3, None), (True, 2.0, 1.5)]
)


@heads
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_sum_is_that_of_cross_entropies(bias, scale, cap, smoothing):
    tensors = given(bias)
    logs = at_once(tensors, scale, cap)[PLACES]
    wanted = -(1 - smoothing) * logs.gather(1, TARGETS[:, None]).sum()
    wanted = wanted - smoothing * logs.mean(-1).sum()
    ours = [*tensors, *([None] * (3 - len(tensors)))]
    found = Total.apply(*ours, scale, cap, PLACES, TARGETS, smoothing, False)
    torch.testing.assert_close(found, wanted)
    for mine, theirs in zip(
        torch.autograd.grad(2 * found, tensors),
        torch.autograd.grad(2 * wanted, tensors),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs)


@heads
def test_each_log_probability_has_a_gradient_of_its_own(bias, scale, cap):
    tensors = given(bias)
    weights = torch.linspace(-1, 2, len(TARGETS), dtype=torch.float64)
    wanted = at_once(tensors, scale, cap)[PLACES].gather(1, TARGETS[:, None])[:, 0]
    ours = [*tensors, *([None] * (3 - len(tensors)))]
    found = LogProbs.apply(*ours, scale, cap, PLACES, TARGETS)
    torch.testing.assert_close(found, wanted)
    for mine, theirs in zip(
        torch.autograd.grad((weights * found).sum(), tensors),
        torch.autograd.grad((weights * wanted).sum(), tensors),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs)


@heads
def test_beside_a_frozen_output_layer_states_get_the_same_gradient(bias, scale, cap):
    states, *layer = given(bias)
    layer = [one.detach() for one in layer]
    weights = torch.linspace(-1, 2, len(TARGETS), dtype=torch.float64)
    found = LogProbs.apply(
        states, *layer, *([None] * (2 - len(layer))), scale, cap, PLACES, TARGETS
    )
    wanted = at_once([states, *layer], scale, cap)[PLACES].gather(1, TARGETS[:, None])[:, 0]
    torch.testing.assert_close(found, wanted)
    mine = torch.autograd.grad((weights * found).sum(), states)
    torch.testing.assert_close(mine, torch.autograd.grad((weights * wanted).sum(), states))


def test_a_frozen_output_layer_gets_no_gradient():
    states, weight, bias = given()
    weight.requires_grad_(False), bias.requires_grad_(False)
    Total.apply(states, weight, bias, 1.0, None, PLACES, TARGETS, 0.0, False).backward()
    assert weight.grad is None and bias.grad is None
    # The state that nothing is read at has no part in the sum.
    assert not states.grad[3].any() and states.grad[2].any()


def test_chunks_cover_all_states_and_give_each_target_its_row():
    found = list(chunks(STATES, PLACES))
    assert [(part.start, part.stop) for part, _, _ in found] == [(0, 3), (3, 6), (6, 7)]
    assert [place.tolist() for _, place, _ in found] == [[0, 1, 2, 3], [4, 5], [6]]
    assert [rows.tolist() for _, _, rows in found] == [[0, 1, 2, 2], [1, 2], [0]]


def test_in_bf16_logs_and_caps_are_computed_in_fp32():
    head = OutputHead(torch.randn(WORDS, WIDTH).bfloat16(), None, 1.0, 30.0)
    logits = head.logits(torch.randn(2, WIDTH).bfloat16())
    assert logits.dtype == head.logs(logits).dtype == torch.float32
    assert logits.abs().max() < 30
