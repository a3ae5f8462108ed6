import pytest

from assay.core.types import Example, Message
from assay.data.reading.known_labels import all_labels, kind_of_turns, labels_of
from assay.data.reading.read_file import RawRow

ASKED = (Message("user", "?"),)


def rows(*targets, **more):
    return [Example(str(at), ASKED, target, **more) for at, target in enumerate(targets)]


@pytest.mark.parametrize(
    ("kind", "targets", "labels"),
    [
        ("classify", ["a", "b", "a", None], {"a", "b"}),
        ("multilabel", ["a | b", "none", "c"], {"a", "b", "c"}),
        ("extract", ["place: Oslo | person: Ann", "none"], {"place", "person"}),
        ("answer", ["a long answer"], set()),
    ],
)
def test_the_labels_that_rows_have(kind, targets, labels):
    assert labels_of(rows(*targets), kind) == labels


def test_options_are_called_by_their_letters_as_many_as_a_row_has():
    examples = [*rows("A", options=("x", "y")), *rows("B", options=("x", "y", "z"))]
    assert all_labels((), examples, "choose", "") == ("A", "B", "C")


def test_listed_labels_stay_in_their_order_with_the_one_for_none_behind_them():
    assert all_labels(("b", "a"), rows("a"), "classify", "other") == ("b", "a", "other")
    assert all_labels((), rows("b", "a", "other"), "classify", "other") == ("a", "b", "other")
    assert all_labels(("b",), rows("b"), "multilabel", "other") == ("b",)


def turns(*said):
    roles = ("user", "assistant")
    return [{"role": roles[at % 2], "content": text} for at, text in enumerate(said)]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda n: turns(f"text {n}", "ab"[n % 2]), "classify"),
        (lambda n: turns(f"text {n}", f'{{"city": "Oslo {n}"}}'), "extract"),
        (lambda n: turns("Hi", "Hello", f"where is {n}?", f"it is in hall {n}"), "chat"),
        (lambda n: turns(f"where is {n}?", f"it is in hall {n}"), "answer"),
    ],
)
def test_what_conversations_ask_for_is_told_by_their_last_turns(make, kind):
    raw = [RawRow(f"a.jsonl:{n}", {"messages": make(n)}) for n in range(12)]
    found, why = kind_of_turns(raw, {"messages": "messages"})
    assert found == kind and kind in why
