"""Rows, weights and losses that are not as they should be: named, counted or refused, never passed
over."""

from dataclasses import replace

import pytest
import torch

from assay.core.errors import TrainError
from assay.core.types import Message
from assay.models.tokenizer.chat_tokens import Encoded
from assay.strategies.training.full import Full
from assay.strategies.training.lora import Lora
from assay.strategies.training.trained_arm import cut_to, fitting
from assay.training.objectives.completion import Loss, completion
from helpers.lines import named


def refused(work):
    with pytest.raises(TrainError) as caught:
        work()
    (problem,) = caught.value.problems
    return problem


# --- losses and gradients -------------------------------------------------------------------------


def broken(row, value):
    """The objective, but for one row of the data."""

    def objective(network, batch):
        loss = completion(network, batch)
        return Loss(loss.value * (value if row in batch.rows else 1.0), loss.count)

    return objective


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_names_the_rows_of_its_micro_batch(build, tmp_path, value):
    training = build(tmp_path, objective=broken(5, value), held=(), save_every=0)
    before = {name: p.detach().clone() for name, p in training.change.trained.items()}
    problem = refused(training.run)
    plan = training.plan
    step, part = next((i, part) for i in range(3) for part in plan.step(0, i) if 5 in part)
    assert problem.code == "T001"
    assert problem.text.startswith(f"step {step + 1}: the loss is")
    assert problem.text.endswith("the rows: " + ", ".join(training.sources[row] for row in part))
    # No step was made with it: the weights are finite, and those before it.
    assert all(torch.isfinite(p).all() for p in training.change.trained.values())
    assert step > 0 or all(
        torch.equal(p, before[name]) for name, p in training.change.trained.items()
    )
    assert all(p.grad is None for p in training.change.trained.values())


def test_the_first_layer_that_is_not_finite_is_named(build, tmp_path):
    training = build(tmp_path, held=())
    layer = training.network.get_submodule("model.layers.1.mlp.up_proj")

    def after(done, total):
        if done == 2:
            with torch.no_grad():
                layer.base_layer.weight[3, 5] = float("inf")

    training.change = replace(training.change, after=after)
    problem = refused(training.run)
    assert problem.code == "T001" and problem.text.startswith("step 3: ")
    name = "model.layers.1.mlp.up_proj.base_layer"
    assert named(problem.text, "output", name, "weight")


@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_gradient_that_is_not_finite_names_the_layer_whose_output_it_is_of(
    build, tmp_path, checkpointing
):
    training = build(tmp_path, held=(), settings={"checkpointing": checkpointing})

    def spoil(module, inputs, output):
        if output.requires_grad:
            output.register_hook(lambda grad: grad * float("nan"))

    training.network.get_submodule("model.layers.0.mlp").register_forward_hook(spoil)
    problem = refused(training.run)
    assert named(problem.text, "step 1", "loss", "nan")
    assert named(problem.text, "gradient", "model.layers.0.mlp")


def test_a_penalty_that_is_no_number_stops_too(build, tmp_path):
    training = build(tmp_path, held=())
    weight = next(iter(training.change.trained.values()))
    training.change = replace(training.change, penalty=lambda: weight.sum() * float("nan"))
    assert refused(training.run).code == "T001"


@pytest.mark.slow
def test_a_val_loss_that_is_no_number_names_the_layer(build, tmp_path):
    def objective(network, batch):
        loss = completion(network, batch)
        return loss if network.training else Loss(loss.value * float("nan"), loss.count)

    problem = refused(build(tmp_path, objective=objective).run)
    assert (problem.code, problem.text) == ("T001", "step 0: the loss on the val rows is nan")
    training = build(tmp_path)
    training.change = replace(
        training.change,
        after=lambda done, total: training.network.model.norm.weight.data.fill_(float("inf")),
    )
    training.settings = training.settings.model_copy(update={"batch_size": 12, "epochs": 1})
    assert (
        "step 1: the loss on the val rows is nan; not finite first: the output of model.norm"
        in refused(training.run).text
    )


def test_weights_that_are_not_finite_are_never_saved(build, tmp_path):
    training = build(tmp_path, held=(), save_every=0)
    name, weight = next(iter(training.change.trained.items()))
    training.change = replace(
        training.change, after=lambda done, total: weight.data.fill_(float("nan"))
    )
    problem = refused(training.run)
    assert named(problem.text, "step 1", name)
    assert not list(tmp_path.glob("state-*"))


# --- models and what is trained -------------------------------------------------------------------


def test_a_model_that_holds_nan_is_told_from_a_run_that_diverged(build, tmp_path):
    def spoil(model):
        with torch.no_grad():
            model.network.model.layers[0].mlp.up_proj.weight[1, 2] = float("nan")
            model.network.model.norm.weight[0] = float("inf")

    problem = refused(build(tmp_path, before=spoil).run)
    assert problem.code == "T011"
    assert named(problem.text, "model.layers.0.mlp.up_proj", "1 more")


@pytest.mark.parametrize("others", [False, True])
def test_parameters_that_the_loss_does_not_reach_are_refused(build, tmp_path, others):
    training = build(tmp_path, held=())
    if not others:
        training.network.requires_grad_(False)
    lost = torch.nn.Parameter(torch.ones(3))
    training.change = replace(training.change, trained={"lost": lost})
    assert refused(training.run).code == "T012"


def test_checkpointing_that_cannot_be_had_is_refused(build, tmp_path):
    training = build(tmp_path, settings={"checkpointing": True})
    training.change = replace(training.change, soft=lambda: None)
    assert refused(training.run).code == "T015"


