"""Many comparisons: corrections by hand, by another library's figures, by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import studentized_range

from assay.stats.multiple_testing import holm, pairs_left


def test_holm_by_hand():
    # Sorted 0.01 x4, 0.02 x3, 0.03 x2 and 0.04 x1, then never below the one before: 0.04, 0.06,
    # 0.06, 0.06.
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_no_correction_and_bonferroni(p):
    for one, corrected in zip(p, holm(p), strict=True):
        assert one <= corrected <= min(1, one * len(p)) + 1e-12


@pytest.mark.parametrize(
    ("arms", "left"),
    [
        (1, []),
        (2, [1]),
        (3, [3, 1, 1]),
        (4, [6, 3, 3, 3, 2, 1]),
        (5, [10, 6, 6, 6, 6, 4, 4, 3, 2, 1]),
    ],
)
def test_pairs_that_can_still_be_of_equals(arms, left):
    # Shaffer (1986), table of possible numbers of true hypotheses among all pairs: for 4 arms {0,
    # 1, 2, 3, 6}, for 5 {0, 1, 2, 3, 4, 6, 10}.
    assert pairs_left(arms) == left


def test_a_part_of_the_family_is_corrected_no_less_than_the_whole():
    random = np.random.default_rng(4)
    for _ in range(200):
        p = random.random(10) ** 3
        whole = holm(list(p), pairs_left(5))
        part = sorted(random.choice(10, 4, replace=False))
        assert all(
            own >= whole[at] - 1e-12
            for own, at in zip(holm([p[at] for at in part], pairs_left(5)), part, strict=True)
        )


def test_holding_all_against_the_best_needs_all_pairs():
    # Ten equal arms: corrected for the nine pairs with the best alone, one is told from it in 14.6
    # % of studies (studentized range, scipy); corrected for all 45 pairs in at most 5 %.
    random = np.random.default_rng(6)
    scores = random.normal(size=(4000, 10))
    z = (scores.max(axis=1) - scores.min(axis=1)) / np.sqrt(2)
    from scipy.stats import norm

    p = 2 * norm.sf(z)
    expected = studentized_range.sf(norm.isf(0.05 / 18) * np.sqrt(2), 10, 1e6)
    assert (
        np.mean(9 * p < 0.05) == pytest.approx(expected, abs=4 * np.sqrt(expected / 4000))
        and expected > 0.14
    )
    assert np.mean(pairs_left(10)[0] * p < 0.05) <= 0.05
