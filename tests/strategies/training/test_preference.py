"""Pairs move what is likely: the chosen answer rises over the rejected one, from where the inner
strategy left the model."""

import json
from dataclasses import replace

import pytest
import torch

from assay.config import make_strategy
from assay.config.complaints import SettingsError
from assay.config.names import arm_name
from assay.core.errors import TrainError
from assay.core.types import Task
from assay.strategies.training.full import Full
from assay.strategies.training.lora import Lora
from assay.strategies.training.preference import Preference, encode_pairs, paired, unwanted_weight
from assay.training.objectives.preference import UNRELATED, UNWANTED, WANTED
from helpers.nights import nightly_but
from helpers.problems import problem

INNER = Lora(rank=4, epochs=1, batch_size=6, learning_rate=5e-3)
QUICK = {"epochs": 2, "batch_size": 6, "learning_rate": 5e-3}


def colours(row):
    """The answer with a wrong colour."""
    return replace(row, rejected="none of these colours")


@pytest.fixture
def given(lesson, one_thread):
    own = lesson("answer")
    return replace(
        own, train=tuple(map(colours, own.train[:24])), val=tuple(map(colours, own.val[:6]))
    )


LOSSES = ("dpo", "dpo-mean", "ipo", "slic", "simpo", "orpo", "kto")


def apart(arm, rows):
    """How much more likely, in nats a row, the chosen answers are than the rejected ones."""
    chat, network = arm.model.chat, arm.model.network.eval()
    total = 0.0
    for row in encode_pairs(chat, Task(kind="answer"), rows):
        for sequence, sign in ((row, 1), (row.beside[0], -1)):
            with torch.no_grad():
                logs = network(torch.tensor([sequence.ids])).logits[0].log_softmax(-1)
            each = [float(logs[at - 1, sequence.ids[at]]) for at in sequence.targets]
            total += sign * sum(each)
    return total / len(rows)


@pytest.mark.slow
@pytest.mark.parametrize("loss", nightly_but(["dpo", "orpo", "kto"], LOSSES))
def test_the_chosen_answers_rise_over_the_rejected(given, loss):
    first = INNER.fit(replace(given, means=replace(given.means, workdir=given.workdir / "inner")))
    before = apart(first, given.val)
    arm = Preference(inner=INNER, loss=loss, **QUICK).fit(given)
    assert apart(arm, given.val) > before + 0.5
    # On val the share of pairs that are told right is said with the loss.
    assert arm.curve[-1]["val_right"] >= (0.75 if loss == "kto" else 1.0)
    arm.save(folder := given.workdir / "saved")
    again = Preference(inner=INNER, loss=loss, **QUICK).restore(folder, replace(given, train=()))
    assert apart(again, given.val) == pytest.approx(apart(arm, given.val), abs=1e-4)


@pytest.mark.slow
def test_all_weights_or_layers_of_them_go_on_from_where_they_were(given):
    inner = Full(layers=1, epochs=1, batch_size=6, learning_rate=1e-3)
    first = inner.fit(replace(given, means=replace(given.means, workdir=given.workdir / "inner")))
    arm = Preference(inner=inner, **QUICK | {"learning_rate": 1e-3}).fit(given)
    assert apart(arm, given.val) > apart(first, given.val) + 0.5


@pytest.mark.slow
def test_the_reference_is_what_the_model_said_before(given):
    arm = Preference(inner=INNER, from_base=True, **QUICK).fit(given)
    # Before the first step both answers are as likely as in the reference: the loss is log 2.
    assert arm.start_loss == pytest.approx(0.693147, abs=1e-6)
    kept = json.loads((given.workdir / "reference-train.json").read_text())
    assert len(kept) == 2 * len(given.train) and all(number < 0 for number in kept)


def test_both_answers_of_a_row_have_one_prompt(given, open_tiny):
    chat = replace(open_tiny().chat, max_length=80)
    row = replace(given.train[0].with_text("which colour " * 20), rejected="a " * 12)
    other = given.train[1]
    first, second = encode_pairs(chat, given.task, [row, other], unrelated=True)
    assert [one.label for one in first.all] == [WANTED, UNWANTED, UNRELATED]
    starts = {tuple(one.ids[: one.learnt[0][0]]) for one in first.all}
    assert len(starts) == 1 and first.cut > 0
    assert max(len(one.ids) for one in first.all) == 80
    answers = [chat.tokenizer.decode(one.ids[one.learnt[0][0] :]) for one in first.all]
    assert answers[2].startswith(other.target)  # the answer to the next question
    assert second.beside[1].targets[0] == second.learnt[0][0]


