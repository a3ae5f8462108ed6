"""Changes around a text that leave it as it is, or cut it."""

import random
from dataclasses import replace

import pytest

from assay.audits.robustness import context_attacks
from assay.audits.robustness.resources import Spare

TEXT = (
    "When the parcel arrives, could you tell me how long it takes to send it back? I need to"
    " know by Friday, please."
)


def draw(seed=0):
    return random.Random(seed)


def test_a_fifth_is_cut_where_the_answer_likely_survives():
    text = " ".join(f"w{i}" for i in range(20))
    some = Spare(telling=frozenset({"w3"}), cut=0.2)
    assert context_attacks.truncation(text, draw(), some) == " ".join(f"w{i}" for i in range(16))
    # what tells it is gone
    assert (
        context_attacks.truncation(text, draw(), replace(some, telling=frozenset({"w18"}))) is None
    )
    # a question without its end asks nothing
    assert context_attacks.truncation(text, draw(), replace(some, whole=True)) is None
    assert context_attacks.truncation(text, draw(), Spare(keep=frozenset({"w17"}))) is None
    assert context_attacks.truncation("too short to cut", draw(), some) is None


def test_a_long_text_has_the_row_in_its_middle():
    text = context_attacks.long(TEXT, draw(5), Spare(long=3000))
    assert 2600 < len(text) <= 3200
    middle = text.index(TEXT) + len(TEXT) / 2
    assert middle / len(text) == pytest.approx(0.5, abs=0.05)
    assert context_attacks.long(TEXT, draw(), Spare(long=150)) is None


def test_html_is_escaped_but_for_what_is_to_be_found():
    assert "<p>a &lt; b &amp; c</p>" in context_attacks.page("a < b & c", draw(), Spare())
    assert context_attacks.page("a < b", draw(), Spare(keep=frozenset({"b"}))) is None


@pytest.mark.parametrize(
    "way",
    [
        context_attacks.before,
        context_attacks.after,
        context_attacks.foreign,
        context_attacks.mail,
        context_attacks.quote,
        context_attacks.markdown,
    ],
)
def test_the_text_stands_in_what_is_put_around_it(way):
    changed = way(TEXT, draw(1), Spare())
    assert changed != TEXT and TEXT in changed


def test_every_line_of_a_quote_is_marked():
    assert context_attacks.quote("one\ntwo\n", draw(), Spare()) == "> one\n> two"


def test_a_sentence_of_another_row_stands_before_or_behind():
    beside = Spare(lines=["Nothing more for today"])
    found = {context_attacks.other_row("It hurts", draw(seed), beside) for seed in range(20)}
    assert found == {"Nothing more for today. It hurts", "It hurts. Nothing more for today"}
    assert context_attacks.other_row("It hurts", draw(), Spare()) is None


def test_other_words_keep_numbers_and_what_is_to_be_found():
    text = "Could you please tell me how I can get my 25 euros back? I cannot find Oslo."
    for seed in range(10):
        new = context_attacks.paraphrase(text, draw(seed), Spare(keep=frozenset({"oslo"})))
        assert new is None or ("25" in new and "Oslo" in new and new != text)
    assert context_attacks.paraphrase("zzz", draw(), Spare()) is None  # no rule fits


def test_without_a_translation_there_is_none():
    assert context_attacks.translation(TEXT, draw(), Spare()) is None
    assert context_attacks.translation(TEXT, draw(), Spare(translation="Wann?")) == "Wann?"
