"""Where a kind's own metric hardly tells strategies apart, and which one does."""

import pytest

from assay.core.types import Example, Message
from assay.tasks.metric_choice import choose_metric, dominant_label


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ({"ham": 80, "spam": 20}, ("ham", 0.8)),
        ({"spam": 1, "ham": 9}, ("ham", 0.9)),
        ({"ham": 79, "spam": 21}, None),
        ({"a": 3, "b": 3, "c": 3}, None),
        ({"ham": 7}, None),  # there is nothing to tell it from
        ({}, None),
    ],
)
def test_a_label_with_four_fifths_of_the_rows(rows, found):
    assert dominant_label(rows) == found


def rows(*pairs: tuple[str, str]) -> list[Example]:
    return [
        Example(f"{i}", (Message("user", text),), target) for i, (text, target) in enumerate(pairs)
    ]


FLAT, SUM = ("A flat with two rooms.", "812"), ("How much is 2 and 3?", "5")


@pytest.mark.parametrize(
    ("kind", "labels", "examples", "metric"),
    [
        ("classify", {"ham": 93, "spam": 7}, [], "macro_f1"),
        ("classify", {"ham": 5, "spam": 5}, [], None),
        ("multilabel", {"ham": 93, "spam": 7}, [], None),
        ("number", {}, rows(FLAT, FLAT, SUM), "r2"),
        ("number", {}, rows(FLAT, SUM, SUM), None),  # most are asked
        ("number", {}, rows(FLAT, (FLAT[0], "2 x 406\n#### 812")), None),  # worked out
        ("number answer", {}, rows(FLAT, SUM, SUM), None),
        ("number final_answer", {}, rows(FLAT, SUM, SUM), None),
        ("number price", {}, rows(FLAT, SUM, SUM), "r2"),
        ("number", {}, [], None),
        ("answer", {}, rows(("Why?", "because " * 11), ("Why?", "so " * 11)), "token_f1"),
        ("answer", {}, rows(("Where?", "in Oslo"), ("Why?", "so " * 11)) * 2, "token_f1"),
        ("answer", {}, rows(("Where?", "in Oslo")), None),
        ("summarise", {}, rows(("A text.", "so " * 30)), None),
    ],
)
def test_which_metric_tells_strategies_apart(kind, labels, examples, metric):
    kind, _, field = kind.partition(" ")
    found = choose_metric(kind, labels, examples, field)
    assert (found and found.metric) == metric


def test_the_reason_names_the_label_and_steers_no_terminal():
    found = choose_metric("classify", {"\x1b[31mham": 93, "spam": 7}, [])
    assert "ham' has 93% of the rows" in found.why and "\x1b" not in found.why


def test_pairs_are_judged_by_who_is_preferred():
    pair = rows(("Who?", "Ann"), ("Where?", "Here"))
    paired = [Example(one.id, one.messages, one.target, rejected="No.") for one in pair]
    found = choose_metric("answer", {}, paired)
    assert found is not None and found.metric == "preference_accuracy"
    assert "length_controlled_preference" in found.shown
    assert choose_metric("answer", {}, pair) is None
