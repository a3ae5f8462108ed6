import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assay.curate.steps.repair import Repair
from assay.nouns import Example, Means, Message


@pytest.mark.parametrize(
    ("broken", "whole", "reason"),
    [
        ("CafÃ© at nine", "Café at nine", "encoding"),
        ("Tom &amp; Ann", "Tom & Ann", "encoding"),
        ("a\x00b", "ab", "encoding"),
        ("Cafe\u0301", "Café", "Unicode form"),
        ("  two   words \t", "two words", "white space"),
        ("one\xa0two", "one two", "white space"),
        ("one \n\n\n\ntwo", "one\n\ntwo", "white space"),
    ],
)
def test_repairs(broken, whole, reason, make, outcome):
    rows, _, changed = outcome(Repair(), make([(broken, "x")]))
    assert rows[0].text == whole
    assert changed[0].reason == reason


@pytest.mark.parametrize("text", ["“quoted” text", "def f():\n    return 1", "Ｆｕｌｌ", "ﬁne", "a\n\nb", "naïve café"])
def test_what_may_carry_meaning_stays(text, make, outcome):
    rows, _, changed = outcome(Repair(), make([(text, "x")]))
    assert rows[0].text == text
    assert not changed


def test_targets_are_repaired_like_texts(make, outcome):
    rows, _, _ = outcome(Repair(), make([("a", " refund "), ("b", "CafÃ©")]))
    assert [row.target for row in rows] == ["refund", "Café"]


def test_lower_case_is_a_choice(make, outcome):
    rows, _, changed = outcome(Repair(lower=True), make([("My CARD", "Lost")]))
    assert (rows[0].text, rows[0].target, changed[0].reason) == ("my card", "lost", "lower case")


@settings(max_examples=300)
@given(st.text() | st.text("\x80\r\x9bßÃ©â€™&amp; \n\xa0\u0301e"))
@example("\x80\r\x9bß")
def test_repairing_twice_is_repairing_once(text):
    step = Repair()
    once = step.fix(text)
    again = step.one(Example("a", (Message("user", once),), "x"), Means())
    assert again == Example("a", (Message("user", once),), "x")


def test_settings_survive_json():
    step = Repair(lower=True)
    assert Repair.model_validate(json.loads(step.model_dump_json())) == step
    assert step.changed() == {"lower": True}
