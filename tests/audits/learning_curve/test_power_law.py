"""The curve through scores: laws that are known come back, and intervals hold what they promise."""

import numpy as np
import pytest

from assay.audits.learning_curve.power_law import fit_curve

ROWS = np.array([100, 200, 400, 800])


def exact(law, rows=ROWS):
    errors = law(np.asarray(rows, dtype=float))
    return fit_curve(np.asarray(rows), errors, np.tile(errors, (3, 1)))


@pytest.mark.parametrize(("a", "b", "c"), [(0.1, 0.3, 0.5), (0.0, 0.2, 0.25), (0.05, 0.1, 1.3)])
def test_a_power_law_without_noise_comes_back(a, b, c):
    fit = exact(lambda n: a + b * (n / 800) ** -c)
    assert fit.law == "power"
    assert fit.seen[0] == pytest.approx([a, b, c], abs=1e-4)
    # 1,600 rows are twice the unit: the error falls from a + b to a + b 2^-c.
    assert fit.gain(800, 1600, 0.95).value == pytest.approx(b * (1 - 2**-c), abs=1e-5)


def test_with_three_sizes_a_line_in_the_logarithm():
    fit = exact(lambda n: 0.5 - 0.05 * np.log(n / 400), ROWS[:3])
    assert fit.law == "line"
    assert fit.seen[0] == pytest.approx([0.5, -0.05, 0])
    assert fit.gain(400, 800, 0.95).value == pytest.approx(0.05 * np.log(2))


def test_one_size_is_no_curve():
    assert fit_curve(ROWS[:1], np.array([0.3]), np.full((5, 1), 0.3)) is None


def test_a_flat_curve_gains_nothing_and_one_that_rises_with_rows_never_less():
    assert exact(lambda n: 0 * n + 0.2).gain(800, 1600, 0.95).value == pytest.approx(0, abs=1e-9)
    worse = exact(lambda n: 0.2 + 0.0001 * n)
    assert worse.gain(800, 1600, 0.95).value == pytest.approx(0, abs=1e-9)


def test_the_error_stays_between_0_and_1():
    fit = exact(lambda n: 0.02 - 0.02 * np.log(n / 400), ROWS[:3])
    assert fit.errors(np.array([100_000]))[0] == pytest.approx(0)


def test_an_error_that_is_no_share_is_not_cut_off_at_1():
    rows = np.array([100, 200, 400, 800])
    errors = 2.0 + 0.5 * (rows / 800) ** -0.5  # bits a byte
    fit = fit_curve(rows, errors, errors[None, :], np.inf)
    gain = fit.gain(800, 3200, 0.95).value
    assert gain == pytest.approx(0.25, abs=1e-4)  # 0.5 - 0.5 * 4 ** -0.5


def test_the_free_solution_is_that_of_least_squares():
    # With c known, a and b are those of numpy's own least squares where both are positive.
    from assay.audits.learning_curve.power_law import _linear

    draw = np.random.default_rng(3)
    x, weights = ROWS / 800.0, np.array([1.0, 2.0, 3.0, 4.0])
    y = 0.2 + 0.3 * x + draw.normal(0, 0.01, (5, 4))
    a, b, _ = _linear(x, y, weights)
    root = np.sqrt(weights)[:, None]
    known = np.linalg.lstsq(root * np.stack([np.ones(4), x], axis=1), root * y.T, rcond=None)[0]
    assert np.stack([a, b]) == pytest.approx(known)


def simulated(c, seed, n_test=400, draws=300):
    """Test rows, each with a difficulty: a row is right at n rows when its difficulty is above the
    error there."""
    draw = np.random.default_rng(seed)
    errors = 0.1 + 0.15 * (ROWS / 800) ** -c
    hard = 0.8 * draw.random(n_test)[:, None] + 0.2 * draw.random((n_test, len(ROWS)))
    quantiles = np.quantile(0.8 * draw.random(200_000) + 0.2 * draw.random(200_000), errors)
    wrong = (hard < quantiles).astype(float)
    picks = draw.integers(0, n_test, (draws, n_test))
    return wrong.mean(axis=0), wrong[picks].mean(axis=1)


@pytest.mark.nightly
def test_the_interval_of_a_gain_holds_the_true_gain():
    """200 simulated projects of 400 test rows with a known law. A share of 0.95 over 200 has a
    standard error of 0.015; a fit of four points is not exact, and 0.88 is what is asked for."""
    held = 0
    true = 0.15 * (1 - 2**-0.5)
    for seed in range(200):
        seen, drawn = simulated(0.5, seed)
        gain = fit_curve(ROWS, seen, drawn).gain(800, 1600, 0.95)
        held += gain.low <= true <= gain.high
    assert held / 200 > 0.88
