"""Which ranks are left, and how that is decided and kept."""

from dataclasses import replace

import pytest
import torch

from assay.strategies.training.adalora import Adalora
from helpers.adapters import loss_of, saved, sequences, taught

STEPS = 12


@pytest.fixture
def given(lesson, one_thread):
    return lesson("classify")


def made(open_tiny, given, dtype=torch.float32, **settings):
    model = open_tiny(dtype=dtype)
    torch.manual_seed(4)
    return model, Adalora(rank=2, **settings).change(model, given)


def values(change):
    return {name: p for name, p in change.trained.items() if ".lora_E." in name}


def left(change):
    """How many ranks do something."""
    return sum(int((value != 0).sum()) for value in values(change).values())


@pytest.mark.slow
def test_it_trains_and_allocates_as_peft_does(open_tiny, given):
    from peft import AdaLoraConfig
    from peft.tuners.adalora import AdaLoraModel

    settings = {
        "start_rank": 4,
        "alpha": 6,
        "begin": 0.2,
        "settle": 0.25,
        "every": 0.17,
        "orthogonal": 0.3,
    }
    model, change = made(open_tiny, given, **settings)
    taught(model, change, given, steps=STEPS)

    network = open_tiny().network
    torch.manual_seed(4)
    names = [
        n for n, p in network.named_modules() if isinstance(p, torch.nn.Linear) and n != "lm_head"
    ]
    config = AdaLoraConfig(
        target_r=2, init_r=4, lora_alpha=6, orth_reg_weight=0.3, total_step=STEPS, tinit=2,
        tfinal=3, deltaT=2,
        target_modules=names,
    )  # fmt: skip
    tuner = AdaLoraModel(network, config, "default")
    network.train()
    theirs = {name: p for name, p in network.named_parameters() if "lora_" in name}
    optimiser = torch.optim.AdamW(list(theirs.values()), lr=1e-2, weight_decay=0.0)
    for step, sequence in enumerate(sequences(model, given, given.train[:STEPS])):
        loss_of(tuner, sequence).backward()  # with their penalty
        optimiser.step()
        tuner.update_and_allocate(step + 1)
        optimiser.zero_grad()
    assert theirs.keys() == change.trained.keys()
    for name, parameter in change.trained.items():
        torch.testing.assert_close(parameter, theirs[name], atol=2e-5, rtol=1e-3)
    # 14 matrices, two ranks each on average: which ones is for the gradient to say.
    assert left(change) == 28
    assert len({int((value != 0).sum()) for value in values(change).values()}) > 1


def test_the_budget_falls_by_the_cube_between_begin_and_settle(open_tiny, given):
    # Zhang et al. (2023), equation 12: b(t) = b + (b0 - b) (1 - (t - ti) / (T - ti - tf))^3.
    model, change = made(open_tiny, given, start_rank=6, begin=0.25, settle=0.25)
    counts = []
    after = change.after

    def count(done, total):
        after(done, total)
        counts.append(left(change))

    taught(model, replace(change, after=count), given, steps=STEPS)
    assert counts[:3] == [84] * 3
    budgets = [int(28 + 56 * (1 - (step - 3) / 6) ** 3) for step in range(4, 9)]
    assert counts[3:8] == budgets
    assert counts[8:] == [28] * 4


def test_the_penalty_is_that_of_peft(open_tiny, given):
    _, change = made(open_tiny, given, orthogonal=0.5)
    sides = [p for name, p in change.trained.items() if ".lora_E." not in name]
    squares = [p @ p.T if p.shape[0] < p.shape[1] else p.T @ p for p in sides]
    expected = 0.5 * sum((square - torch.eye(3)).norm() for square in squares) / len(sides)
    torch.testing.assert_close(change.penalty(), expected)
    assert made(open_tiny, given, orthogonal=0)[1].penalty is None


def test_the_folder_holds_only_the_ranks_that_are_left(open_tiny, given, tmp_path):
    from safetensors.torch import load_file

    model, change = made(open_tiny, given)
    taught(model, change, given, steps=STEPS)
    tensors = load_file(saved(change, tmp_path / "arm") / "adapter_model.safetensors")
    ranks = {name: len(tensor) for name, tensor in tensors.items() if name.endswith("lora_E")}
    assert sum(ranks.values()) == 28
    for name, rank in ranks.items():
        assert len(tensors[name.replace("lora_E", "lora_A")]) == rank
        assert tensors[name.replace("lora_E", "lora_B")].shape[1] == rank


@pytest.mark.slow
def test_a_run_that_goes_on_from_weights_and_extra_ends_the_same(open_tiny, given):
    # Everything that is not a weight or a moment lies in `extra`: 12 steps, and 12 with a change of
    # hands after 7.
    def run(change, model, steps, optimiser):
        network = model.network.train()
        for step in steps:
            (loss_of(network, rows[step]) + change.penalty()).backward()
            optimiser.step()
            change.after(step + 1, STEPS)
            optimiser.zero_grad()

    def adam(change):
        return torch.optim.AdamW(list(change.trained.values()), lr=1e-2)

    settings = {"start_rank": 5, "begin": 0.2, "settle": 0.3}
    model, whole = made(open_tiny, given, **settings)
    rows = sequences(model, given, given.train[:STEPS])
    run(whole, model, range(STEPS), adam(whole))
    model, first = made(open_tiny, given, **settings)
    moments = adam(first)
    run(first, model, range(7), moments)
    other, second = made(open_tiny, given, **settings)
    with torch.no_grad():
        for name, parameter in second.trained.items():
            parameter.copy_(first.trained[name])
        assert second.extra.keys() == first.extra.keys()
        for name, tensor in second.extra.items():
            tensor.copy_(first.extra[name])
    later = adam(second)
    later.load_state_dict(moments.state_dict())
    run(second, other, range(7, STEPS), later)
    assert all(torch.equal(second.trained[name], p) for name, p in whole.trained.items())
    assert all(torch.equal(second.extra[name], tensor) for name, tensor in whole.extra.items())


def test_the_last_allocation_is_made_up_for(open_tiny, given):
    # A step without learnt tokens is passed over; here it was the one that settles the ranks.
    model, change = made(open_tiny, given)
    after = change.after
    taught(
        model,
        replace(change, after=lambda done, total: after(done, total) if done != 7 else None),
        given,
        steps=12,
    )
    assert left(change) == 28
    assert bool(change.extra["settled"])
