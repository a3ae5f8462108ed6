"""F1 of named pieces: seqeval's example and counts by hand."""

import pytest

from assay.core.types import Task
from assay.evaluation.scoring import judge
from helpers.answer_records import record, records

EXTRACT = Task(kind="extract", labels=("MISC", "PER"))


def test_entity_f1_is_that_of_whole_pieces():
    # seqeval's own example (its README): one of two pieces of each side is right, F1 0.50.
    targets = ["MISC: Foreign Secretary Today", "PER: Jack London"]
    named = ["MISC: the Foreign Secretary Today", "PER: Jack London"]
    scores = judge(records(targets, named), EXTRACT)
    assert scores.values["entity_f1"] == 0.5
    assert scores.of_rows("entity_f1").tolist() == [0, 1]
    # 3 right, 4 named, 5 to find: 2 x 3 / 9. Types count, each piece once, an unreadable answer
    # names nothing.
    targets = ["A: x | A: x | B: y", "A: z", "B: w", "none"]
    named = ["A: x | A: x | A: y", "A: z", None, "none"]
    scores = judge(records(targets, named), EXTRACT)
    assert scores.rows["entity_f1"].tolist() == [[2, 3, 3], [1, 1, 1], [0, 0, 1], [0, 0, 0]]
    assert scores.values["entity_f1"] == pytest.approx(2 * 3 / 9)
    assert judge(records(["none"], ["none"]), EXTRACT).values["entity_f1"] == 1


def test_of_several_accepted_answers_the_one_that_is_met_best_counts():
    scores = judge([record("A: x | A: y", "A: x", also=("A: x",))], EXTRACT)
    assert scores.rows["entity_f1"].tolist() == [[1, 1, 1]]
