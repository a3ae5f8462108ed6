"""An optimiser that was saved and loaded goes on to the same bits."""

from types import SimpleNamespace

import pytest
import torch

from assay.training import checkpoint
from assay.training.optim.master_weights import Masters
from assay.training.optim.optimisers import OPTIMISERS, build

FACTORS = {"half": 16.0, "vector": 0.5}


def start():
    """A matrix that is large enough for 8-bit moments, one in bf16, a vector, and one that is
    asleep for 7 steps."""
    torch.manual_seed(4)
    named = {
        "large": torch.nn.Parameter(torch.randn(70, 70)),
        "half": torch.nn.Parameter(torch.randn(80, 60).bfloat16()),
        "vector": torch.nn.Parameter(torch.randn(7)),
        "late": torch.nn.Parameter(torch.randn(5, 3)),
    }
    return named, Masters(named.items())


def descend(named, masters, optimiser, steps):
    for step in steps:
        draw = torch.Generator().manual_seed(step)
        for name, weight in named.items():
            if name != "late" or step >= 7:
                weight.grad = torch.randn(weight.shape, generator=draw).to(weight.dtype)
        masters.collect()
        optimiser.step()
        optimiser.zero_grad()
        masters.spread()


def leaves(state, path=()):
    for name, value in state.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_five_steps_a_save_and_five_more_are_ten(tmp_path, optimiser):
    if optimiser == "adamw-8bit":
        pytest.importorskip("bitsandbytes")
    settings = SimpleNamespace(optimiser=optimiser, rate=0.01, weight_decay=0.1)

    named, masters = start()
    through = build(settings, masters, FACTORS)
    descend(named, masters, through, range(10))

    killed, before = start()
    first = build(settings, before, FACTORS)
    descend(killed, before, first, range(5))
    checkpoint.save(tmp_path, 5, before.copies, first, {}, {})

    resumed, after = start()
    second = build(settings, after, FACTORS)
    loaded = checkpoint.load(tmp_path)
    assert loaded is not None
    with torch.no_grad():
        for name, copy in after.copies.items():
            copy.copy_(loaded[0][name])
    after.spread()
    checkpoint.restore_optimiser(second, loaded[1])
    saved, back = (
        dict(leaves(first.state_dict()["state"])),
        dict(leaves(second.state_dict()["state"])),
    )
    assert saved.keys() == back.keys()
    for path, value in saved.items():
        assert type(back[path]) is type(value), path
        if isinstance(value, torch.Tensor):
            assert back[path].dtype == value.dtype, path
            assert torch.equal(back[path], value), path
        else:
            assert back[path] == value, path
    assert len(first.state) == 3  # the sleeping one has no state yet

    descend(resumed, after, second, range(5, 10))
    assert all(torch.equal(after.copies[name], copy) for name, copy in masters.copies.items())
    assert all(torch.equal(resumed[name], weight) for name, weight in named.items())


def test_what_is_no_tensor_and_what_is_nested_comes_back_as_it_was(tmp_path):
    weight = torch.nn.Parameter(torch.zeros(2))
    optimiser = torch.optim.SGD([weight], lr=0.1)
    shared = torch.arange(6).reshape(2, 3)
    optimiser.state[weight] = {
        "step": 2**60 + 1,
        "share": 0.1,
        "note": "a.b",
        "on": True,
        "none": None,
        "deep": {"er": {"turned": shared.t(), "shared": shared, "again": shared, "7": 3}},
        "scalar": torch.tensor(3.5),
    }
    checkpoint.save(tmp_path, 1, {"w": weight}, optimiser, {}, {})
    loaded = checkpoint.load(tmp_path)
    assert loaded is not None
    restored = {}

    class Catch(torch.optim.SGD):
        def load_state_dict(self, state_dict):
            restored.update(state_dict["state"][0])

    fresh = Catch([weight], lr=0.1)
    checkpoint.restore_optimiser(fresh, loaded[1])
    expected, found = dict(leaves(optimiser.state[weight])), dict(leaves(restored))
    assert expected.keys() == found.keys()
    for path, value in expected.items():
        assert type(found[path]) is type(value)
        assert (
            torch.equal(found[path], value)
            if isinstance(value, torch.Tensor)
            else found[path] == value
        )
