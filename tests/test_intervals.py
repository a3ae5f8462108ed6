"""The statistics hold their promises: known formulas, other libraries, coverage by simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from assay.intervals import (
    Weights,
    interval,
    metric_interval,
    on_other_rows,
    paired_interval,
    paired_p,
    rows_needed,
    swap_p,
)


def mean(sums, n):
    return sums[..., 0] / n


def column(values):
    return np.asarray(values, dtype=float).reshape(-1, 1)


def test_width_matches_the_normal_formula():
    # For a mean, the bootstrap interval tends to +-1.96 s/sqrt(n) of the paired differences.
    random = np.random.default_rng(3)
    first, second = column(random.normal(1, 1, 800)), column(random.normal(0, 1, 800))
    half = 1.959964 * (first - second).std() / math.sqrt(800)
    found = paired_interval(first, second, mean, draws=8000, seed=1)
    assert found.value == pytest.approx((first - second).mean())
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.05)


def test_scipy_bootstrap_gives_the_same_bounds():
    random = np.random.default_rng(8)
    first, second = column(random.random(300)), column(random.random(300) * 0.9)
    theirs = stats.bootstrap(
        (first[:, 0], second[:, 0]),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=9000,
        rng=1,
    ).confidence_interval
    ours = paired_interval(first, second, mean, draws=9000, seed=2)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.003)


def test_pairing_cancels_the_difficulty_of_the_rows():
    hard = np.random.default_rng(0).normal(0, 10, 400)
    first, second = column(hard + 0.5), column(hard)
    found = paired_interval(first, second, mean)
    assert found.low == pytest.approx(0.5) and found.high == pytest.approx(0.5)


@pytest.mark.parametrize(("only_first", "only_second"), [(5, 1), (12, 4), (9, 8), (30, 11), (2, 0)])
def test_p_is_the_exact_mcnemar_test_on_right_and_wrong(only_first, only_second):
    first = column([1] * only_first + [0] * only_second + [1] * 40 + [0] * 20)
    second = column([0] * only_first + [1] * only_second + [1] * 40 + [0] * 20)
    exact = stats.binomtest(only_first, only_first + only_second, 0.5).pvalue  # McNemar's exact test
    assert paired_p(first, second, mean) == pytest.approx(exact)
    # Sampled, as for every other metric: a second column that does not count keeps the exact way shut.
    sampled = paired_p(np.hstack([first, first]), np.hstack([second, second]), mean, draws=20000, seed=5)
    assert sampled == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20000) + 1e-4)


def test_equal_arms_have_p_one_and_no_difference():
    rows = column([0, 1, 1, 0])
    assert paired_p(rows, rows, mean) == 1
    found = paired_interval(rows, rows, mean)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_p_is_never_zero_and_depends_on_the_seed_only():
    first, second = column(np.full(200, 0.9)), column(np.full(200, 0.1))
    assert paired_p(first, second, mean, draws=500) == pytest.approx(1 / 501)
    assert paired_p(column(np.ones(300)), column(np.zeros(300)), mean) == 0.5**299  # 2 / 2^n
    random = np.random.default_rng(1)
    first, second = column(random.random(50)), column(random.random(50))
    assert paired_p(first, second, mean, seed=4) == paired_p(first, second, mean, seed=4)


def test_rows_needed_is_the_textbook_sample_size():
    # n = ((1.960 + 0.8416) * sd / d)^2 for a paired mean: sd 0.5, d 0.05 -> 785 rows.
    n = 200
    assert rows_needed(0.05, 0.5 / math.sqrt(n), n) == 785 - n
    assert rows_needed(-0.05, 0.5 / math.sqrt(n), n) == 785 - n
    assert rows_needed(0.5, 0.01, n) == 0
    assert rows_needed(0.0, 0.01, n) is None
    more = rows_needed(0.05, 0.5 / math.sqrt(n), n, comparisons=4)
    assert more is not None and more > 785 - n


def test_that_many_rows_do_tell_in_four_of_five_runs():
    random = np.random.default_rng(11)
    told = 0
    for seed in range(200):
        differences = random.normal(0.05, 0.5, 785)
        told += paired_interval(column(differences), column(np.zeros(785)), mean, draws=400, seed=seed).low > 0
    assert 0.72 <= told / 200 <= 0.88


def test_intervals_cover_the_truth_as_often_as_they_say():
    random = np.random.default_rng(21)
    inside = 0
    for seed in range(300):
        rows = column(random.random(200) < 0.7)
        found = metric_interval(rows, mean, Weights(200, draws=600, seed=seed).values(rows, mean))
        inside += found.low <= 0.7 <= found.high
    assert 0.91 <= inside / 300 <= 0.98


def test_all_right_is_not_certainty():
    # Clopper-Pearson by scipy; the rule of three says about 1 - 3.7/n for two-sided 95 %.
    for value, n in ((1, 30), (0, 30)):
        rows = column(np.full(n, value))
        found = metric_interval(rows, mean, Weights(n).values(rows, mean))
        exact = stats.binomtest(value * n, n).proportion_ci(0.95, "exact")
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_the_winners_curse_is_taken_back():
    # Six arms of the same true accuracy 0.6: the best of them looks better than 0.6, the corrected one does not. The
    # standard error of the mean over 120 studies of 150 rows is 0.04 / sqrt(120) = 0.004.
    random = np.random.default_rng(5)
    raw, corrected = [], []
    for seed in range(120):
        arms = random.random((150, 6)) < 0.6
        values = arms.mean(axis=0)
        drawn = Weights(150, draws=300, seed=seed).sums(arms.astype(float)) / 150
        raw.append(values.max() - 0.6)
        corrected.append(on_other_rows(values, drawn, lambda d: d.argmax(axis=1)).mean() - 0.6)
    assert np.mean(raw) > 0.03
    assert abs(np.mean(corrected)) < 0.012


def test_what_was_not_chosen_by_chance_is_not_corrected():
    drawn = np.array([0.9, 0.5]) + np.random.default_rng(0).normal(0, 0.01, (4000, 2))
    found = on_other_rows(np.array([0.9, 0.5]), drawn, lambda d: d.argmax(axis=1))
    assert found.mean() == pytest.approx(0.9, abs=1e-9)  # the draws' own mean is taken off


def test_rows_of_a_group_are_drawn_and_swapped_together():
    groups = np.array([0, 0, 1, 2, 2, 2])
    for kind in ("bootstrap", "swap"):
        one_hot = Weights(6, kind, draws=50, seed=3, groups=groups).sums(np.eye(6))
        assert (one_hot[:, 0] == one_hot[:, 1]).all() and (one_hot[:, 3] == one_hot[:, 5]).all()
        assert (one_hot[:, 0] != one_hot[:, 2]).any()
    weights = Weights(6, draws=50, seed=3, groups=groups)
    assert weights.sizes() == pytest.approx(weights.sums(np.ones((6, 1)))[:, 0])
    where = np.array([1, 2, 5])
    others = np.array([0, 3, 4])
    rows = column([3, 1, 4, 1, 5, 9])
    assert weights.sums(rows, where) + weights.sums(rows, others) == pytest.approx(weights.sums(rows))


def test_p_by_group_is_that_of_fair_coins_for_groups():
    # Ten groups of ten rows, nine of which one arm wins with all rows: of 2^10 ways to swap, 2 x (1 + 10) reach as far.
    groups = np.repeat(np.arange(10), 10)
    first = column(np.repeat([1] * 9 + [0], 10))
    second = column(np.repeat([0] * 9 + [1], 10))
    swaps = Weights(100, "swap", draws=20000, seed=1, groups=groups)
    expected = 22 / 1024
    assert swap_p(first, second, mean, swaps) == pytest.approx(expected, abs=4 * math.sqrt(expected / 20000))
    assert paired_p(first, second, mean) < 1e-10  # what rows taken for independent would say


def test_slices_and_large_sets_use_the_same_weights():
    rows = column(np.arange(50))
    weights = Weights(50, draws=40, seed=9)
    where = np.array([3, 4, 48])
    others = np.setdiff1d(np.arange(50), where)
    assert weights.sums(rows, where) + weights.sums(rows, others) == pytest.approx(weights.sums(rows))
    assert weights.sizes().tolist() == [50] * 40
    assert weights.sizes(where) == pytest.approx(weights.sums(np.ones((50, 1)), where)[:, 0])


def test_draws_without_a_row_are_left_out():
    assert interval(0.5, np.array([np.nan, 0.4, 0.6])).low == pytest.approx(0.405)
    assert math.isnan(interval(0.5, np.array([np.nan])).low)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_level_is_a_share(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        paired_interval(column([1, 0]), column([0, 1]), mean, level=level)


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="one shape"):
        paired_interval(column([1, 0]), column([0, 1, 1]), mean)
    with pytest.raises(ValueError, match="two test rows"):
        paired_p(column([1]), column([0]), mean)
    with pytest.raises(ValueError, match="3 rows need 3 groups"):
        Weights(3, groups=np.array([0, 1]))
    with pytest.raises(ValueError, match="one row"):
        Weights(0)
    with pytest.raises(ValueError, match="these weights are for 3 rows"):
        Weights(3).sums(column([1, 2]))


def test_weights_are_drawn_once_for_all_arms(monkeypatch):
    weights, swaps = Weights(3000), Weights(3000, "swap")
    monkeypatch.delattr(np.random, "default_rng")  # nothing can be drawn from here on
    for arm in range(8):
        rows = column(np.arange(3000) % 8 == arm)
        assert weights.sums(rows).mean() == pytest.approx(375, rel=0.01)
        assert swaps.sums(rows).mean() == pytest.approx(187.5, rel=0.01)
