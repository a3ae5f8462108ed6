"""Right answers counted: unreadable, unknown and further accepted ones."""

import pytest

from assay.evaluation.scoring import judge
from helpers.answer_records import ANSWER, CLASSIFY, record, records


def test_unreadable_answers_are_wrong_and_stay_in_n():
    scores = judge(records("aab", ["a", None, "b"]), CLASSIFY)
    assert scores.n == 3
    assert scores.values["accuracy"] == pytest.approx(2 / 3)
    # a: TP 1, FN 1 -> 2/3; b: 1. No label is charged with a false positive.
    assert scores.values["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)
    free = judge([record("Paris", None), record("Paris", "paris")], ANSWER)
    assert free.values == {"exact_match": 0.5, "token_f1": 0.5}


def test_an_answer_that_is_no_label_and_a_target_that_is_none():
    scores = judge(records(["a", "new"], ["nonsense", "new"]), CLASSIFY)
    assert scores.values == {"accuracy": 0.5, "macro_f1": 0.5}


def test_further_accepted_answers_are_right():
    scores = judge([record("a", "b", also=("b",)), record("a", "a")], CLASSIFY)
    assert scores.values == {"accuracy": 1.0, "macro_f1": 1.0}
    free = judge([record("New York City", "NYC", also=("NYC",))], ANSWER)
    assert free.values == {"exact_match": 1.0, "token_f1": 1.0}
