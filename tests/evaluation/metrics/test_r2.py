"""The share of the variance that answered numbers explain, against scikit-learn's."""

import math

import numpy as np
import pytest
from sklearn.metrics import r2_score

from assay.core.types import Task
from assay.evaluation.metrics.r2 import R2
from assay.evaluation.scoring import judge
from assay.stats.intervals import metric_value
from helpers.answer_records import record

TASK = Task(kind="number", metric="r2")


def value(*pairs):
    return judge([record(target, said) for target, said in pairs], TASK).values["r2"]


@pytest.mark.parametrize("many", [2, 7, 40])
def test_it_is_scikit_learns(many):
    draw = np.random.default_rng(many)
    targets = draw.normal(50, 20, many).round(2)
    said = (targets + draw.normal(0, 15, many)).round(2)
    pairs = [(f"{one}", f"{other}") for one, other in zip(targets, said, strict=True)]
    assert value(*pairs) == pytest.approx(max(-1, r2_score(targets, said)))
    assert value(*((one, one) for one, _ in pairs)) == 1


def test_the_mean_has_0_and_what_is_further_off_less():
    assert value(("1", "4"), ("3", "4"), ("8", "4")) == 0
    assert value(("1", "5"), ("3", "3"), ("8", "4")) == 1 - 32 / 26
    assert value(("1", "8"), ("3", "3"), ("8", "2021")) == -1  # no worse than that
    # all targets are one number
    assert value(("3", "3"), ("3", "3")) == 1 and value(("3", "3"), ("3", "4")) == 0


def test_no_number_is_0_and_rows_without_one_are_left_out():
    assert value(("2", None), ("4", "4")) == 1 - 4 / 2  # the mean is 3
    assert value(("2", "2"), ("4", "4"), ("unknown", "700")) == 1
    assert math.isnan(value(("unknown", "7")))


def test_the_nearest_accepted_number_counts():
    near = judge([record("10", "19", also=("20",)), record("30", "30")], TASK)
    assert near.values["r2"] == 1 - 1 / 200


def test_rows_have_the_value_as_their_mean():
    scores = judge([record("1", "2"), record("3", "3"), record("9", "4")], TASK)
    assert scores.of_rows("r2").mean() == pytest.approx(scores.values["r2"])
    assert scores.goodness("r2").argmin() == 2


def test_draws_and_slices_are_sums_of_columns():
    metric = R2()
    columns = metric.rows([record("1", "2"), record("3", "3"), record("9", "4")], TASK)
    both = np.stack([columns.sum(0), columns[1:].sum(0)])
    assert metric.total(both, np.array([3.0, 2.0])) == pytest.approx(
        [metric_value(columns, metric.total), metric_value(columns[1:], metric.total)]
    )
    assert np.isnan(metric.total(np.zeros(3), np.float64(0)))
