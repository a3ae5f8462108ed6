"""The loop against a plain one written here, and a killed run against one that was left alone."""

import math
import os
import signal

import pytest
import torch

from assay.errors import Stopped, TrainError
from assay.train.batch import Plan
from assay.train.objectives.completion import Loss, completion


def final(training):
    progress = training.run()
    weights = {name: p.detach().clone() for name, p in training.trained}
    return weights, (progress.curve, progress.best_step, progress.best_score, progress.ended)


def same(first, second):
    assert first[1] == second[1]
    assert all(torch.equal(first[0][name], weight) for name, weight in second[0].items())


# --- what a step is -------------------------------------------------------------------------------------------------


def test_the_loop_is_a_plain_loop_over_separate_sequences(build, tmp_path):
    settings = {"dropout": 0.0, "warmup": 0.3, "weight_decay": 0.1, "clip": 4.0}
    ours = build(tmp_path, settings=settings, evaluate=None)
    plain = build(tmp_path / "other", settings=settings)
    ours.run()
    weights = [p for _, p in plain.trained]
    optimiser = torch.optim.AdamW(weights, weight_decay=0.1)
    plan = Plan(tuple(len(s.ids) for s in plain.sequences), 4, 3, 10_000)
    plain.network.train()
    norms = []
    for step in range(6):
        rows = [row for part in plan.step(step // 3, step % 3) for row in part]
        learnt = sum(len(plain.sequences[r].ids) - plain.sequences[r].learnt[0][0] for r in rows)
        for row in rows:
            sequence = plain.sequences[row]
            labels = [-100] * sequence.learnt[0][0] + sequence.ids[sequence.learnt[0][0] :]
            loss = plain.network(torch.tensor([sequence.ids]), labels=torch.tensor([labels])).loss
            (loss * (len(labels) - sequence.learnt[0][0]) / learnt).backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(weights, 4.0)))
        # Two of six steps rise, then a cosine from 1 to a tenth over the other four.
        share = (step + 1) / 2 if step < 2 else 0.1 + 0.45 * (1 + math.cos(math.pi * (step - 2) / 4))
        optimiser.param_groups[0]["lr"] = 3e-3 * share
        optimiser.step()
        optimiser.zero_grad()
    assert min(norms) < 4.0 < max(norms)  # some steps are clipped and some are not
    for (name, mine), other in zip(ours.trained, weights, strict=True):
        torch.testing.assert_close(mine, other, atol=2e-5, rtol=0, msg=lambda text, name=name: f"{name}: {text}")


def test_steps_have_two_micro_batches_here(build, tmp_path):
    training = build(tmp_path)
    plan = Plan(tuple(len(s.ids) for s in training.sequences), 4, 3, training.settings.micro_tokens)
    assert {len(plan.step(epoch, step)) for epoch in (0, 1) for step in (0, 1, 2)} == {2}


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(build, tmp_path):
    first = final(build(tmp_path / "a"))
    same(first, final(build(tmp_path / "b")))
    other = final(build(tmp_path / "c", seed=4))
    assert any(not torch.equal(first[0][name], weight) for name, weight in other[0].items())


def test_the_curve_has_the_mean_loss_of_each_epoch(build, tmp_path):
    losses = []

    def counted(network, batch):
        loss = completion(network, batch)
        losses.append((float(loss.value.detach()), batch.tokens, network.training))
        return loss

    curve = build(tmp_path, objective=counted).run().curve
    assert [point["step"] for point in curve] == [3, 6]
    trained = [(value, tokens) for value, tokens, training in losses if training]
    steps = [(trained[i][0] + trained[i + 1][0]) / (trained[i][1] + trained[i + 1][1]) for i in range(0, 12, 2)]
    assert [p["train_loss"] for p in curve] == pytest.approx([sum(steps[:3]) / 3, sum(steps[3:]) / 3], abs=1e-5)
    held = [(value, tokens) for value, tokens, training in losses if not training]
    half = len(held) // 2
    means = [sum(v for v, _ in part) / sum(t for _, t in part) for part in (held[:half], held[half:])]
    assert [point["val_loss"] for point in curve] == pytest.approx(means, abs=1e-5)


# --- when it ends ---------------------------------------------------------------------------------------------------

FLAT = {"schedule": "constant", "warmup": 0.0, "dropout": 0.0}


def scores(*values):
    left = list(values)
    return lambda: left.pop(0)


