"""What a search may ask is bounded; what is said of its end follows from the numbers."""

from dataclasses import replace

import pytest

from assay.core.types import Example, Lesson, Message, Task
from assay.strategies.prompting.search.search_plan import instructions, sentence
from assay.strategies.prompting.search.successive_halving import HalvingResult, Worth

WORDS = {"card": ("plastic", "chip"), "refund": ("money", "return")}
TRAIN = tuple(
    Example(f"{word}-{n}", (Message("user", f"about the {word} number {n}"),), label)
    for label, words in WORDS.items()
    for word in words
    for n in range(3)
)
LESSON = Lesson(Task(kind="classify", labels=tuple(WORDS), instruction="Sort it well."), TRAIN)
HAND = Worth(0.5, -1.0)


def said(better, **changes):
    outcome = HalvingResult(
        best=1,
        worth=Worth(0.75, -0.5),
        hand=0,
        hand_worth=HAND,
        hand_calibrated=0.5,
        rows=40,
        calls=1200,
        last=(),
    )
    return sentence(replace(outcome, **changes), better)


def test_a_better_prompt_is_said_with_its_gain():
    assert said(True) == (
        "found prompt beats the best hand-given wording on val by 0.250 (40 rows, 1,200 calls); it"
        " was chosen there"
    )


def test_what_calibration_alone_brings_is_said_where_the_prompt_is_calibrated():
    told = said(True, worth=Worth(0.75, -0.5, {"card": 0.2}), hand_calibrated=0.6)
    assert told.endswith("which alone brings a hand-given wording +0.100")


@pytest.mark.parametrize(
    ("better", "words"),
    [(False, "the hand-given one is used"), (True, "surer of the right answers or shorter")],
)
def test_without_a_gain_none_is_claimed(better, words):
    told = said(better, worth=HAND)
    assert words in told and "beats the best hand-given wording on val by" not in told


def test_the_task_s_own_instruction_comes_first_and_what_a_model_wrote_last():
    written = ['Sure! Instruction: "Name the topic of each text."', "about the chip number 0", "x"]
    found = instructions(LESSON, written)
    assert (found[0].text, found[0].by) == ("", "task")
    # One holds a row's text, one is too short: neither is tried.
    assert [one.text for one in found if one.by == "model"] == ["Name the topic of each text."]
    assert found[-1].by == "model"


def test_instructions_that_list_the_labels_are_known():
    listing = [one.text for one in instructions(LESSON, ()) if one.lists]
    assert listing and all("- card: " in text and "- refund: " in text for text in listing)
