from types import SimpleNamespace

import numpy as np
import pytest

from assay.audits.learning_curve.curve_fit import Drawn, a_quarter, loss, numbers, word
from assay.audits.learning_curve.power_law import fit_curve
from assay.stats.intervals import Interval, Weights


def test_words_and_quarters():
    assert [word(Interval(0.0, *ends)) for ends in ((0.0, 0.009), (0.0, 0.02), (0.001, 0.02))] == [
        "flat",
        "open",
        "rises",
    ]
    assert [a_quarter(n) for n in (955, 84, 12_345)] == [240, 21, 3100]


def test_a_score_is_an_error_and_back():
    assert loss(0.75, 1) == 0.25 and loss(loss(0.75, 1), 1) == 0.75
    assert loss(1.3, -1) == 1.3  # bits a byte are errors already


def test_the_numbers_of_a_curve_have_the_names_of_its_law():
    assert numbers((0.1, 0.3, 0.5), "power") == {"a": 0.1, "b": 0.3, "c": 0.5}
    assert numbers((0.2, -0.05, 0.0), "line") == {"error": 0.2, "slope": -0.05}


def drawn(seed=3):
    seen = SimpleNamespace(seed=seed, level=0.95)
    metric = SimpleNamespace(total=lambda sums, n: sums[..., 0] / n)
    return Drawn(seen, metric, Weights(100, draws=4000, seed=seed))


def test_the_spread_of_subsets_is_that_of_rows_and_of_subsets():
    draw = np.random.default_rng(0)
    one = (draw.random((100, 1)) < 0.8).astype(float)
    value, values = drawn().score([one])
    # Of rows alone: the root of p (1 - p) / n.
    p = one.mean()
    assert value == p and values.std() == pytest.approx((p * (1 - p) / 100) ** 0.5, rel=0.05)
    # Two subsets whose scores are 0 and 1 whichever rows are drawn: the mean of two, each with a
    # standard deviation of sqrt(1 / 2), has sqrt(1 / 4).
    value, values = drawn().score([np.zeros((100, 1)), np.ones((100, 1))])
    assert value == 0.5 and values.std() == pytest.approx(0.5, rel=0.05)
    assert values.mean() == pytest.approx(0.5, abs=0.03)


def test_the_band_goes_from_the_first_size_to_the_end_and_falls_in_error():
    rows = np.array([100, 200, 400, 800])
    errors = 0.1 + 0.2 * (rows / 800) ** -0.5
    fit = fit_curve(rows, errors, np.tile(errors, (5, 1)))
    band = drawn().band(fit, 100, 1600, 1)
    assert (band[0]["rows"], band[-1]["rows"]) == (100, 1600)
    scores = [point["score"] for point in band]
    assert scores == sorted(scores) and scores[0] == pytest.approx(1 - errors[0], abs=1e-4)
    # All draws agree, so there is no width.
    assert all(point["low"] == pytest.approx(point["high"], abs=1e-6) for point in band)
