"""What a change may use beside the text, and that none of it gives the answer away."""

import math

import pytest

from assay.audits.robustness.resources import LabelWordCounts, draw_for, spares
from assay.config.audits.robustness import Robustness
from assay.core.types import Document, Example, Message, Task

TEXT = (
    "When the parcel arrives, could you tell me how long it takes to send it back? I need to"
    " know by Friday, please."
)


def row(id, text, target="refund", **more):
    return Example(id, (Message("user", text),), target, **more)


def classify(label="refund"):
    words = {"refund": "parcel send back money", "login": "password code account screen"}
    train = [
        row(f"{name}-{i}", f"{w} number {i}", name) for name, w in words.items() for i in range(8)
    ]
    return Task(labels=tuple(sorted(words))), train


def spare_for(task, train, val=(), documents=(), **more):
    return spares(task, train, val, documents, Robustness(), long=1500, seed=3, **more)


def test_sentences_beside_a_row_are_of_its_label_and_say_least_of_it():
    task, train = classify()
    val = [
        row(f"v-{i}", f"{text} number {n} for today", label)
        for n in range(20)
        for i, (text, label) in enumerate(
            (("parcel money", "refund"), ("password screen", "login"))
        )
    ]
    val += [
        row("v-3", "it is about the other thing", "login"),
        row("v-4", "nothing more than that", "refund"),
    ]
    found = spare_for(task, train, val)
    # Of the 21 rows of a label one in twenty is taken: the others have two of the words that tell
    # their label.
    assert found(row("r", TEXT, "login")).lines == ["it is about the other thing"]
    assert found(row("r", TEXT, "refund")).lines == ["nothing more than that"]


def test_how_much_words_speak_for_a_label():
    rows = [row(f"a{i}", "dog one" if i < 6 else "cat one", "a") for i in range(10)]
    rows += [row(f"b{i}", "dog two" if i < 2 else "cat two", "b") for i in range(10)]
    counts = LabelWordCounts(rows)
    # dog: 6 of the 10 rows of a, 2 of the 10 of b; one: all and none. Each share with a row more of
    # either sort.
    assert counts.leaning("dog one bird", "a") == pytest.approx(
        math.log(7 / 12) - math.log(3 / 12) + math.log(11 / 1)
    )
    # A word tells a when three quarters of its rows are of a, as half of all are.
    assert counts.telling("a") == {"one", "dog"} and counts.telling("b") == {"two"}


def test_statements_beside_a_question_hold_no_word_of_its_answer():
    passage = Document(
        "d",
        "The ferry leaves the pier at noon every day. The tower has three hundred steps in all.",
    )
    made = spare_for(Task(kind="answer"), [], documents=[passage])
    assert made(row("r", "When does it leave?", "at noon")).lines == [
        "The tower has three hundred steps in all."
    ]
    assert not made(row("r", "How many?", "the steps")).lines


def test_what_is_asked_for_is_wrong():
    spare = spare_for(*classify())
    for id in map(str, range(40)):
        assert spare(row(id, TEXT, "refund", also=("login",))).lure not in ("refund", "login")
        assert spare(row(id, TEXT, "login")).lure == "refund"
    written = spare_for(Task(kind="answer"), [row("t", "?", "blue"), row("u", "?", "red")])
    assert written(row("r", "?", "red")).lure == "blue"
    # Pieces that an order names would stand in the text: it can only ask for none of them.
    pieces = spare_for(Task(kind="extract"), [row("t", "Bo", "person: Bo")])
    assert (
        pieces(row("r", "Ann", "person: Ann")).lure == "none"
        and pieces(row("r", "?", "none")).lure == ""
    )


def test_draws_are_of_seed_kind_and_row():
    assert draw_for(1, "typos", "a").random() == draw_for(1, "typos", "a").random()
    assert (
        len({draw_for(s, k, i).random() for s in (1, 2) for k in ("typos", "long") for i in "ab"})
        == 8
    )
