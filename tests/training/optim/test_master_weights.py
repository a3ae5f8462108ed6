import math

import pytest
import torch

from assay.training.optim.master_weights import Masters


def parameters(dtype=torch.float32):
    matrix = torch.nn.Parameter(torch.tensor([[1.0, -2.0], [3.0, 0.5]], dtype=dtype))
    vector = torch.nn.Parameter(torch.tensor([1.0, 4.0], dtype=dtype))
    return {"matrix": matrix, "vector": vector}


def test_masters_keep_updates_that_bf16_would_lose():
    # Half a unit in the last place of 1.0 in bf16 is 2^-8 = 0.0039: a step of 0.001 rounds away.
    plain = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.bfloat16))
    kept = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.bfloat16))
    masters = Masters([("w", kept)])
    optimisers = (
        torch.optim.SGD([plain], lr=1e-3),
        torch.optim.SGD(masters.copies.values(), lr=1e-3),
    )
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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_weights_of_fp32_and_wider_are_their_own_masters(dtype):
    named = parameters(dtype)
    assert all(copy is named[name] for name, copy in Masters(named.items()).copies.items())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_gradients_are_added_up_measured_and_scaled(dtype):
    named = parameters(dtype)
    masters = Masters(named.items())
    for factor in (1.0, 2.0):
        sum((factor * w).sum() for w in named.values()).backward()
        masters.collect()
    # Six numbers with a gradient of 3 each.
    assert float(masters.norm()) == pytest.approx(3 * math.sqrt(6))
    masters.scale(0.5)
    assert all(
        torch.equal(copy.grad, torch.full_like(copy, 1.5)) for copy in masters.copies.values()
    )
    assert all(copy.dtype == torch.float32 for copy in masters.copies.values())


def test_weights_of_several_types_and_weights_without_a_gradient_go_together():
    named = {
        "wide": torch.nn.Parameter(torch.ones(2, dtype=torch.float64)),
        "full": torch.nn.Parameter(torch.ones(2)),
        "half": torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16)),
        "asleep": torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16), requires_grad=False),
    }
    masters = Masters(named.items())
    assert float(masters.norm()) == 0.0
    sum((2.0 * w).sum() for w in named.values()).backward()
    masters.collect()
    assert float(masters.norm()) == pytest.approx(2 * math.sqrt(6))
    masters.scale(0.5)
    masters.spread()
    assert [str(copy.dtype) for copy in masters.copies.values()] == ["torch.float64"] + [
        "torch.float32"
    ] * 3
    assert masters.copies["asleep"].grad is None
    assert all(
        torch.equal(masters.copies[n].grad, torch.ones_like(masters.copies[n]))
        for n in list(named)[:3]
    )
    # Woken later, it takes part.
    named["asleep"].requires_grad_(True)
    named["asleep"].sum().backward()
    masters.collect()
    assert torch.equal(masters.copies["asleep"].grad, torch.ones(2))
