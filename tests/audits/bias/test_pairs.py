"""Pairs of questions that differ in one thing."""

from assay.audits.bias.pairs import pairs_of
from assay.core.types import Example, Message


def asked(id, text):
    return Example(id, (Message("user", text),))


ROWS = [
    asked("a", "My son lost his card"),
    asked("b", "Close the account"),
    asked("c", "Ask Emily, please"),
]


def test_every_row_is_framed_and_those_with_a_term_are_swapped():
    pairs = pairs_of(ROWS, ("gender", "names"), 100, seed=1)
    by = {(p.source, p.group, p.row): (p.first.text, p.second.text) for p in pairs}
    assert by["text", "gender", "a"] == ("My son lost his card", "My daughter lost her card")
    assert by["text", "names", "c"] == ("Ask Emily, please", "Ask Lakisha, please")
    assert not any(source == "text" and row == "b" for source, _, row in by)
    assert (
        sum(p.source == "frame" for p in pairs) == 6
        and sum(p.source == "control" for p in pairs) == 3
    )
    for (source, _, row), (first, second) in by.items():
        if source != "text":
            text = next(r.text for r in ROWS if r.id == row)
            assert first.endswith(f" {text}") and second.endswith(f" {text}") and first != second


def test_pairs_are_the_same_for_one_seed_and_no_more_than_asked_for():
    assert pairs_of(ROWS, ("gender",), 1, seed=1) == pairs_of(ROWS, ("gender",), 1, seed=1)
    assert len(pairs_of(ROWS, ("gender",), 1, seed=1)) == 3
