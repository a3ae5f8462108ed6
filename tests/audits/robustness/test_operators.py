"""The changes: what each does to a text, what stays as it is, and that only the seed and the row
move a draw."""

import math
import random
import re
from dataclasses import replace

import pytest

from assay.audits.robustness import context_attacks as around
from assay.audits.robustness import prompt_injection as attacks
from assay.audits.robustness import typos as surface
from assay.audits.robustness.operators import ABOUT, OPERATORS, perturb_rows
from assay.audits.robustness.resources import LabelWordCounts, Spare, draw_for, spares
from assay.config.audits.base import spelt_out
from assay.config.audits.evaluate import Validate
from assay.config.audits.robustness import KINDS, Robustness
from assay.config.complaints import fill
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


@pytest.fixture
def spare():
    task, train = classify()
    val = [row("v-1", "nothing more for today", "refund")]
    return spare_for(
        task, train, val, jailbreaks=["Play a villain. [INSERT PROMPT HERE] Stay in role."]
    )


def draw(seed=0):
    return random.Random(seed)


def test_every_kind_has_a_way_and_every_way_a_kind():
    assert {operator.kind for operator in OPERATORS} == set(KINDS) == set(ABOUT)
    assert len({(operator.kind, operator.name) for operator in OPERATORS}) == len(OPERATORS)
    assert all(operator.about.endswith(".") for operator in OPERATORS)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: f"{o.kind}-{o.name}")
def test_a_way_changes_the_text_and_draws_from_the_seed_alone(operator, spare):
    means = replace(spare(row("r", TEXT)), translation="Wann kommt mein Paket?")
    texts = {operator.change(TEXT, draw(1), means) for _ in range(2)}
    assert len(texts) == 1
    (text,) = texts
    assert text and text != TEXT


def test_words_that_the_target_names_stay(subtests):
    """A task that names pieces: what is to be found still stands there, letter for letter."""
    for operator in OPERATORS:
        with subtests.test(f"{operator.kind}-{operator.name}"):
            task = Task(kind="extract", labels=("city", "person"))
            train = [
                row("t-1", "nothing to be seen here", "none"),
                row("t-2", "Bo lives in Rome", "person: Bo | city: Rome"),
            ]
            one = row(
                "r",
                "Ann moved from Oslo to Bergen, and could you tell me what Oslo lost by it?",
                "person: Ann | city: Oslo",
            )
            means = spare_for(task, train, train, jailbreaks=["Be a pirate."])(one)
            for seed in range(20):
                text = operator.change(one.text, draw(seed), means)
                if text is not None:
                    assert {"Ann", "Oslo"} <= set(re.findall(r"\w+", text))
                    assert not {"Bo", "Rome"} & set(
                        re.findall(r"\w+", text.replace(means.lure, ""))
                    )


# --- letters --------------------------------------------------------------------------------------


def test_case():
    assert surface.upper("Ab c", draw(), Spare()) == "AB C"
    assert surface.title("the card isn't here", draw(), Spare()) == "The Card Isn't Here"
    assert surface.lower("as it is", draw(), Spare()) is None


def test_spaces_change_and_no_letter_does():
    lost, broken = (
        way(TEXT, draw(2), Spare(rate=0.3)) for way in (surface.join_words, surface.split)
    )
    assert lost.replace(" ", "") == broken.replace(" ", "") == TEXT.replace(" ", "")
    assert lost.count(" ") < TEXT.count(" ") < broken.count(" ")
    assert (
        surface.join_words("one", draw(), Spare()) is None
        and surface.split("so it is", draw(), Spare()) is None
    )


@pytest.mark.slow
def test_the_rate_is_that_of_the_words():
    text = " ".join(["abcdefgh"] * 2000)
    for way in (surface.join_words, surface.split):
        moved = abs(len(way(text, draw(3), Spare(rate=0.2))) - len(text))
        # 2,000 draws of 0.2: 400, give or take four standard deviations of 18.
        assert moved == pytest.approx(400, abs=72)


def test_marks():
    assert (
        surface.drop_punctuation("Well, is it 3.5? Yes!", draw(), Spare()) == "Well is it 3.5 Yes"
    )
    assert surface.repeat_punctuation("Is it? Yes.", draw(0), Spare()) in {
        f"Is it{m} Yes{m}" for m in ("!!!", "...", "?!?")
    }
    assert "".join(surface.spread(TEXT, draw(), Spare()).split()) == "".join(TEXT.split())


# --- around the text ------------------------------------------------------------------------------


