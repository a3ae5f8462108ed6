"""Scores drawn together, against closed forms."""

import numpy as np
import pytest
from scipy import stats

from assay.decision.expected_loss import LEAST, error_of, shortfall, shrink_scores


def test_two_arms_by_hand():
    # Independent errors of variance v: a difference D keeps 1 - 2 v / D^2 of itself, for its
    # variance is D^2 / 2 - v.
    v, d = 0.0004, 0.1
    gains = np.array([0.7, 0.7 + d])
    kept = 1 - 2 * v / d**2
    assert shrink_scores(gains, v * np.eye(2)) == pytest.approx(
        [0.75 - kept * d / 2, 0.75 + kept * d / 2]
    )
    # A small one keeps as much as arms differ anyway.
    kept = LEAST**2 / (LEAST**2 + v)
    assert np.diff(shrink_scores(np.array([0.7, 0.71]), v * np.eye(2))) == pytest.approx(
        0.01 * kept
    )


def test_errors_that_arms_share_draw_nothing_together():
    shared = 0.01 * np.ones((3, 3)) + 1e-12 * np.eye(3)
    gains = np.array([0.5, 0.6, 0.75])
    assert shrink_scores(gains, shared) == pytest.approx(gains, abs=1e-6)


def test_a_shared_part_of_the_errors_changes_nothing_between_two_arms():
    v, gains = 0.0009, np.array([0.7, 0.8])
    assert shrink_scores(gains, v * np.eye(2) + 0.003) == pytest.approx(
        shrink_scores(gains, v * np.eye(2))
    )


def test_many_rows_are_believed_and_few_are_not():
    gains = np.array([0.5, 0.6, 0.62])
    assert shrink_scores(gains, 1e-9 * np.eye(3)) == pytest.approx(gains, abs=1e-5)
    assert np.ptp(shrink_scores(gains, np.eye(3))) < 0.001


def test_draws_and_single_scores_agree():
    random = np.random.default_rng(0)
    gains, error = random.normal(0.6, 0.1, (5, 4)), 0.002 * np.eye(4) + 0.001
    assert shrink_scores(gains, error) == pytest.approx(
        np.stack([shrink_scores(row, error) for row in gains])
    )


def test_the_shortfall_of_two_arms_is_that_of_a_normal_difference():
    # E max(0, X) of X normal with mean -m and deviation s is s phi(m / s) - m Phi(-m / s).
    v, gains = 0.0009, np.array([0.7, 0.8])
    between = 0.1**2 / 2 - v
    kept = between / (between + v)
    mean, deviation = 0.1 * kept, np.sqrt(2 * between * v / (between + v))
    behind = deviation * stats.norm.pdf(mean / deviation) - mean * stats.norm.cdf(-mean / deviation)
    found = shortfall(gains, v * np.eye(2))
    assert found == pytest.approx([behind + mean, behind], abs=4 * deviation / np.sqrt(4000))
    assert found[0] - found[1] == pytest.approx(mean, abs=4 * deviation / np.sqrt(4000))


def test_the_error_is_that_of_the_draws_and_half_a_row():
    drawn = np.random.default_rng(0).multivariate_normal(
        [0.5, 0.6], [[4e-4, 1e-4], [1e-4, 9e-4]], 50_000
    )
    found = error_of(drawn, 50, 1.0)
    assert found == pytest.approx(np.array([[4e-4 + 2e-4, 1e-4], [1e-4, 9e-4 + 2e-4]]), rel=0.05)
    assert error_of(drawn, 50, np.inf)[0, 0] == pytest.approx(4e-4, rel=0.05)
    assert np.isfinite(error_of(np.full((5, 3), np.nan), 1, 1.0)).all()
