"""Changes of the letters alone."""

import random

import pytest

from assay.audits.robustness import typos
from assay.audits.robustness.resources import Spare

TEXT = (
    "When the parcel arrives, could you tell me how long it takes to send it back? I need to"
    " know by Friday, please."
)


def draw(seed=0):
    return random.Random(seed)


def test_case():
    assert typos.upper("Ab c", draw(), Spare()) == "AB C"
    assert typos.title("the card isn't here", draw(), Spare()) == "The Card Isn't Here"
    assert typos.lower("as it is", draw(), Spare()) is None


def test_spaces_change_and_no_letter_does():
    lost, broken = (way(TEXT, draw(2), Spare(rate=0.3)) for way in (typos.join_words, typos.split))
    assert lost.replace(" ", "") == broken.replace(" ", "") == TEXT.replace(" ", "")
    assert lost.count(" ") < TEXT.count(" ") < broken.count(" ")
    assert (
        typos.join_words("one", draw(), Spare()) is None
        and typos.split("so it is", draw(), Spare()) is None
    )


@pytest.mark.slow
def test_the_rate_is_that_of_the_words():
    text = " ".join(["abcdefgh"] * 2000)
    for way in (typos.join_words, typos.split):
        moved = abs(len(way(text, draw(3), Spare(rate=0.2))) - len(text))
        # 2,000 draws of 0.2: 400, give or take four standard deviations of 18.
        assert moved == pytest.approx(400, abs=72)


def test_marks():
    assert typos.drop_punctuation("Well, is it 3.5? Yes!", draw(), Spare()) == "Well is it 3.5 Yes"
    assert typos.repeat_punctuation("Is it? Yes.", draw(0), Spare()) in {
        f"Is it{m} Yes{m}" for m in ("!!!", "...", "?!?")
    }
    assert "".join(typos.spread(TEXT, draw(), Spare()).split()) == "".join(TEXT.split())


def test_slips_hit_other_words_than_those_that_the_target_names():
    changed = typos.typos(TEXT, draw(4), Spare(rate=0.5, keep=frozenset({"parcel", "friday"})))
    assert changed != TEXT and {"parcel", "Friday"} <= set(changed.replace(",", " ").split())
    assert typos.typos(TEXT, draw(4), Spare(rate=0.5)) == typos.typos(
        TEXT, draw(4), Spare(rate=0.5)
    )


def test_a_space_beside_a_word_that_stays_is_not_lost():
    kept = Spare(rate=1.0, keep=frozenset({"parcel"}))
    assert typos.join_words("when the parcel arrives here", draw(), kept) == (
        "whenthe parcel arriveshere"
    )
