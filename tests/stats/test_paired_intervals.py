"""The score interval of a paired difference: published limits, its ends near 1, groups."""

import math

import numpy as np
import pytest
from scipy import stats

from assay.stats.paired_intervals import limits_of, score_limits

Z = stats.norm.ppf(0.975)


def test_the_limits_are_the_published_ones():
    # Airway reactivity in 21 children before and after a transplantation (Bentur et al. 2009): 1
    # pair changed one way, 7 the other. The R package ratesci prints -0.5281 and -0.0184 (SCAS);
    # without corrections Tango's interval is -0.517 to -0.026 (Fagerland et al. 2014).
    assert score_limits(1, 7, 21, Z) == pytest.approx((-0.5281, -0.0184), abs=5e-5)
    assert score_limits(7, 1, 21, Z) == pytest.approx((0.0184, 0.5281), abs=5e-5)


def coverage(n, only_first, only_second):
    """The chance of a miss at the lower and at the upper end, over all outcomes."""
    true, missed = only_first - only_second, np.zeros(2)
    both = stats.multinomial(n, [only_first, only_second, 1 - only_first - only_second])
    outcomes = np.array([(a, b, n - a - b) for a in range(n + 1) for b in range(n + 1 - a)])
    chances = both.pmf(outcomes)
    for (one, other, _), chance in zip(outcomes, chances, strict=True):
        if chance > 1e-7:
            low, high = score_limits(int(one), int(other), n, Z)
            missed += chance * np.array([low > true + 1e-12, high < true - 1e-12])
    return missed


@pytest.mark.parametrize(
    ("n", "only_first", "only_second"),
    # .98 against .95 and .998 against .985, on nearly the same rows; 24 rows; far from the ceiling
    [(50, 0.031, 0.001), (300, 0.0131, 0.0001), (24, 0.1, 0.05), (50, 0.2, 0.1)],
)
def test_it_covers_and_neither_end_misses_alone(n, only_first, only_second):
    low, high = coverage(n, only_first, only_second)
    assert 1 - low - high >= 0.93
    assert max(low, high) <= 0.057  # the paired t with half a row: 0.21 at 50 rows


def test_no_row_that_differs_leaves_the_rule_of_three():
    for n in (24, 100, 1000):
        low, high = limits_of(np.zeros(n), Z)
        assert high == pytest.approx(-low) and 2.7 / n < high < 3.1 / n
    assert limits_of(np.ones(24), Z)[1] == 1.0


def test_scores_between_0_and_1_are_counted_in_their_typical_change():
    # Twenty rows change by exactly half: half of the limits of twenty whole changes, the half row
    # aside.
    gaps = np.zeros(200)
    gaps[:20] = 0.5
    low, high = limits_of(gaps, Z)
    whole = score_limits(20, 0, 200, Z)
    assert (low, high) == pytest.approx((whole[0] / 2, whole[1] / 2), rel=0.15)
    # One graded row does not change what the others show.
    gaps = np.zeros(50)
    gaps[:2] = 1.0
    near = gaps.copy()
    near[2] = 0.01
    assert limits_of(near, Z) == pytest.approx(limits_of(gaps, Z), abs=0.01)
    # Most rows differ: the mean is close to normal, and the caller's t interval is used.
    assert limits_of(np.linspace(-0.5, 0.9, 50), Z) is None


def test_a_wider_scale_widens_the_limits():
    gaps = np.array([1.0, 1.0, -1.0] + [0.0] * 47)
    assert limits_of(5 * gaps, Z, 5.0) == pytest.approx([5 * end for end in limits_of(gaps, Z)])


def test_groups_widen_it_by_their_design_effect():
    gaps = np.array([1.0] * 4 + [0.0] * 96)
    plain = float(gaps.var(ddof=1)) / 100
    alone, apart = limits_of(gaps, Z), limits_of(gaps, Z, 1.0, plain, 25)
    assert apart == pytest.approx(alone)
    tripled = limits_of(gaps, Z, 1.0, 3 * plain, 25)
    assert tripled == pytest.approx(score_limits(4, 0, 100, Z, 3.0))
    assert tripled[0] < alone[0] and alone[1] < tripled[1]
    # A variance that is 0 by chance is not believed, and where no row differs a group is one row.
    assert limits_of(gaps, Z, 1.0, 0.0, 25)[1] > 0.055
    assert limits_of(np.zeros(100), Z, 1.0, 0.0, 25)[1] == pytest.approx(2.8 / 25, rel=0.1)


def test_no_count_leaves_the_range():
    for n in (2, 5, 24):
        for first in range(n + 1):
            for second in range(n + 1 - first):
                low, high = score_limits(first, second, n, Z)
                middle = (first - second) / n
                assert -1 <= low <= middle + 1e-8 and middle - 1e-8 <= high <= 1
                assert math.isfinite(low) and math.isfinite(high)
