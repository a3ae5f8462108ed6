"""Faster layers inside the block, and the old ones behind it."""

import pytest
import torch

from assay.strategies.training.lora import Lora
from assay.training import acceleration
from assay.training.acceleration import asking, compiles, faster, require_gradient
from assay.training.fused_linear import FusedLora, fits

IDS = torch.tensor([[5, 9, 200, 31, 7, 7, 90]])


@pytest.fixture
def tuned(open_tiny, lesson):
    """A tiny model with LoRA layers whose B is not zero."""

    def make(dtype=torch.float64, **settings):
        torch.manual_seed(4)
        model = open_tiny(dtype=dtype)
        change = Lora(rank=4, **settings).change(model, lesson("classify"))
        for name, parameter in change.trained.items():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.1)
        return model.network, change.trained

    return make


def losses(network, trained):
    for parameter in trained.values():
        parameter.grad = None
    loss = network(IDS, use_cache=False).logits.float().log_softmax(-1).square().mean()
    loss.backward()
    return float(loss.detach()), {name: p.grad.clone() for name, p in trained.items()}


@pytest.mark.parametrize(
    "settings", [{"dropout": 0.1}, {"decompose": True}], ids=["dropout", "dora"]
)
def test_layers_that_do_more_are_left_alone(tuned, settings):
    network, trained = tuned(dtype=torch.float32, **settings)
    assert not any(
        fits(module)
        for module in network.modules()
        if type(module).__name__ == "Linear" and hasattr(module, "lora_A")
    )
    with faster(network, compiled=False):
        assert not any(isinstance(module, FusedLora) for module in network.modules())
        losses(network, trained)


def test_compiling_is_decided_by_the_work():
    assert compiles("always", 0.0)
    assert not compiles("never", 1e30)
    assert not compiles("auto", 1e9)


# torch's own compiler warns of what it does itself.
@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore")
def test_compiled_layers_compute_the_same(tuned):
    network, trained = tuned(dtype=torch.float32)
    before, wanted = losses(network, trained)
    with faster(network, compiled=True):
        after, found = losses(network, trained)
    assert after == pytest.approx(before, rel=1e-5)
    largest = max(float(g.abs().max()) for g in wanted.values())
    assert max(float((found[n] - wanted[n]).abs().max()) for n in wanted) / largest < 1e-4


def test_the_old_layers_come_back_whatever_happens_inside(tuned):
    network, _ = tuned(dtype=torch.float32)
    before = [type(module) for module in network.modules()]
    with pytest.raises(KeyError), faster(network, compiled=False):
        assert [type(module) for module in network.modules()] != before
        raise KeyError
    assert [type(module) for module in network.modules()] == before
    assert not network.base_model._forward_pre_hooks


def test_only_a_long_run_on_a_machine_with_a_compiler_is_compiled(monkeypatch):
    monkeypatch.setattr(acceleration, "cxx", lambda: "g++-12")
    assert compiles("auto", acceleration.WORTH) and not compiles("auto", acceleration.WORTH / 2)
    monkeypatch.setattr(acceleration, "cxx", lambda: "")
    assert not compiles("auto", acceleration.WORTH * 2) and compiles("always", 0.0)


def test_states_get_a_gradient_only_where_one_is_computed():
    with torch.no_grad():
        states = torch.ones(2)
        require_gradient(None, None, states)
        assert not states.requires_grad
    require_gradient(None, None, states)
    assert states.requires_grad
    with asking(compiled=False):  # nothing to switch
        assert (states * 2).requires_grad
