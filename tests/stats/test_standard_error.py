"""Standard errors and intervals: closed forms, published figures, other libraries; coverage in
test_certainty.py."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from assay.evaluation.metrics.macro_f1 import MacroF1
from assay.stats.intervals import Weights
from assay.stats.standard_error import (
    by_group,
    difference_error,
    difference_interval,
    difference_p,
    group_codes,
    over_seeds,
    paired_difference,
    score_interval,
    spread_of,
)


def mean(sums, n):
    return sums[..., 0] / n


def column(values):
    return np.asarray(values, dtype=float).reshape(-1, 1)


def test_groups_are_numbered_and_lone_rows_are_groups():
    assert group_codes(["a", None, "a", "b", None]).tolist() == [0, 1, 0, 2, 3]
    assert group_codes(["a", None, "b"]) is None
    assert by_group(column([1, 2, 4, 8]), np.array([1, 0, 1, 2])).tolist() == [[2], [5], [8]]


def test_the_jackknife_of_a_mean_is_its_textbook_error():
    values = np.random.default_rng(0).random(60)
    found = spread_of(column(values), mean)
    assert found.error == pytest.approx(values.std(ddof=1) / math.sqrt(60))
    assert found.freedom == 59


def test_groups_of_one_size_are_as_means_of_groups():
    values = np.random.default_rng(1).random((12, 5)) + np.random.default_rng(2).random((12, 1))
    groups = np.repeat(np.arange(12), 5)
    found = spread_of(column(values.ravel()), mean, groups)
    assert found.error == pytest.approx(values.mean(axis=1).std(ddof=1) / math.sqrt(12))
    assert found.freedom == 11


@pytest.mark.parametrize(("right", "n"), [(15, 20), (81, 263), (0, 20), (56, 2000), (1, 29)])
def test_a_share_has_wilsons_interval(right, n):
    found = score_interval(spread_of(column([1] * right + [0] * (n - right)), mean))
    method = "exact" if right == 0 else "wilson"  # nothing right has no spread to see
    theirs = stats.binomtest(right, n).proportion_ci(0.95, method)
    expected = (0.0, 1 - 0.025 ** (1 / n)) if right == 0 else (theirs.low, theirs.high)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)


def test_wilson_by_newcombe():
    # Newcombe (1998), Two-sided confidence intervals for the single proportion, table I: 81 of 263
    # by the score method.
    found = score_interval(spread_of(column([1] * 81 + [0] * 182), mean))
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)


def test_the_spread_of_draws_is_that_of_test_sets():
    # Over all 4^4 draws of four rows a mean has the variance s^2 / n with s^2 over n; over test
    # sets over n - 1.
    rows = np.array([[0.1, 0], [0.9, 0], [0.4, 0], [0.7, 0]])
    drawn = np.array([rows[list(draw), 0].mean() for draw in itertools.product(range(4), repeat=4)])
    found = spread_of(rows, mean, drawn=drawn)
    assert found.rows_variance == pytest.approx(rows[:, 0].var(ddof=1) / 4)


def test_copies_of_rows_in_one_group_add_nothing():
    # Each row ten times over, as a group: as many independent rows as before.
    values = np.array([1.0] * 14 + [0.0] * 6)
    once = spread_of(column(values), mean)
    tenfold = spread_of(column(np.repeat(values, 10)), mean, np.repeat(np.arange(20), 10))
    assert tenfold.error == pytest.approx(once.error)
    alone = score_interval(spread_of(column(np.repeat(values, 10)), mean))
    together = score_interval(tenfold)
    assert together.high - together.low > 2.5 * (alone.high - alone.low)


def test_a_paired_difference_is_students_t_and_half_a_row():
    random = np.random.default_rng(3)
    first, second = random.random(40), random.random(40)
    apart = spread_of(column(first), mean).minus(spread_of(column(second), mean))
    error = math.sqrt((first - second).var(ddof=1) / 40 + 0.5 / 40**2)
    found = difference_interval(apart)
    assert found.value == pytest.approx((first - second).mean())
    assert (found.high - found.low) / 2 == pytest.approx(stats.t.ppf(0.975, 39) * error)
    assert difference_error(apart) == pytest.approx(error)
    assert difference_p(apart) == pytest.approx(2 * stats.t.sf(abs(found.value) / error, 39))


def test_arms_that_answer_alike_are_not_known_to_be_alike():
    rows = column([0, 1, 1, 0] * 25)
    one = spread_of(rows, mean)
    found = difference_interval(one.minus(one))
    # Of no difference in 100 rows the rule of three leaves 3 %; half a row's error left 1.4 %.
    assert found.value == 0 and found.high == pytest.approx(0.03, abs=0.002)
    assert found.low == pytest.approx(-found.high)


def test_seeds_are_a_second_source_of_variance():
    # Answers by an analysis of variance: score = row + seed + rest. Its mean squares give the
    # variance of the mean.
    random = np.random.default_rng(7)
    rows, seeds = 300, 5
    cells = (
        random.normal(0, 1, (rows, 1))
        + random.normal(0, 0.2, (1, seeds))
        + random.normal(0, 0.5, (rows, seeds))
    )
    found = over_seeds([spread_of(column(cells[:, seed]), mean) for seed in range(seeds)])
    own = cells - cells.mean(axis=0) - cells.mean(axis=1, keepdims=True) + cells.mean()
    rest = (own**2).sum() / ((rows - 1) * (seeds - 1))
    of_rows = cells.mean(axis=1).var(ddof=1) / rows
    of_seeds = cells.mean(axis=0).var(ddof=1) / seeds - rest / (rows * seeds)
    assert found.value == pytest.approx(cells.mean())
    assert found.rows_variance == pytest.approx(of_rows)
    assert found.seeds == pytest.approx(of_seeds, rel=0.02)
    assert found.freedom == pytest.approx(
        (of_rows + of_seeds) ** 2 / (of_rows**2 / (rows - 1) + of_seeds**2 / (seeds - 1)), rel=0.02
    )


def two_seeds():
    """Two seeds' answers to four rows, 2 and 3 right. The rows give their mean a variance of (1/16)
    / 4 = 1/64."""
    return [spread_of(column(rows), mean) for rows in ([1, 0, 1, 0], [0, 1, 1, 1])]


def test_half_of_the_seeds_variance_is_taken_where_chance_by_row_explains_all_of_it():
    # Scores of 1/2 and 3/4: their variance is 1/32. That of the rows, whose right and wrong answers
    # differ by 1, -1, 0, -1, explains 0.115 of it, more than there is; half of 1/32 is left, and
    # 1/64 for the mean of two: 1/128.
    found = over_seeds(two_seeds())
    assert found.value == 0.625
    assert found.rows_variance == pytest.approx(1 / 64)
    assert found.seeds == pytest.approx(1 / 128)
    assert found.error == pytest.approx(math.sqrt(3 / 128))
    # Satterthwaite: (1/64 + 1/128)^2 / ((1/64)^2 / 3 + (1/128)^2 / 1) = 27/7.
    assert found.freedom == pytest.approx(27 / 7)


def test_all_of_the_seeds_variance_is_taken_where_no_row_is_answered_by_chance():
    # Each seed moves every row by the same: 0, 0.1 and 0.5, of variance 0.07, a third of it for the
    # mean of three.
    values = np.random.default_rng(4).random(30)
    found = over_seeds([spread_of(column(values + by), mean) for by in (0.0, 0.1, 0.5)])
    assert found.seeds == pytest.approx(0.07 / 3)
    assert found.rows_variance == pytest.approx(values.var(ddof=1) / 30)


def test_seeds_of_one_score_have_no_variance_of_their_own():
    rows = [column([1, 0, 1, 0]), column([0, 1, 0, 1])]
    assert over_seeds([spread_of(one, mean) for one in rows]).seeds == 0


def test_a_difference_has_the_seeds_variance_of_both():
    # 1/128 with one degree of freedom, beside 0.07 / 3 with two.
    lucky = over_seeds(
        [spread_of(column(np.array([1, 0, 0, 1]) + by), mean) for by in (0.0, 0.1, 0.5)]
    )
    for found in (over_seeds(two_seeds()).minus(lucky), lucky.minus(over_seeds(two_seeds()))):
        assert found.seeds == pytest.approx(1 / 128 + 0.07 / 3)
        degrees = (1 / 128 + 0.07 / 3) ** 2 / ((1 / 128) ** 2 + (0.07 / 3) ** 2 / 2)
        assert found.degrees == round(degrees)
    alone = over_seeds(two_seeds()).minus(spread_of(column([1, 0, 0, 1]), mean))
    assert (alone.seeds, alone.degrees) == (pytest.approx(1 / 128), 1)


def test_the_draws_count_for_half_and_as_for_one_unit_more():
    # Of a mean the jackknife gives s^2 / n, and draws spread by (n - 1) / n of that: put right,
    # they add nothing.
    values = np.random.default_rng(5).random(8)
    rows = np.stack([values, values], axis=1)  # two columns, as of a metric that is no mean
    drawn = Weights(8, draws=20_000, seed=1).values(rows, mean)
    found = spread_of(rows, mean, None, drawn).rows_variance
    # The variance of 20,000 draws is known to sqrt(2 / 20000) = 1 %, half of which counts; four
    # times that.
    assert found == pytest.approx(values.var(ddof=1) / 8, rel=0.02)
    wide = spread_of(rows, mean, None, values.mean() + 3 * (drawn - drawn.mean())).rows_variance
    assert wide == pytest.approx((1 + 9) / 2 * values.var(ddof=1) / 8, rel=0.04)


def test_seeds_that_agree_by_chance_are_not_taken_to_be_one():
    # The same mean but for a hair, of rows that have nothing in common: half of the scores'
    # variance is left.
    cells = np.random.default_rng(1).normal(0, 1, (50, 3))
    cells += np.array([0.0, 0.01, 0.02]) - cells.mean(axis=0)
    found = over_seeds([spread_of(column(cells[:, seed]), mean) for seed in range(3)])
    assert found.seeds == pytest.approx(0.01**2 / 2 / 3)


def test_one_seed_is_itself():
    one = spread_of(column([0, 1, 1]), mean)
    assert over_seeds([one]) is one


def test_macro_f1_leaves_out_a_row_of_each_label():
    # Two labels, three rows: F1 of a = 2/3, of b = 2/3. Without the second row only a right a and b
    # are left: 1.
    hits = np.array([[1, 0], [0, 0], [0, 1]])
    false = np.array([[0, 0], [0, 1], [0, 0]])
    missed = np.array([[0, 0], [1, 0], [0, 0]])
    rows = np.hstack([hits, false, missed]).astype(float)
    found = spread_of(rows, MacroF1().total)
    assert found.value == pytest.approx(2 / 3)
    assert found.left == pytest.approx([(0 + 2 / 3) / 2, 1.0, (2 / 3 + 0) / 2])


def test_too_few_units_have_no_interval():
    found = score_interval(spread_of(column([0.5]), mean))
    assert math.isnan(found.low)
    one_group = spread_of(column([0, 1, 1]), mean, np.array([0, 0, 0]))
    assert math.isnan(score_interval(one_group).low) and math.isnan(
        difference_interval(one_group).low
    )


def test_two_arms_of_one_seed_are_held_apart_as_in_the_report():
    from assay.decision.comparison import Compared

    random = np.random.default_rng(8)
    metric = MacroF1()
    targets = random.integers(0, 4, 90)
    rows = []
    for share in (0.8, 0.6):
        right = random.random(90) < share
        hit = np.eye(4)[targets] * right[:, None]
        missed = np.eye(4)[targets] * ~right[:, None]
        rows.append(np.hstack([hit, np.roll(missed, 1, axis=1), missed]))
    groups = np.repeat(np.arange(30), 3)
    report = Compared(
        {"a": {"macro_f1": rows[:1]}, "b": {"macro_f1": rows[1:]}}, [metric], groups=groups, seed=3
    )
    assert paired_difference(*rows, metric.total, groups=groups, seed=3) == report.difference(
        "a", "b", "macro_f1"
    )
    with pytest.raises(ValueError, match="one shape"):
        paired_difference(rows[0], rows[1][:50], metric.total)


def test_a_metric_of_another_size_keeps_within_it():
    values = np.random.default_rng(5).random(80)
    one, other = (spread_of(column(rows), mean) for rows in (values, 2 * values - 1))
    inner, outer = score_interval(one), score_interval(other, low=-1.0, high=1.0)
    assert (outer.low, outer.high) == pytest.approx((2 * inner.low - 1, 2 * inner.high - 1))
    # A loss has no highest value: Student's t, never below 0.
    loss = score_interval(spread_of(column(3 * values), mean), high=math.inf)
    half = stats.t.ppf(0.975, 79) * 3 * values.std(ddof=1) / math.sqrt(80)
    assert (loss.low, loss.high) == pytest.approx(
        (3 * values.mean() - half, 3 * values.mean() + half)
    )
    assert score_interval(spread_of(column([0.0, 0.0, 9.0]), mean), high=math.inf).low == 0
    apart = one.minus(spread_of(column(values[::-1]), mean))
    assert difference_error(apart, math.inf) == pytest.approx(apart.error)
