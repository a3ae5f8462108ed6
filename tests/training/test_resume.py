"""A run that was killed or interrupted ends in the same bits as one that was left alone."""

import os
import signal

import pytest
import torch

from assay.core.errors import Stopped
from assay.training.optim.optimisers import OPTIMISERS
from helpers.nights import nightly_but


def final(training):
    progress = training.run()
    weights = {name: p.detach().clone() for name, p in training.change.trained.items()}
    kept = {k: v for k, v in vars(progress).items() if k != "seconds"}
    return weights, kept


def same(first, second):
    assert first[1] == second[1]
    assert all(torch.equal(first[0][name], weight) for name, weight in second[0].items())


def stopping(*steps):
    """A `tell` that interrupts the run after these steps."""

    def tell(event):
        if event["event"] == "progress" and event["done"] in steps:
            raise Stopped(15)

    return tell


def killing(step):
    """A `tell` that kills the process after this step."""

    def tell(event):
        if event["event"] == "progress" and event["done"] == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return tell


@pytest.fixture(scope="module")
def ends():
    """What runs that were left alone have ended in, by what is trained."""
    return {}


@pytest.fixture
def alone(build, tmp_path, ends):
    """`alone(full)`: what a run ends in that is not interrupted."""

    def run(full=False):
        if full not in ends:
            ends[full] = final(build(tmp_path / "whole", full=full))
        return ends[full]

    return run


NAMES = ["lora on trees with dropout", "all weights in bf16"]
EITHER = pytest.mark.parametrize("full", [False, True], ids=NAMES)
ONE_BY_DAY = pytest.mark.parametrize("full", nightly_but([False], [False, True]), ids=NAMES)


def interrupted(build, folder, steps, **fields):
    """A run that is stopped after each of these steps and built again, with other random numbers
    lying about."""
    for step in steps:
        with pytest.raises(Stopped):
            build(folder, tell=stopping(step), **fields).run()
        torch.manual_seed(1000 + step)
    return final(build(folder, **fields))


@EITHER
def test_which_layout_is_resumed_here(build, tmp_path, full):
    plan = build(tmp_path, full=full).plan
    assert plan.merges != full
    assert all(len(plan.step(epoch, step)) > 1 for epoch in (0, 1) for step in (0, 1, 2))


@pytest.mark.slow
@ONE_BY_DAY
def test_interrupted_after_each_step_in_turn(build, alone, tmp_path, full):
    same(interrupted(build, tmp_path / "run", range(1, 7), full=full), alone(full))


@pytest.mark.nightly  # by day one that lost a state does
@EITHER
def test_interrupted_once_it_goes_on_for_more_than_an_epoch(build, alone, tmp_path, full):
    same(interrupted(build, tmp_path / "run", [2], full=full), alone(full))


@pytest.mark.slow
def test_a_stop_in_the_epoch_that_ends_training_early(build, tmp_path):
    settings = {"schedule": "constant", "warmup": 0.0, "dropout": 0.0, "epochs": 5, "patience": 1}

    def made(folder, *scores, **more):
        left = list(scores)
        made = build(folder, settings=settings, evaluate=lambda: left.pop(0), **more)
        made._val_loss = lambda step: (1.0, 0.1)  # which does not fall
        return made

    whole = final(made(tmp_path / "whole", 0.5, 0.4))
    with pytest.raises(Stopped):
        made(tmp_path / "run", 0.5, 0.4, tell=stopping(6)).run()
    same(final(made(tmp_path / "run")), whole)


KINDS = {
    # On padded rows: whether the val loss rises twice at such a rate is a matter of chance, and
    # here it does.
    "plateau": {
        "schedule": "plateau",
        "learning_rate": 0.9,
        "epochs": 5,
        "patience": 9,
        "clip": 9.0,
        "trees": False,
    },
    "gradual unfreezing": {"unfreeze": "gradually", "epochs": 3},
    "rates by layer": {"layer_decay": 0.5},
    "noise": {"noise": 5.0},
    "wsd": {"schedule": "wsd"},
    "checkpointing": {"checkpointing": True},
    "one micro-batch a step": {"micro_tokens": 4096},
}