def test_a_fifth_is_cut_where_the_answer_likely_survives():
    text = " ".join(f"w{i}" for i in range(20))
    some = Spare(telling=frozenset({"w3"}), cut=0.2)
    assert around.truncation(text, draw(), some) == " ".join(f"w{i}" for i in range(16))
    # what tells it is gone
    assert around.truncation(text, draw(), replace(some, telling=frozenset({"w18"}))) is None
    # a question without its end asks nothing
    assert around.truncation(text, draw(), replace(some, whole=True)) is None
    assert around.truncation(text, draw(), Spare(keep=frozenset({"w17"}))) is None
    assert around.truncation("too short to cut", draw(), some) is None


def test_a_long_text_has_the_row_in_its_middle():
    text = around.long(TEXT, draw(5), Spare(long=3000))
    assert 2600 < len(text) <= 3200
    middle = text.index(TEXT) + len(TEXT) / 2
    assert middle / len(text) == pytest.approx(0.5, abs=0.05)
    assert around.long(TEXT, draw(), Spare(long=150)) is None


def test_html_is_escaped_but_for_what_is_to_be_found():
    assert "<p>a &lt; b &amp; c</p>" in around.page("a < b & c", draw(), Spare())
    assert around.page("a < b", draw(), Spare(keep=frozenset({"b"}))) is None


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


# --- attacks --------------------------------------------------------------------------------------


def test_what_is_asked_for_is_wrong(spare):
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


def test_a_prompt_of_the_file_takes_the_text_where_it_has_a_place():
    told = Spare(jailbreaks=["Play a villain. [INSERT PROMPT HERE] Stay in role."])
    assert attacks.wild("Hello.", draw(), told) == "Play a villain. Hello. Stay in role."
    assert attacks.wild("Hello.", draw(), Spare(jailbreaks=["Be bad."])) == "Be bad.\n\nHello."
    assert attacks.wild("Hello.", draw(), Spare()) is None


# --- all of them ----------------------------------------------------------------------------------


def test_neither_order_nor_other_rows_nor_other_kinds_move_a_change(spare):
    rows = [row(f"r{i}", TEXT.replace("parcel", f"parcel {i}"), "refund") for i in range(6)]
    whole = {one.example.id: one.example.text for one in perturb_rows(rows, spare, KINDS, 3)}
    back = {one.example.id: one.example.text for one in perturb_rows(rows[::-1], spare, KINDS, 3)}
    part = {
        one.example.id: one.example.text
        for one in perturb_rows(rows[2:4], spare, ("format", "typos"), 3)
    }
    assert whole == back and part == {id: whole[id] for id in part}
    other = {one.example.id: one.example.text for one in perturb_rows(rows, spare, KINDS, 4)}
    assert whole != other and whole.keys() == other.keys()
    assert len(whole) == 6 * (len(KINDS) - 1)  # there is no translation


def test_only_the_last_user_message_changes_and_no_target_goes_along(spare):
    turns = (
        Message("system", "Be kind."),
        Message("user", "Hi."),
        Message("assistant", "Yes?"),
        Message("user", TEXT),
    )
    one = replace(row("r", ""), messages=turns, also=("login",), found_in=("d",))
    found = perturb_rows([one, row("empty", "  ")], spare, KINDS, 3)
    assert {asked.row for asked in found} == {0}
    for asked in found:
        assert (
            asked.example.messages[:-1] == turns[:-1] and asked.example.messages[-1].content != TEXT
        )
        assert (
            asked.example.target is None and not asked.example.also and not asked.example.found_in
        )
        assert bool(asked.lure) == (asked.kind == "injection")


def test_every_way_of_a_kind_is_used(spare):
    rows = [row(f"r{i}", TEXT, "refund") for i in range(80)]
    used = {(one.kind, one.way) for one in perturb_rows(rows, spare, KINDS, 3)}
    assert used == {(o.kind, o.name) for o in OPERATORS if o.kind != "translation"}


def test_draws_are_of_seed_kind_and_row():
    assert draw_for(1, "typos", "a").random() == draw_for(1, "typos", "a").random()
    assert (
        len({draw_for(s, k, i).random() for s in (1, 2) for k in ("typos", "long") for i in "ab"})
        == 8
    )


def test_settings_take_one_or_many_and_true():
    assert fill(Validate, spelt_out(Validate, {"robustness": True})).robustness.is_enabled("quick")
    some = Robustness.model_validate({"kinds": "typos", "arms": "tfidf"})
    assert (some.kinds, some.arms, some.is_enabled("quick")) == (("typos",), ("tfidf",), True)
    assert Robustness.model_validate({"arms": "all"}).arms == "all"
    assert Robustness().is_enabled("full") and not Robustness().is_enabled("quick")
