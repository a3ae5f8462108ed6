"""Few-shot prompting is fitted: what is shown, how long an answer may be, what is refused."""

from dataclasses import replace

import pytest

import assay
from assay.core.errors import TrainError
from assay.strategies.prompting.few_shot import Shots
from helpers.problems import problem
from helpers.toy import build


def test_without_examples_the_base_is_asked_as_it_is(lesson):
    arm = Shots(k=0).fit(replace(lesson("classify"), train=()))
    question = lesson("classify").val[0].question
    system, user = arm.prompt(question)
    assert user == question.messages[-1]
    assert system.content.splitlines()[1:] == ["Labels:", "- card", "- card lost", "- refund"]
    assert arm.room == 256


def test_the_rules_of_the_policy_stand_behind_the_instruction(lesson, tmp_path):
    given_ = lesson("answer")
    task = given_.task.model_copy(update={"policy": "## Short\nBe short.\n- good: Yes.\n"})
    given_ = replace(given_, task=task)
    question, settings = given_.val[0].question, Shots(k=0, policy=True)
    arm = settings.fit(given_)
    plain = Shots(k=0).fit(given_).prompt(question)[0].content
    rules = "Keep these rules:\n- Short: Be short.\n  Good: Yes."
    assert arm.prompt(question)[0].content == f"{plain}\n{rules}"
    arm.save(tmp_path)
    assert settings.restore(tmp_path, given_).prompt(question) == arm.prompt(question)
    # A wording that has the rules already, as a prompt search leaves it, does not say them twice.
    again = Shots(k=0, policy=True, wording=arm.wording).fit(given_)
    assert again.prompt(question) == arm.prompt(question)


def test_the_room_for_an_answer_covers_the_longest_target(lesson):
    given_ = lesson("answer")
    ids = given_.open_base().chat.text_ids  # type: ignore[attr-defined]
    longest = max(len(ids(row.target)) for row in given_.train)
    assert Shots(k=1).fit(given_).room == longest * 3 // 2 + 4
    few = replace(given_, task=given_.task.model_copy(update={"max_answer_tokens": 5}))
    assert Shots(k=1).fit(few).room == 5


@pytest.mark.parametrize("settings", [{"orders": 2}, {"calibrate": "batch"}])
def test_an_empty_val_is_named(lesson, settings):
    with problem(TrainError, "T083", None, "shots"):
        Shots(**settings).fit(replace(lesson("classify"), val=()))


@pytest.mark.nightly
def test_the_report_says_what_the_orders_did(tmp_path, tiny_model):
    folder = build(
        tmp_path / "project",
        tiny_model,
        "compare:\n  - {kind: majority}\n  - {kind: shots, k: 2, orders: 2, val_rows: 3}\n",
    )
    report = assay.run(folder)
    assert "Orders of the examples: " in next(
        arm.note for arm in report.arms if arm.kind == "shots"
    )
    assert "Orders of the examples: " in (folder / "report" / "report.html").read_text()