@pytest.mark.slow
@pytest.mark.parametrize("settings", nightly_but([KINDS["noise"]], KINDS.values()), ids=list(KINDS))
def test_whatever_the_settings(build, tmp_path, settings):
    whole = final(build(tmp_path / "whole", settings=settings))
    assert whole[1]["drops"] >= (
        2 if "schedule" in settings and settings["schedule"] == "plateau" else 0
    )
    # Inside an epoch, at its end, and one step into the next; then it goes on for two more steps.
    same(interrupted(build, tmp_path / "run", (2, 3, 4), settings=settings), whole)


@pytest.mark.slow
@pytest.mark.parametrize("name", nightly_but(["lion"], OPTIMISERS))
def test_whatever_the_optimiser(build, tmp_path, name):
    if name == "adamw-8bit":
        pytest.importorskip("bitsandbytes")
    settings = {"optimiser": name, "learning_rate": 1e-3}
    whole = final(build(tmp_path / "whole", settings=settings))
    same(interrupted(build, tmp_path / "run", (1, 3), settings=settings), whole)


@pytest.mark.nightly
@EITHER
def test_killed_in_every_step_in_turn_it_ends_in_the_same_bits(build, tmp_path, forked, full):
    # Each child goes on from the state that the one before it left: of the step before its last.
    whole = final(build(tmp_path / "whole", full=full))
    folder = tmp_path / "run"
    for step in range(1, 7):
        child = build(folder, full=full, tell=killing(step), save_every=0)
        assert forked(child.run) == -signal.SIGKILL
        assert len(list(folder.glob("state-*"))) == min(2, step - 1)
    told = []
    same(final(build(folder, full=full, tell=told.append)), whole)
    assert [event["text"] for event in told if event["event"] == "note"] == ["continues at step 5"]


@pytest.mark.slow
@ONE_BY_DAY
def test_killed_once_it_ends_in_the_same_bits(build, alone, tmp_path, forked, full):
    whole = alone(full)
    for step in (1, 3):
        folder = tmp_path / f"at-{step}"
        assert (
            forked(build(folder, full=full, tell=killing(step), save_every=0).run)
            == -signal.SIGKILL
        )
        told = []
        same(final(build(folder, full=full, tell=told.append)), whole)
        notes = [event["text"] for event in told if event["event"] == "note"]
        assert notes == ([f"continues at step {step - 1}"] if step > 1 else [])


@pytest.mark.nightly
def test_killed_in_each_of_24_steps_and_then_again(build, tmp_path, forked):
    # 36 rows in batches of 3 are twelve steps an epoch, each of two micro-batches.
    settings = {"batch_size": 3, "epochs": 2, "dropout": 0.2, "micro_tokens": 64}
    whole = final(build(tmp_path / "whole", settings=settings, rows=36))
    assert whole[1]["step"] == 24
    for step in range(1, 25):
        folder = tmp_path / f"at-{step}"
        for at in (step, min(24, step + 5)):  # a second kill in the resumed run
            child = build(folder, settings=settings, rows=36, tell=killing(at), save_every=0)
            assert forked(child.run) == -signal.SIGKILL
        same(final(build(folder, settings=settings, rows=36)), whole)


@pytest.mark.slow
def test_a_torn_newest_state_costs_the_steps_since_the_one_before(build, alone, tmp_path):
    whole = alone()
    for step in (2, 4):
        with pytest.raises(Stopped):
            build(tmp_path / "run", tell=stopping(step)).run()
    (tmp_path / "run" / "state-00000004" / "optimiser.safetensors").unlink()
    told = []
    same(final(build(tmp_path / "run", tell=told.append)), whole)
    assert told[0] == {"event": "note", "text": "continues at step 2"}
    assert (tmp_path / "run" / "state-00000004.damaged").is_dir()


def test_states_are_not_written_more_often_than_asked(build, tmp_path):
    build(tmp_path / "run").run()  # ends long before SAVE_EVERY
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_tensors_beside_the_weights_come_back(build, tmp_path):
    from dataclasses import replace

    def made(folder, **fields):
        training = build(folder, **fields)
        mean = torch.zeros(3)

        def after(done, total):
            mean.add_(torch.rand(3) + done / total)

        training.change = replace(training.change, after=after, extra={"mean": mean})
        return training, mean

    whole, expected = made(tmp_path / "whole")
    whole.run()
    stopped, _ = made(tmp_path / "run", tell=stopping(4))
    with pytest.raises(Stopped):
        stopped.run()
    resumed, found = made(tmp_path / "run")
    resumed.run()
    assert torch.equal(found, expected) and expected.min() > 0
