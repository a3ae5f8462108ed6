"""Distances of numbers, by hand."""

import math

import pytest

from assay.core.types import Task
from assay.evaluation.metrics.absolute_error import MeanAbsoluteError
from assay.evaluation.scoring import judge
from helpers.answer_records import record

TASK = Task(kind="number", metric="mean_absolute_error")


def test_the_nearest_accepted_number_counts_and_no_number_is_0():
    rows = [
        record("10", "It is 12."),  # 2 away
        record("10", "19", also=("20",)),  # 1 from 20, 9 from 10
        record("-3", None),  # as 0: 3 away
    ]
    assert judge(rows, TASK).values["mean_absolute_error"] == pytest.approx((2 + 1 + 3) / 3)


def test_rows_whose_target_has_no_number_are_left_out():
    rows = [record("4", "5"), record("unknown", "700")]
    assert judge(rows, TASK).values["mean_absolute_error"] == 1
    assert math.isnan(judge(rows[1:], TASK).values["mean_absolute_error"])


def test_a_smaller_distance_is_the_better_row():
    scores = judge([record("4", "9"), record("4", "5")], TASK)
    assert not MeanAbsoluteError.higher_is_better
    assert scores.goodness("mean_absolute_error").tolist() == [-5, -1]
