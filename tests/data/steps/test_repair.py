import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.core.types import Example, Means, Message
from assay.data.steps.repair import Repair


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


@pytest.mark.parametrize(
    "text", ["“quoted” text", "def f():\n    return 1", "Ｆｕｌｌ", "ﬁne", "a\n\nb", "naïve café"]
)
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


@pytest.mark.slow  # the repair of many drawn texts
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
    assert step.non_defaults() == {"lower": True}


def cases(folder, *names):
    return [
        case
        for name in names
        for case in json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    ]


@pytest.mark.real
def test_every_case_of_ftfy_that_is_expected_to_pass_gives_its_expected_text(shared_data):
    # `fixed` is what fix_text gives, with straight quotes; `fixed-encoding`, where it differs, what
    # fix_encoding gives.
    found = cases(shared_data("ftfy_mojibake", whole=True), "in-the-wild", "synthetic", "negative")
    assert len(found) == 131 and all(case["expect"] == "pass" for case in found)
    straight = Repair(plain=True, spaces=False, invisible=False)
    assert [
        case["label"] for case in found if straight.fix(case["original"]) != case["fixed"]
    ] == []
    curly = Repair(spaces=False, invisible=False)
    apart = [
        c["label"] for c in found if curly.fix(c["original"]) != c.get("fixed-encoding", c["fixed"])
    ]
    # What we do beyond fix_encoding: HTML entities are undone, control characters taken out.
    assert apart == [
        "HTML entity on top of UTF-8 / Latin-1",
        "Synthetic, negative: don't leak our internal use of byte 0x1A",
        "Synthetic, negative: U+1A on its own",
    ]


@pytest.mark.real
def test_the_known_failures_of_ftfy_are_ours(shared_data):
    found = cases(shared_data("ftfy_mojibake", whole=True), "known-failures")
    step = Repair(plain=True, spaces=False, invisible=False)
    assert len(found) == 10 and all(case["expect"] == "fail" for case in found)
    # Listed as failures of fix_encoding; the C1 controls that are left in the first, fix_text reads
    # as Windows-1252.
    assert [case["label"] for case in found if step.fix(case["original"]) != case["fixed"]] == [
        "Two levels of inconsistent mojibake",
        "A-with-grave in Vietnamese",
        "Latin-1 / MacRoman mixup in Spanish",
        "subtle UTF-8 / codepage 437 mixup in Spanish",
        "Latin-1 / MacRoman mixup in Spanish, 2 characters",
        "An example with '\u00e0' in windows-1251 where we need our heuristic to be bolder",
        "Italian UTF-8 / MacRoman mojibake that looks like math",
        "Synthetic: Incomplete UTF-8 / Windows-1252 mixup in Arabic",
        "Synthetic, false positive: the title of a manga, in weird capitalized romaji, with a"
        " non-breaking space",
    ]


@pytest.mark.parametrize(
    ("hidden", "seen"),
    [
        ("pass\u200bword", "password"),
        ("\ufeffstart", "start"),
        ("in\u00advoice", "invoice"),
        ("safe\u202etxt.exe\u202c", "safetxt.exe"),
        ("a\u2066b\u2069", "ab"),
        ("ask\U000e0069\U000e0067\U000e006e ann", "ask ann"),
        ("zero\u200dwidth \u200c joiners", "zerowidth joiners"),
    ],
)
def test_what_no_reader_sees_goes(hidden, seen, make, outcome):
    rows, _, changed = outcome(Repair(), make([(hidden, "x")]))
    assert rows[0].text == seen
    assert "invisible characters" in changed[0].reason or "encoding" in changed[0].reason
    assert Repair(invisible=False, encoding=False).fix("pass\u200bword") == "pass\u200bword"


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f469\u200d\U0001f680",  # woman astronaut: woman, joiner, rocket
        "\u2764\ufe0f\u200d\U0001f525",  # heart on fire
        # Persian "I want", which is spelt with a non-joiner
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        # flag of Scotland
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    ],
)
def test_joiners_and_tags_that_make_a_letter_or_a_picture_stay(text):
    assert Repair().fix(text) == text


def test_forms_letters_and_markup_are_choices(make, outcome):
    text = "<p>“Ｆｕｌｌ” x² of&nbsp;ﬁne</p>"
    assert Repair(encoding=False).fix(text) == text
    assert Repair(form="NFKC", markup="strip").fix(text) == "“Full” x2 of fine"
    assert Repair(plain=True, markup="strip").fix(text) == '"Full" x² of fine'
    rows, _, changed = outcome(
        Repair(markup="strip"), make([("<b>Pay</b> me", "x"), ("if a < b and b > c", "x")])
    )
    assert [row.text for row in rows] == ["Pay me", "if a < b and b > c"]
    assert [change.reason for change in changed] == ["markup"]