# --- rows with nothing to learn -------------------------------------------------------------------


def silenced(training, rows):
    return [replace(s, learnt=()) if i in rows else s for i, s in enumerate(training.sequences)]


@pytest.mark.slow
def test_a_row_without_learnt_tokens_is_legal_beside_others(build, tmp_path):
    training = build(tmp_path, settings={"batch_size": 12, "micro_tokens": 64})
    training.sequences = silenced(training, (2, 3, 4))
    progress = training.run()
    assert (progress.step, progress.skipped) == (2, 0)


@pytest.mark.slow
def test_a_step_without_learnt_tokens_is_skipped_and_counted(build, tmp_path):
    # Batches of one row: rows 2 and 7 are a step of their own in each of two epochs.
    settings = {"batch_size": 1, "dropout": 0.0}
    training = build(tmp_path / "a", settings=settings, held=())
    training.sequences = silenced(training, (2, 7))
    plan, seen = training.plan, []
    training.change = replace(training.change, after=lambda done, total: seen.append(done))
    progress = training.run()
    rows = [plan.step(step // 12, step % 12)[0][0] for step in range(24)]
    assert progress.skipped == 4 and progress.step == 24
    assert seen == [step + 1 for step, row in enumerate(rows) if row not in (2, 7)]


@pytest.mark.slow
def test_rows_that_all_have_nothing_to_learn_change_nothing(build, tmp_path):
    training = build(tmp_path, held=())
    training.sequences = silenced(training, range(12))
    before = {name: p.detach().clone() for name, p in training.change.trained.items()}
    assert training.run().skipped == 6
    assert all(torch.equal(p, before[name]) for name, p in training.change.trained.items())


@pytest.mark.slow
def test_skipped_steps_are_a_warning(lesson, one_thread):
    told = []
    given = lesson("answer", tell=told.append)
    Lora(epochs=1, batch_size=6).fit(given)
    assert not [e for e in told if e.get("code") == "T014"]
    # The answer is cut off where the question alone fills the row.
    from assay.strategies.training import trained_arm

    def encode(chat, task, examples):
        return [replace(s, learnt=()) for s in trained_arm.sequences_of(chat, task, examples)]

    settings = Lora(epochs=1, batch_size=6)
    model = settings.open(given)
    arm = trained_arm.Tuned(model, given.task, 8, lambda folder: None)
    trained_arm.train(
        replace(given, val=()), settings, model, settings.change(model, given), arm, encode=encode
    )
    (warning,) = [e for e in told if e.get("code") == "T014"]
    assert warning["count"] == 3


# --- rows that are too long -----------------------------------------------------------------------


def poisoned(given, words=1000):
    """The lesson with a question of so many words, an answer of as many, and an empty question.
    Without val: what is asked there may be answered at such length."""
    long = given.train[0].with_text("grass " * words)
    wordy = replace(given.train[1], target="green " * words)
    empty = replace(given.train[2], messages=(Message("user", ""),))
    return replace(given, train=(long, wordy, empty, *given.train[3:]), val=())


@pytest.mark.slow
def test_poisoned_rows_are_cut_and_counted(lesson, one_thread):
    told = []
    given = poisoned(lesson("answer", tell=told.append), words=30_000)
    settings = Lora(epochs=1, max_length=60, batch_size=6)
    settings.fit(given)
    assert [(e["code"], e["count"]) for e in told if e["event"] == "warning"] == [("D048", 2)]


@pytest.mark.slow
def test_rows_that_are_too_long_are_left_out_when_told(lesson, one_thread):
    told = []
    given = poisoned(lesson("answer", tell=told.append))
    Lora(epochs=1, max_length=60, batch_size=4, too_long="drop").fit(given)
    (warning,) = [e for e in told if e["event"] == "warning"]
    assert (warning["code"], warning["count"]) == ("D048", 2) and warning["text"].endswith(
        "were left out"
    )
    steps = [e for e in told if e["event"] == "progress" and e["unit"] == "step"]
    assert steps[-1]["total"] == 4  # 18 rows less 2, in batches of 4


def test_rows_that_are_too_long_are_refused_when_told(lesson):
    given = poisoned(lesson("answer"))
    problem = refused(lambda: Lora(epochs=1, max_length=60, too_long="refuse").fit(given))
    assert problem.code == "T013"
    assert named(problem.text, "2", "60 tokens", given.train[0].source, given.train[1].source)


def test_nothing_is_left_when_every_row_is_too_long(lesson):
    given = lesson("answer")
    problem = refused(lambda: Full(epochs=1, max_length=16, too_long="drop").fit(given))
    assert problem.code == "T002"


def test_a_cut_sequence_learns_what_is_left_of_it():
    whole = Encoded(list(range(10)), ((2, 4), (6, 10)))
    assert cut_to(whole, 10) is whole
    assert cut_to(whole, 8) == Encoded(list(range(8)), ((2, 4), (6, 8)), cut=2)
    assert cut_to(whole, 5) == Encoded(list(range(5)), ((2, 4),), cut=5)


def test_val_rows_are_cut_whatever_is_said_of_training_rows():
    rows = [object(), object()]
    sequences = [Encoded([1, 2, 3], ((1, 3),)), Encoded([1], ((0, 1),))]
    for told in ("cut", "drop", "refuse"):
        found = fitting(rows, sequences, Lora(too_long=told), 2, "val")  # type: ignore[arg-type]
        assert (found.examples, [len(s.ids) for s in found.sequences], found.count) == (
            rows,
            [2, 1],
            1,
        )