def test_the_best_evaluation_is_kept_and_patience_ends_the_training(build, tmp_path):
    training = build(tmp_path / "a", settings={**FLAT, "epochs": 9}, evaluate=scores(0.1, 0.9, 0.2, 0.3))
    weights, (curve, best_step, best_score, ended) = final(training)
    assert [point["val"] for point in curve] == [0.1, 0.9, 0.2, 0.3]
    assert (best_step, best_score, ended) == (6, 0.9, "no better val score in 2 evaluations")
    two, _ = final(build(tmp_path / "b", settings={**FLAT, "epochs": 2}, evaluate=scores(0.1, 0.9)))
    assert all(torch.equal(two[name], weight) for name, weight in weights.items())


def test_between_equal_scores_the_lower_val_loss_is_better(build, tmp_path):
    progress = build(tmp_path, settings={**FLAT, "epochs": 4}, evaluate=lambda: 0.0).run()
    losses = [point["val_loss"] for point in progress.curve]
    assert progress.best_step == 3 * (1 + losses.index(min(losses)))


def test_without_val_rows_the_last_weights_are_kept(build, tmp_path):
    progress = build(tmp_path, evaluate=None, held=()).run()
    assert (progress.step, progress.curve, progress.ended) == (6, [], "all epochs done")


# --- what goes wrong ------------------------------------------------------------------------------------------------


def broken(row, value):
    """The objective, but for one row of the data."""

    def objective(network, batch):
        loss = completion(network, batch)
        return Loss(loss.value * (value if row in batch.rows else 1.0))

    return objective


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_names_the_rows(build, tmp_path, value):
    training = build(tmp_path, objective=broken(5, value), save_every=0)
    before = {name: p.detach().clone() for name, p in training.trained}
    with pytest.raises(TrainError) as caught:
        training.run()
    (problem,) = caught.value.problems
    assert problem.code == "T001"
    assert training.sources[5] in problem.text
    plan = Plan(tuple(len(s.ids) for s in training.sequences), 4, 3, 80)
    step = next(i for i in range(3) if 5 in plan.epoch(0)[i])
    assert problem.text.startswith(f"step {step + 1}:")
    named = {source for source in training.sources if f"{source}," in problem.text or problem.text.endswith(source)}
    assert named == {training.sources[row] for row in plan.epoch(0)[step]}
    # No step was made with it: the weights are finite, and the state before it is whole.
    assert all(torch.isfinite(p).all() for _, p in training.trained)
    assert step > 0 or all(torch.equal(p, before[name]) for name, p in training.trained)


def test_a_val_loss_that_is_no_number_is_an_error(build, tmp_path):
    def objective(network, batch):
        loss = completion(network, batch)
        return loss if network.training else Loss(loss.value * float("nan"))

    with pytest.raises(TrainError) as caught:
        build(tmp_path, objective=objective, save_every=0).run()
    assert caught.value.problems[0].code == "T001"


# --- killed and continued -------------------------------------------------------------------------------------------


def stopping(*steps):
    """A `tell` that interrupts the run after these steps."""

    def tell(event):
        if event["event"] == "progress" and event["done"] in steps:
            raise Stopped(15)

    return tell


@pytest.mark.parametrize("full", [False, True], ids=["lora with dropout", "all weights in bf16"])
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
    settings = {**FLAT, "epochs": 9, "patience": 1}
    whole = final(build(tmp_path / "whole", settings=settings, evaluate=scores(0.5, 0.4)))
    with pytest.raises(Stopped):
        build(tmp_path / "run", settings=settings, evaluate=scores(0.5, 0.4), tell=stopping(6)).run()
    same(final(build(tmp_path / "run", settings=settings, evaluate=scores())), whole)


@pytest.mark.parametrize("full", [False, True], ids=["lora with dropout", "all weights in bf16"])
def test_killed_in_every_step_it_ends_in_the_same_bits(build, tmp_path, forked, full):
    whole = final(build(tmp_path / "whole", full=full))
    for step in range(1, 7):
        folder = tmp_path / f"at-{step}"

        def tell(event, step=step):
            if event["event"] == "progress" and event["done"] == step:
                os.kill(os.getpid(), signal.SIGKILL)

        child = build(folder, full=full, tell=tell, save_every=0)
        assert forked(child.run) == -signal.SIGKILL
        assert len(list(folder.glob("state-*"))) == min(2, step - 1)
        told = []
        same(final(build(folder, full=full, tell=told.append)), whole)
        notes = [event["text"] for event in told if event["event"] == "note"]
        assert notes == ([f"continues at step {step - 1}"] if step > 1 else [])


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
