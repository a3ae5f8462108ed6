"""Orders of candidates: discounted gain by hand, and the place of the first relevant one."""

import math

import pytest

from assay.core.types import Task
from assay.evaluation.scoring import judge
from helpers.answer_records import record

TASK = Task(kind="rank", metrics=("ndcg", "mrr"))


def test_values_by_hand():
    # The one relevant candidate, the second of three, is found second: a gain of 1 / log2(3).
    values = judge([record("0 1 0", "3 2 1")], TASK).values
    assert values["mrr"] == 0.5
    assert values["ndcg"] == pytest.approx(1 / math.log2(3))
    best = judge([record("2 0 1", "1 3 2")], TASK).values
    assert best == {"ndcg": 1, "mrr": 1}


def test_a_row_without_a_relevant_candidate_leaves_n_and_an_unreadable_one_has_0():
    rows = [record("1 0", "1 2"), record("0 0", "1 2"), record("1 0", None)]
    assert judge(rows, TASK).values == {"ndcg": 0.5, "mrr": 0.5}
    assert math.isnan(judge(rows[1:2], TASK).values["mrr"])
