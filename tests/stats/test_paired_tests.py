"""Paired tests against known formulas: the exact test, fair coins for groups."""

import math

import numpy as np
import pytest
from scipy import stats

from assay.stats.intervals import Weights
from assay.stats.paired_tests import paired_p, swap_p


def mean(sums, n):
    return sums[..., 0] / n


def column(values):
    return np.asarray(values, dtype=float).reshape(-1, 1)


@pytest.mark.parametrize(("only_first", "only_second"), [(5, 1), (12, 4), (9, 8), (30, 11), (2, 0)])
def test_p_is_the_exact_mcnemar_test_on_right_and_wrong(only_first, only_second):
    first = column([1] * only_first + [0] * only_second + [1] * 40 + [0] * 20)
    second = column([0] * only_first + [1] * only_second + [1] * 40 + [0] * 20)
    # McNemar's exact test
    exact = stats.binomtest(only_first, only_first + only_second, 0.5).pvalue
    assert paired_p(first, second, mean) == pytest.approx(exact)
    # Sampled, as for every other metric: a second column that does not count keeps the exact way
    # shut.
    sampled = paired_p(
        np.hstack([first, first]), np.hstack([second, second]), mean, draws=20000, seed=5
    )
    assert sampled == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20000) + 1e-4)


def test_equal_strategies_have_p_one():
    rows = column([0, 1, 1, 0])
    assert paired_p(rows, rows, mean) == 1


def test_p_is_never_zero_and_depends_on_the_seed_only():
    first, second = column(np.full(200, 0.9)), column(np.full(200, 0.1))
    assert paired_p(first, second, mean, draws=500) == pytest.approx(1 / 501)
    assert paired_p(column(np.ones(300)), column(np.zeros(300)), mean) == 0.5**299  # 2 / 2^n
    random = np.random.default_rng(1)
    first, second = column(random.random(50)), column(random.random(50))
    assert paired_p(first, second, mean, seed=4) == paired_p(first, second, mean, seed=4)


def test_p_by_group_is_that_of_fair_coins_for_groups():
    # Ten groups of ten rows, nine of which one arm wins with all rows: of 2^10 ways to swap, 2 x (1
    # + 10) reach as far.
    groups = np.repeat(np.arange(10), 10)
    first = column(np.repeat([1] * 9 + [0], 10))
    second = column(np.repeat([0] * 9 + [1], 10))
    swaps = Weights(100, "swap", draws=20000, seed=1, groups=groups)
    expected = 22 / 1024
    assert swap_p(first, second, mean, swaps) == pytest.approx(
        expected, abs=4 * math.sqrt(expected / 20000)
    )
    assert paired_p(first, second, mean) < 1e-10  # what rows taken for independent would say


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="two test rows"):
        paired_p(column([1]), column([0]), mean)
    with pytest.raises(ValueError, match="one shape"):
        paired_p(column([1, 0]), column([0, 1, 1]), mean)
