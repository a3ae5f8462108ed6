"""Rows: through JSON and back, and what of them gives an answer away."""

import json
from dataclasses import replace

from assay.core.examples import Checks, Document, Example, Message

ROW = Example(
    "a",
    (Message("system", "Be brief."), Message("user", "Where?"), Message("assistant", "Here.")),
    target="",
    also=("x", "y"),
    rejected="no",
    context=(Document("d", "text", "d.md:3", "2024", (("team", "x"),)), Document("e", "plain")),
    group="g",
    slices=(("lang", "de"),),
    source="rows.csv:2",
    time=5.0,
    found_in=("d",),
    options=("one", "two"),
    checks=Checks(("assert f(1)",), "import math", "shop"),
)


def test_a_row_comes_back_from_json_as_it_was():
    for row in (ROW, Example("b", (Message("user", ""),)), replace(ROW, target=None, checks=None)):
        assert Example.from_json(json.loads(json.dumps(row.to_json()))) == row
    # An empty target is another thing than none.
    assert ROW.to_json()["target"] == "" and "target" not in replace(ROW, target=None).to_json()


def test_a_question_gives_nothing_away_and_keeps_what_is_asked():
    question = ROW.question
    assert (question.target, question.also, question.rejected) == (None, (), None)
    assert (question.found_in, question.checks) == ((), None)
    for name in ("messages", "context", "options", "slices", "group"):
        assert getattr(question, name) == getattr(ROW, name)


def test_the_text_is_what_is_said_without_the_instruction():
    assert ROW.text == "Where?\nHere."
    assert Example("a", (Message("user", "Where?"),)).text == "Where?"
    assert Example("a", (Message("system", "Be brief."),)).text == ""


def test_another_text_replaces_the_last_message_alone():
    changed = ROW.with_text("There.")
    assert [message.content for message in changed.messages] == ["Be brief.", "Where?", "There."]
    assert changed.messages[-1].role == "assistant" and ROW.messages[-1].content == "Here."
