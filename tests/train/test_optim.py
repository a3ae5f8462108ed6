import math

import pytest
import torch

from assay.train.optim import Masters, adamw, rate


def parameters(dtype=torch.float32):
    matrix = torch.nn.Parameter(torch.tensor([[1.0, -2.0], [3.0, 0.5]], dtype=dtype))
    vector = torch.nn.Parameter(torch.tensor([1.0, 4.0], dtype=dtype))
    return {"matrix": matrix, "vector": vector}


def test_adamw_is_the_papers():
    # f(w) = w^2 / 2, so the gradient is w. Loshchilov and Hutter (2019), algorithm 2; vectors do not decay.
    named = parameters()
    expected = {name: w.detach().double().clone() for name, w in named.items()}
    first = {name: torch.zeros_like(w) for name, w in expected.items()}
    second = {name: torch.zeros_like(w) for name, w in expected.items()}
    masters = Masters(named.items())
    optimiser = adamw(masters, learning_rate=0.1, weight_decay=0.2)
    for t in range(1, 8):
        for name, w in expected.items():
            first[name] = 0.9 * first[name] + 0.1 * w
            second[name] = 0.999 * second[name] + 0.001 * w * w
            step = (first[name] / (1 - 0.9**t)) / ((second[name] / (1 - 0.999**t)).sqrt() + 1e-8)
            expected[name] = w - 0.1 * step - (0.1 * 0.2 * w if name == "matrix" else 0)
        sum(w.pow(2).sum() / 2 for w in named.values()).backward()
        masters.collect()
        optimiser.step()
        optimiser.zero_grad()
        for name, w in named.items():
            torch.testing.assert_close(w.detach().double(), expected[name], atol=1e-6, rtol=0)


def test_masters_keep_updates_that_bf16_would_lose():
    # Half a unit in the last place of 1.0 in bf16 is 2^-8 = 0.0039: a step of 0.001 rounds away.
    plain = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.bfloat16))
    kept = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.bfloat16))
    masters = Masters([("w", kept)])
    optimisers = (torch.optim.SGD([plain], lr=1e-3), torch.optim.SGD(masters.copies.values(), lr=1e-3))
    for _ in range(20):
        for w, optimiser in zip((plain, kept), optimisers, strict=True):
            w.sum().backward()
            masters.collect()
            optimiser.step()
            optimiser.zero_grad()
            masters.spread()
    assert torch.equal(plain, torch.ones_like(plain))
    torch.testing.assert_close(masters.copies["w"].detach(), torch.full((2, 2), 0.98))
    assert torch.equal(kept, torch.full((2, 2), 0.98).bfloat16())


def test_fp32_weights_are_their_own_masters():
    named = parameters()
    assert all(copy is named[name] for name, copy in Masters(named.items()).copies.items())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_are_added_up_measured_and_scaled(dtype):
    named = parameters(dtype)
    masters = Masters(named.items())
    for factor in (1.0, 2.0):
        sum((factor * w).sum() for w in named.values()).backward()
        masters.collect()
    # Six numbers with a gradient of 3 each.
    assert float(masters.norm()) == pytest.approx(3 * math.sqrt(6))
    masters.scale(0.5)
    assert all(torch.equal(copy.grad, torch.full_like(copy, 1.5)) for copy in masters.copies.values())
    assert all(copy.dtype == torch.float32 for copy in masters.copies.values())


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        # 10 steps, 2 of them rising; then 8 from share 0 to 7/8.
        ("constant", [0.5, 1.0] + [1.0] * 8),
        ("linear", [0.5, 1.0] + [1 - i / 8 for i in range(8)]),
        ("cosine", [0.5, 1.0] + [0.1 + 0.45 * (1 + math.cos(math.pi * i / 8)) for i in range(8)]),
    ],
)
def test_schedules(schedule, values):
    assert [rate(step, 10, 0.2, schedule) for step in range(10)] == pytest.approx(values)


def test_without_warmup_the_first_step_is_at_full_rate():
    assert rate(0, 10, 0.0, "cosine") == 1.0
    assert rate(0, 1, 0.05, "linear") == 1.0
    # Halfway, the cosine stands halfway between 1 and a tenth.
    assert rate(5, 10, 0.0, "cosine") == pytest.approx(0.55)
