"""Test rows that training has seen, in words."""

import pytest

from assay.reporting.leak_sentences import (
    answer_leak_sentences,
    leak_sentence,
    leaks,
    paraphrase_sentence,
)
from helpers.lines import named

NONE = {"exact": 0, "near": 0, "contained": 0, "group": 0}


def data(**audit):
    return {"audit": {**NONE, **audit}, "rows": {"test": 1264}}


def test_every_kind_of_likeness_counts_and_is_named():
    found = data(exact=3, near=2, group=1, repaired=5)
    assert leaks(found) == 6
    said = leak_sentence(found)
    assert named(said, "6", "the same text 3", "a near copy 2", "the same group 1", "5")
    assert "inside" not in said


def test_none_is_said_of_all_test_rows():
    assert leaks(data()) == 0
    assert leak_sentence(data()).startswith("0 of 1,264 test rows")
    assert leaks({"audit": {"exact": None}}) == 0  # of a report that did not look


def test_rows_in_folds_are_training_rows():
    found = {"audit": NONE, "rows": {"test": 135, "folds": 5}}
    assert named(leak_sentence(found), "135 rows", "folds", "its own")
    assert "stand in the training" not in leak_sentence(found)


def test_paraphrases_are_told_where_they_were_looked_for():
    assert paraphrase_sentence({}) == ""
    looked = {"paraphrase": 4, "paraphrase_near": 9, "paraphrase_of": 100, "paraphrase_from": 0.9}
    assert named(paraphrase_sentence(looked), "4 of 100", "0.9", "9")
    assert paraphrase_sentence(looked) in leak_sentence(data(**looked))


@pytest.mark.parametrize(
    ("share", "by_chance", "told"),
    [
        (0.009, 0.0, False),  # fewer than one in a hundred
        (0.3, 0.16, False),  # as often as any other label stands there
        (0.3, 0.14, True),
        (0.3, None, True),
    ],
)
def test_answers_in_the_text_are_told_where_they_are_more_than_chance(share, by_chance, told):
    row = {"source": "test.csv:3", "answer": "refund"}
    found = {"rows": 1000, "given": round(1000 * share), "share": share, "by_chance": by_chance}
    said = answer_leak_sentences({"given_away": {"test": {**found, "examples": [row]}}})
    assert bool(said) is told
    if said:
        assert named(said[0], "300 of 1,000", "30.0 %", "test.csv:3", "'refund'")
    assert answer_leak_sentences({}) == []
