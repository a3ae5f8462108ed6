"""The statistics hold their promises: known formulas, other libraries, coverage by simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from assay.evaluation.metrics.macro_f1 import MacroF1
from assay.stats.intervals import (
    Weights,
    interval,
    metric_interval,
    on_other_rows,
    paired_interval,
    rows_needed,
)


def mean(sums, n):
    return sums[..., 0] / n


def column(values):
    return np.asarray(values, dtype=float).reshape(-1, 1)


@pytest.mark.slow
def test_width_matches_the_normal_formula():
    # For a mean, the bootstrap interval tends to +-1.96 s/sqrt(n) of the paired differences.
    random = np.random.default_rng(3)
    first, second = column(random.normal(1, 1, 800)), column(random.normal(0, 1, 800))
    half = 1.959964 * (first - second).std() / math.sqrt(800)
    found = paired_interval(first, second, mean, draws=8000, seed=1)
    assert found.value == pytest.approx((first - second).mean())
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.05)


@pytest.mark.parametrize("n", [5, 40, 400])
def test_draws_of_a_mean_spread_by_its_standard_error(n):
    # A draw is the mean of n rows taken with replacement: its standard deviation is s / sqrt(n), s
    # over n, not n - 1. That of 6,000 draws is known to 1 / sqrt(2 x 6000) = 0.9 %; four times
    # that.
    values = np.random.default_rng(2).normal(3, 1, n)
    drawn = Weights(n, draws=6000, seed=4).values(column(values), mean)
    error = values.std() / math.sqrt(n)
    assert drawn.std() == pytest.approx(error, rel=0.037)
    assert drawn.mean() == pytest.approx(values.mean(), abs=4 * error / math.sqrt(6000))


def macro_f1(targets, answers, labels):
    """By its definition, one label after the other, labels that occur nowhere left out."""
    scores = []
    for label in range(labels):
        right = np.sum((targets == label) & (answers == label))
        both = np.sum(targets == label) + np.sum(answers == label)
        if both:
            scores.append(2 * right / both)
    return np.mean(scores)


def test_draws_of_a_macro_f1_are_those_of_a_bootstrap_by_hand():
    # Three labels on 60 rows, one of them on three rows only: it is missing from some draws, and
    # left out there.
    random = np.random.default_rng(6)
    targets = np.repeat([0, 1, 2], [37, 20, 3])
    answers = np.where(random.random(60) < 0.7, targets, random.integers(0, 3, 60))
    hit, said, meant = (
        np.eye(3)[answers] * (answers == targets)[:, None],
        np.eye(3)[answers],
        np.eye(3)[targets],
    )
    drawn = Weights(60, draws=4000, seed=1).values(
        np.hstack([hit, said - hit, meant - hit]), MacroF1().total
    )
    picks = random.integers(0, 60, (4000, 60))
    ours = np.array([macro_f1(targets[rows], answers[rows], 3) for rows in picks])
    # Two standard deviations of 4,000 draws each differ by 1 / sqrt(4000) = 1.6 % of them; four
    # times that.
    assert drawn.std() == pytest.approx(ours.std(), rel=0.063)
    assert drawn.mean() == pytest.approx(ours.mean(), abs=4 * ours.std() * math.sqrt(2 / 4000))
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx(
        np.quantile(ours, [0.025, 0.975]), abs=0.02
    )


def test_draws_of_groups_of_uneven_size_are_those_of_a_bootstrap_of_groups_by_hand():
    # A mean over rows is then a ratio: of the drawn groups' sums by their sizes.
    random = np.random.default_rng(9)
    sizes = np.array([1, 1, 2, 2, 3, 4, 6, 8, 11, 12])
    groups = np.repeat(np.arange(10), sizes)
    values = (random.random(10)[groups] + random.random(50)) / 2
    drawn = Weights(50, draws=4000, seed=1, groups=groups).values(column(values), mean)
    sums = np.bincount(groups, values)
    picks = random.integers(0, 10, (4000, 10))
    ours = sums[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    assert drawn.std() == pytest.approx(ours.std(), rel=0.063)
    assert drawn.mean() == pytest.approx(ours.mean(), abs=4 * ours.std() * math.sqrt(2 / 4000))


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


def test_equal_arms_have_no_difference():
    rows = column([0, 1, 1, 0])
    found = paired_interval(rows, rows, mean)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_rows_needed_is_the_textbook_sample_size():
    # n = ((1.960 + 0.8416) * sd / d)^2 for a paired mean: sd 0.5, d 0.05 -> 785 rows.
    n = 200
    assert rows_needed(0.05, 0.5 / math.sqrt(n), n) == 785 - n
    assert rows_needed(-0.05, 0.5 / math.sqrt(n), n) == 785 - n
    assert rows_needed(0.5, 0.01, n) == 0
    assert rows_needed(0.0, 0.01, n) is None
    # Two arms that answered alike: half a row more must lie within 2 points. N = 2.8016 sqrt(1/2) /
    # 0.02.
    assert rows_needed(0.02, 0.0, 16, size=1.0) == math.ceil(2.80158 * math.sqrt(0.5) / 0.02) - 16
    more = rows_needed(0.05, 0.5 / math.sqrt(n), n, comparisons=4)
    assert more is not None and more > 785 - n


@pytest.mark.slow
def test_that_many_rows_do_tell_in_four_of_five_runs():
    random = np.random.default_rng(11)
    told = 0
    for seed in range(200):
        differences = random.normal(0.05, 0.5, 785)
        told += (
            paired_interval(
                column(differences), column(np.zeros(785)), mean, draws=400, seed=seed
            ).low
            > 0
        )
    assert 0.72 <= told / 200 <= 0.88


@pytest.mark.slow
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
    # Six arms of the same true accuracy 0.6: the best of them looks better than 0.6, the corrected
    # one does not. The standard error of the mean over 120 studies of 150 rows is 0.04 / sqrt(120)
    # = 0.004.
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


def test_the_corrected_score_by_hand():
    # Noise of +-0.2 on two arms of 0.6 and 0.5, all four signs. The choice is made on the scores
    # plus sqrt(1/2) times the noise: the first arm at (+, +), (+, -) and (-, -), the second at (-,
    # +), where 0.459 < 0.641. Judged on the scores less sqrt(2) times the noise.
    signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    found = on_other_rows(np.array([0.6, 0.5]), 7 + 0.2 * signs, lambda d: d.argmax(axis=1))
    noise = 0.2 * math.sqrt(2)
    assert found == pytest.approx([0.6 - noise, 0.6 - noise, 0.5 - noise, 0.6 + noise])


@pytest.mark.parametrize("apart", [0.0, 0.5, 1.0, 2.5])
def test_the_shortfall_of_the_better_of_two_has_a_closed_form(apart):
    # Two scores with independent normal errors of s, and d = apart x s between them: the first is
    # chosen with probability Phi(d/s), and choosing takes off 2 s phi(d/s). Together first - d (1 -
    # Phi(d/s)) - 2 s phi(d/s). Of equal scores it is 0.80 s: sqrt(2) times the 0.56 s by which the
    # larger of two normal draws exceeds the mean.
    s, draws = 0.03, 200_000
    values = np.array([0.7, 0.7 - apart * s])
    drawn = np.random.default_rng(3).normal(0, s, (draws, 2))
    found = on_other_rows(values, drawn, lambda d: d.argmax(axis=1)).mean()
    expected = 0.7 - apart * s * stats.norm.sf(apart) - 2 * s * stats.norm.pdf(apart)
    assert found == pytest.approx(expected, abs=4 * math.sqrt(2) * s / math.sqrt(draws))


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
    assert weights.sums(rows, where) + weights.sums(rows, others) == pytest.approx(
        weights.sums(rows)
    )


def test_slices_and_large_sets_use_the_same_weights():
    rows = column(np.arange(50))
    weights = Weights(50, draws=40, seed=9)
    where = np.array([3, 4, 48])
    others = np.setdiff1d(np.arange(50), where)
    assert weights.sums(rows, where) + weights.sums(rows, others) == pytest.approx(
        weights.sums(rows)
    )
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
        paired_interval(column([1]), column([0]), mean)
    with pytest.raises(ValueError, match="3 rows need 3 groups"):
        Weights(3, groups=np.array([0, 1]))
    with pytest.raises(ValueError, match="one row"):
        Weights(0)
    with pytest.raises(ValueError, match="these weights are for 3 rows"):
        Weights(3).sums(column([1, 2]))


@pytest.mark.slow
def test_weights_are_drawn_once_for_all_arms(monkeypatch):
    weights, swaps = Weights(3000), Weights(3000, "swap")
    monkeypatch.delattr(np.random, "default_rng")  # nothing can be drawn from here on
    for arm in range(8):
        rows = column(np.arange(3000) % 8 == arm)
        assert weights.sums(rows).mean() == pytest.approx(375, rel=0.01)
        assert swaps.sums(rows).mean() == pytest.approx(187.5, rel=0.01)
