import pytest

from assay.encode.parse import lenient, strict
from assay.nouns import Task

LABELS = Task(kind="classify", labels=("card", "card lost", "refund_status"))
FREE = Task(kind="answer")


@pytest.mark.parametrize(
    ("text", "is_strict", "is_lenient"),
    [
        ("card lost", "card lost", "card lost"),
        ("  card\n", "card", "card"),
        ("Card Lost.", None, "card lost"),  # the longer name, although `card` stands in it too
        ("The label is refund status!", None, "refund_status"),
        ("card or refund_status", None, None),  # two are named
        ("cardigan", None, None),  # a label inside a word is no label
        ("", None, None),
        ("no idea", None, None),
    ],
)
def test_labels(text, is_strict, is_lenient):
    assert (strict(LABELS, text), lenient(LABELS, text)) == (is_strict, is_lenient)


def test_labels_without_letters_only_count_as_written():
    signs = Task(kind="classify", labels=("+", "neutral"))
    assert lenient(signs, "+") == "+"
    assert lenient(signs, "...") is None
    assert lenient(signs, "it is neutral") == "neutral"


def test_labels_that_read_the_same_are_not_guessed():
    alike = Task(kind="classify", labels=("top-up", "top up"))
    assert lenient(alike, "top-up") == "top-up"
    assert lenient(alike, "Top Up") is None


@pytest.mark.parametrize(
    ("text", "is_strict", "is_lenient"),
    [
        ("30 days", "30 days", "30 days"),
        (" 30 days \n", "30 days", "30 days"),
        ("\n\n30 days\nand more", None, "30 days"),
        (" \n ", None, None),
    ],
)
def test_free_answers(text, is_strict, is_lenient):
    assert (strict(FREE, text), lenient(FREE, text)) == (is_strict, is_lenient)
