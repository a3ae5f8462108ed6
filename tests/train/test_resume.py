"""A run that was killed or interrupted ends in the same bits as one that was left alone."""

import os
import signal

import pytest
import torch

from assay.errors import Stopped
from assay.train.optim import OPTIMISERS


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


EITHER = pytest.mark.parametrize("full", [False, True], ids=["lora with dropout", "all weights in bf16"])


@EITHER
def test_interrupted_at_every_step_it_ends_in_the_same_bits(build, tmp_path, full):
    whole = final(build(tmp_path / "whole", full=full))
    for step in range(1, 7):
        folder = tmp_path / f"at-{step}"
        with pytest.raises(Stopped):
            build(folder, full=full, tell=stopping(step)).run()
        torch.manual_seed(1000 + step)
        same(final(build(folder, full=full)), whole)


def test_interrupted_after_each_step_in_turn(build, tmp_path):
    whole = final(build(tmp_path / "whole"))
    for step in range(1, 7):
        with pytest.raises(Stopped):
            build(tmp_path / "run", tell=stopping(step)).run()
    same(final(build(tmp_path / "run")), whole)


def test_a_stop_in_the_epoch_that_ends_training_early(build, tmp_path):
    settings = {"schedule": "constant", "warmup": 0.0, "dropout": 0.0, "epochs": 5, "patience": 1}

    def scores(*values):
        left = list(values)
        return lambda: left.pop(0)

    whole = final(build(tmp_path / "whole", settings=settings, evaluate=scores(0.5, 0.4)))
    with pytest.raises(Stopped):
        build(tmp_path / "run", settings=settings, evaluate=scores(0.5, 0.4), tell=stopping(6)).run()
    same(final(build(tmp_path / "run", settings=settings, evaluate=scores())), whole)


KINDS = {
    "plateau": {"schedule": "plateau", "learning_rate": 0.9, "epochs": 5, "patience": 9, "clip": 9.0},
    "gradual unfreezing": {"unfreeze": "gradually", "epochs": 3},
    "rates by layer": {"layer_decay": 0.5},
    "noise": {"noise": 5.0},
    "wsd": {"schedule": "wsd"},
    "checkpointing": {"checkpointing": True},
    "smaller micro-batches": {"micro_tokens": 64},
}


@pytest.mark.parametrize("settings", KINDS.values(), ids=list(KINDS))
def test_whatever_the_settings(build, tmp_path, settings):
    whole = final(build(tmp_path / "whole", settings=settings))
    assert whole[1]["drops"] >= (2 if "schedule" in settings and settings["schedule"] == "plateau" else 0)
    for step in (2, 3, 4):
        folder = tmp_path / f"at-{step}"
        with pytest.raises(Stopped):
            build(folder, settings=settings, tell=stopping(step)).run()
        torch.manual_seed(step)
        same(final(build(folder, settings=settings)), whole)


@pytest.mark.parametrize("name", list(OPTIMISERS))
def test_whatever_the_optimiser(build, tmp_path, name):
    if name == "adamw-8bit":
        pytest.importorskip("bitsandbytes")
    settings = {"optimiser": name, "learning_rate": 1e-3}
    whole = final(build(tmp_path / "whole", settings=settings))
    for step in (1, 3, 5):
        folder = tmp_path / f"at-{step}"
        with pytest.raises(Stopped):
            build(folder, settings=settings, tell=stopping(step)).run()
        same(final(build(folder, settings=settings)), whole)


@EITHER
def test_killed_in_every_step_it_ends_in_the_same_bits(build, tmp_path, forked, full):
    whole = final(build(tmp_path / "whole", full=full))
    for step in range(1, 7):
        folder = tmp_path / f"at-{step}"
        child = build(folder, full=full, tell=killing(step), save_every=0)
        assert forked(child.run) == -signal.SIGKILL
        assert len(list(folder.glob("state-*"))) == min(2, step - 1)
        told = []
        same(final(build(folder, full=full, tell=told.append)), whole)
        notes = [event["text"] for event in told if event["event"] == "note"]
        assert notes == ([f"continues at step {step - 1}"] if step > 1 else [])


@pytest.mark.slow
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


def test_a_torn_newest_state_costs_the_steps_since_the_one_before(build, tmp_path):
    whole = final(build(tmp_path / "whole"))
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