@pytest.mark.slow
def test_what_pairs_are_not_learnt_from_is_said(given):
    heard = []
    bare = tuple(replace(row, rejected=None) for row in given.val)
    means = replace(given.means, tell=heard.append)
    lesson = replace(given, train=(*given.train[:12], *bare), val=bare, means=means)
    arm = Preference(inner=INNER, from_base=True, **QUICK).fit(lesson)
    told = [one["text"] for one in heard if one["event"] == "note"]
    assert any("12 of 18 training rows" in text for text in told)
    assert any("the last weights are kept" in text for text in told) and arm.best_step == 0


@pytest.mark.slow
def test_kto_learns_wanted_answers_without_an_unwanted_one(given):
    heard = []
    bare = tuple(replace(row, rejected=None) for row in given.val)
    means = replace(given.means, tell=heard.append)
    lesson = replace(given, train=(*given.train[:4], *bare), means=means)
    assert unwanted_weight(lesson.train) == 0.75 * 10 / 4 and unwanted_weight(given.train) == 1
    arm = Preference(loss="kto", inner=INNER, from_base=True, **QUICK).fit(lesson)
    told = [one["text"] for one in heard if one["event"] == "note"]
    assert any("10 answers that are wanted and 4 that are not" in text for text in told)
    assert "weighs 1.9" in " ".join(told)
    steps = {one["total"] for one in heard if one.get("unit") == "step"}
    assert steps == {QUICK["epochs"] * -(-10 // QUICK["batch_size"])}  # all of the ten rows
    assert arm.curve[-1]["val_right"] >= 0.5


@pytest.mark.slow
def test_kto_learns_answers_of_which_no_good_one_is_known(given):
    heard = []
    bare = tuple(replace(row, rejected=None) for row in given.train)
    bad = tuple(replace(row, target=None, id=f"bad-{row.id}") for row in given.train[:12])
    means = replace(given.means, tell=heard.append)
    val = tuple(replace(row, rejected=None) for row in given.val)
    lesson = replace(given, train=bare, val=val, unwanted=bad, means=means)
    first = INNER.fit(replace(lesson, means=replace(means, workdir=given.workdir / "inner")))
    arm = Preference(loss="kto", inner=INNER, **QUICK).fit(lesson)
    assert apart(arm, given.val) > apart(first, given.val) + 0.5
    told = " ".join(one["text"] for one in heard if one["event"] == "note")
    assert "18 answers that are wanted and 12 that are not; one of these weighs 1.1" in told
    assert "last weights" not in told  # val answers need no pair either
    with problem(TrainError, "T107"):  # other losses compare two answers to one question
        Preference(loss="dpo", inner=INNER).fit(lesson)


def test_an_answer_without_a_good_one_is_its_own_sequence(given, open_tiny):
    chat = open_tiny().chat
    good, bad = replace(given.train[0], rejected=None), replace(given.train[1], target=None)
    first, second = encode_pairs(chat, given.task, [good, bad], unrelated=True)
    assert [one.label for one in first.all] == [WANTED, UNRELATED]
    assert [one.label for one in second.all] == [UNWANTED, UNRELATED]
    text = chat.tokenizer.decode(second.ids[second.learnt[0][0] :])
    assert text.startswith(bad.rejected)


def test_rows_without_a_rejected_answer_are_left_out(given):
    bare = replace(given.train[0], rejected=None)
    assert paired((bare, *given.train[:2])) == given.train[:2]
    with problem(TrainError, "T107"):
        Preference().fit(replace(given, train=(bare,)))


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"inner": {"kind": "shots", "k": 0}}, "trains no answers"),
        ({"inner": {"kind": "dpo"}}, "trains no answers"),
        ({"inner": {"kind": "lora", "initialise": "pissa"}}, "from_base: true"),
        ({"loss": "ipo", "smoothing": 0.1}, "smoothing is of dpo"),
        ({"margin": 1.0}, "margin is simpo's"),
        ({"read_first": 2}, "give it to `inner`"),
    ],
)
def test_settings_that_cannot_be(settings, part):
    with pytest.raises(SettingsError, match=part):
        make_strategy({"kind": "dpo", **settings}, {})


def test_names_that_people_look_for():
    kinds = [make_strategy({"kind": name}, {}) for name in ("dpo", "ipo", "kto", "simpo", "orpo")]
    assert [one.loss for one in kinds] == ["dpo", "ipo", "kto", "simpo", "orpo"]
    assert {one.kind for one in kinds} == {"preference"}
    names = [arm_name(one) for one in kinds]
    assert names == ["dpo-lora", "ipo-lora", "kto-lora", "simpo-lora", "orpo-lora"]
    assert kinds[0].mergeable and kinds[0].peft and kinds[0].needs("base") == ("base",)
    assert kinds[0].belongs_elsewhere(Task(kind="classify"))
    assert not kinds[0].belongs_elsewhere(Task(kind="chat"))
