"""The loop against a plain one written here, and a killed run against one that was left alone."""

import math

import pytest
import torch

from assay.training.batch import TrainingBatch
from assay.training.objectives.completion import completion


def final(training):
    progress = training.run()
    weights = {name: p.detach().clone() for name, p in training.change.trained.items()}
    return weights, (progress.curve, progress.best_step, progress.best_score, progress.ended)


def same(first, second):
    assert first[1] == second[1]
    assert all(torch.equal(first[0][name], weight) for name, weight in second[0].items())


# --- what a step is -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("trees", [True, False])
def test_the_loop_is_a_plain_loop_over_separate_sequences(build, tmp_path, trees):
    settings = {"trees": trees, "dropout": 0.0, "warmup": 0.3, "weight_decay": 0.1, "clip": 4.0}
    ours = build(tmp_path, settings=settings, evaluate=None, held=())
    plain = build(tmp_path / "other", settings=settings)
    ours.run()
    weights = [p for _, p in plain.change.trained.items()]
    optimiser = torch.optim.AdamW(weights, weight_decay=0.1)
    plan = plain.plan
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
        share = (
            (step + 1) / 2 if step < 2 else 0.1 + 0.45 * (1 + math.cos(math.pi * (step - 2) / 4))
        )
        optimiser.param_groups[0]["lr"] = 3e-3 * share
        optimiser.step()
        optimiser.zero_grad()
    assert min(norms) < 4.0 < max(norms)  # some steps are clipped and some are not
    for (name, mine), other in zip(ours.change.trained.items(), weights, strict=True):
        torch.testing.assert_close(
            mine, other, atol=2e-5, rtol=0, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.parametrize("trees", [True, False])
def test_steps_have_several_micro_batches_here(build, tmp_path, trees):
    plan = build(tmp_path, settings={"trees": trees}).plan
    assert plan.merges == trees
    assert all(len(plan.step(epoch, step)) > 1 for epoch in (0, 1) for step in (0, 1, 2))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(build, tmp_path):
    first = final(build(tmp_path / "a"))
    same(first, final(build(tmp_path / "b")))
    other = final(build(tmp_path / "c", seed=4))
    assert any(not torch.equal(first[0][name], weight) for name, weight in other[0].items())


@pytest.mark.slow
def test_the_curve_has_the_mean_loss_a_token_of_each_epoch(build, tmp_path):
    losses = []

    def counted(network, batch):
        loss = completion(network, batch)
        losses.append((float(loss.value.detach()), batch.tokens, network.training))
        return loss

    progress = build(tmp_path, objective=counted).run()
    curve = progress.curve
    assert [point["step"] for point in curve] == [3, 6]
    found = [[]]  # before the first step, first epoch, val, second epoch, val
    for before, now in zip([losses[0], *losses], losses, strict=False):
        if before[2] != now[2]:
            found.append([])
        found[-1].append(now[:2])
    start, first, first_val, second, second_val = [
        sum(v for v, _ in part) / sum(t for _, t in part) for part in found
    ]
    assert progress.start_loss == pytest.approx(start, abs=1e-6)
    assert [point["train_loss"] for point in curve] == pytest.approx([first, second], abs=1e-6)
    assert [point["val_loss"] for point in curve] == pytest.approx(
        [first_val, second_val], abs=1e-6
    )


def test_the_standard_error_of_the_val_loss_is_that_of_a_ratio_over_groups(build, tmp_path):
    # Six rows are six groups: the error is sqrt(n / (n - 1) * sum of squared residuals) / tokens.
    training = build(tmp_path, val=6)
    training.network.eval()
    mean, error = training._val_loss(0)
    with torch.no_grad():
        batches = [
            TrainingBatch.of([s], [0], pad=0, device=torch.device("cpu")) for s in training.held
        ]
        parts = [
            (float(completion(training.network, batch).value), batch.tokens) for batch in batches
        ]
    tokens = sum(t for _, t in parts)
    assert mean == pytest.approx(sum(v for v, _ in parts) / tokens, rel=1e-5)
    squares = sum((v - mean * t) ** 2 for v, t in parts)
    assert error == pytest.approx(math.sqrt(6 / 5 * squares) / tokens, rel=1e-3)


# --- when it ends ---------------------------------------------------------------------------------

FLAT = {"schedule": "constant", "warmup": 0.0, "dropout": 0.0}


def scores(*values):
    left = list(values)
    return lambda: left.pop(0)


@pytest.mark.slow
def test_the_best_evaluation_is_kept_and_patience_ends_the_training(build, tmp_path):
    training = build(
        tmp_path / "a", settings={**FLAT, "epochs": 5}, evaluate=scores(0.1, 0.9, 0.2, 0.3)
    )
    losses = scores(3.0, 2.0, 1.0, 1.1, 1.0)  # before the first step, and at each look
    training._val_loss = lambda step: (losses(), 0.1)
    weights, (curve, best_step, best_score, ended) = final(training)
    assert [point["val"] for point in curve] == [0.1, 0.9, 0.2, 0.3]
    assert (best_step, best_score, ended) == (
        6,
        0.9,
        "no better val score or loss in 2 evaluations",
    )
    two, _ = final(build(tmp_path / "b", settings={**FLAT, "epochs": 2}, evaluate=scores(0.1, 0.9)))
    assert all(torch.equal(two[name], weight) for name, weight in weights.items())


@pytest.mark.slow
def test_while_the_val_loss_falls_the_training_goes_on(build, tmp_path):
    training = build(tmp_path, settings={**FLAT, "epochs": 6}, evaluate=scores(*6 * [0.5]))
    losses = scores(9, 8, 7, 6, 7, 6, 5)
    training._val_loss = lambda step: (losses(), 0.1)
    progress = training.run()
    assert (progress.step, progress.ended) == (15, "no better val score or loss in 2 evaluations")


@pytest.mark.slow
def test_a_look_is_one_pass_where_the_score_tells_the_loss(build, tmp_path):
    def fitted(folder, nats):
        evaluate = scores(0.1, 0.9)
        training = build(folder, settings={**FLAT, "epochs": 2}, evaluate=evaluate, nats=nats)
        learnt = [sum(end - at for at, end in one.learnt) for one in training.held]
        asked, loss = [], training.objective
        training.objective = lambda network, batch: (
            asked.append(network.training) or loss(network, batch)
        )
        return training.run().curve, asked.count(False), learnt

    nats = [3.0, 5.0, 2.0, 1.0]
    curve, told, learnt = fitted(tmp_path / "told", lambda: nats)
    assert [point["val"] for point in curve] == [0.1, 0.9]
    assert [point["val_loss"] for point in curve] == [round(sum(nats) / sum(learnt), 6)] * 2
    # Before the first step it is computed; and at each look, where the score did not tell it.
    _, computed, _ = fitted(tmp_path / "none", list)
    assert computed == 3 * told > 0


@pytest.mark.slow
def test_few_rows_are_looked_at_as_often_as_in_three_epochs(build, tmp_path):
    """Six rows in batches of two are three steps an epoch: 14 epochs make 40 steps."""
    progress = build(tmp_path, settings={**FLAT, "epochs": "auto"}, evaluate=lambda: 0.5).run()
    assert [point["step"] for point in progress.curve] == [15, 30, 42]


@pytest.mark.slow
def test_between_equal_scores_the_lower_val_loss_is_better(build, tmp_path):
    progress = build(tmp_path, settings={**FLAT, "epochs": 4}, evaluate=lambda: 0.0).run()
    losses = [point["val_loss"] for point in progress.curve]
    assert progress.best_step == 3 * (1 + losses.index(min(losses)))


def test_without_val_rows_the_last_weights_are_kept(build, tmp_path):
    training = build(tmp_path, evaluate=None, held=())
    progress = training.run()
    assert (progress.step, progress.ended, progress.best_score) == (6, "all epochs done", None)
    assert [list(point) for point in progress.curve] == [["step", "train_loss"]] * 2
    # The loss before training is that of the first batch.
    assert progress.start_loss == pytest.approx(progress.curve[0]["train_loss"], rel=0.5)


@pytest.mark.slow
def test_without_a_score_the_lowest_val_loss_is_kept(build, tmp_path):
    progress = build(tmp_path, settings={**FLAT, "epochs": 4}, evaluate=None).run()
    losses = [point["val_loss"] for point in progress.curve]
    assert progress.best_step == 3 * (1 + losses.index(min(losses)))
    assert progress.best_score == pytest.approx(-min(losses), abs=1e-6)
    assert all("val" not in point for point in progress.curve)
