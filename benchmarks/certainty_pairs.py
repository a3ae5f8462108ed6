"""Does the interval of a paired difference hold near the ceiling, and at each end?

    python benchmarks/certainty.py --pairs [--studies 1000]

rows     24 to 1,000; right or wrong by row, proportions .5 to .999, at most 30 points apart,
         answers with a latent correlation of 0 to .95. Exact: the probability of every outcome
grouped  the same in groups whose difficulty is shared (30 % of it): simulated
graded   a wrong answer scores 0 to .8, as token F1 does: simulated
low, high: the share of test sets whose interval misses the truth at its lower, upper end; 2.5 %
would be even. differ: in cells above 97 %, the most rows on which the two are expected to differ
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from scipy.special import gammaln, ndtri
from scipy.stats import multivariate_normal

from assay.evaluation.metrics.accuracy import Accuracy
from assay.stats.paired_intervals import score_limits
from assay.stats.standard_error import paired_difference

ROWS = (24, 30, 50, 100, 200, 300, 500, 1000)
RATES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998, 0.999)
CORRELATIONS = (0.0, 0.25, 0.5, 0.8, 0.95)
GROUPED = ((50, 20), (200, 40), (300, 100), (1000, 100))
NEAR = ((0.98, 0.95), (0.998, 0.985), (0.9, 0.85))
GRADES = np.array([0.0, 0.25, 0.4, 0.5, 0.67, 0.8])
LEAST = 1e-9  # rarer outcomes are left out
Z = float(ndtri(0.975))
Misses = tuple[float, float]


def cells() -> Iterator[tuple[float, float, float]]:
    """Two proportions and the correlation of the answers."""
    for first in RATES:
        for second in RATES:
            if 0 <= first - second <= 0.3:
                yield from ((first, second, one) for one in CORRELATIONS)


@cache
def both_right(first: float, second: float, correlation: float) -> float:
    """How often both are right, where latent normal abilities have this correlation."""
    at = [ndtri(first), ndtri(second)]
    return float(multivariate_normal.cdf(at, cov=[[1, correlation], [correlation, 1]]))


@cache
def limits(first: int, second: int, n: int) -> tuple[float, float]:
    return score_limits(first, second, n, Z)


def exact(n: int, first: float, second: float, correlation: float) -> Misses:
    """The probability that the interval lies above, and below, the true difference."""
    both = both_right(first, second, correlation)
    shares = first - both, second - both
    most = [int(min(n, n * share + 8 * np.sqrt(n * share) + 12)) for share in shares]
    one, other = (side.ravel() for side in np.mgrid[: most[0] + 1, : most[1] + 1])
    left = n - one - other
    kept = left >= 0
    one, other, left = one[kept], other[kept], left[kept]
    log = gammaln(n + 1) - gammaln(one + 1) - gammaln(other + 1) - gammaln(left + 1)
    for count, share in ((one, shares[0]), (other, shares[1]), (left, 1 - sum(shares))):
        log = log + count * np.log(max(share, 1e-300))
    chance, true = np.exp(log), first - second
    seen = np.flatnonzero(chance > LEAST)
    ends = np.array([limits(int(one[at]), int(other[at]), n) for at in seen])
    chance = chance[seen]
    return (
        float(chance[ends[:, 0] > true + 1e-12].sum()),
        float(chance[ends[:, 1] < true - 1e-12].sum()),
    )


def simulated(
    n: int, rates: tuple[float, float], groups: int, grades: np.ndarray, many: int, seed: int
) -> Misses:
    """The same over `many` test sets, answers with a latent correlation of .9."""
    draw = np.random.default_rng([n, groups, len(grades), seed])
    true = (rates[0] - rates[1]) * (1 - float(grades.mean()))
    above = below = 0
    for _ in range(many):
        code = None
        if groups:
            size = np.cumsum(draw.gamma(2.0, size=groups))
            code = np.unique(np.searchsorted(size / size[-1], draw.random(n)), return_inverse=True)[
                1
            ]
        row = latent(draw, n, code)
        scores = [
            np.where(
                np.sqrt(0.9) * row + np.sqrt(0.1) * latent(draw, n, code) < ndtri(rate),
                1.0,
                draw.choice(grades, n),
            )[:, None]
            for rate in rates
        ]
        found = paired_difference(*scores, Accuracy().total, groups=code)
        above += found.low > true + 1e-12
        below += found.high < true - 1e-12
    return above / many, below / many


def latent(draw: np.random.Generator, n: int, code: np.ndarray | None) -> np.ndarray:
    own = draw.normal(size=n)
    if code is None:
        return own
    return np.sqrt(0.3) * draw.normal(size=code.max() + 1)[code] + np.sqrt(0.7) * own


def table(many: int) -> str:
    """All three tables."""
    lines = ["| rows | cells | lowest | highest | low, most | high, most | differ |"]
    lines += ["|---:|---:|---:|---:|---:|---:|---:|"]
    for n in ROWS:
        misses = np.array([exact(n, *cell) for cell in cells()])
        limits.cache_clear()
        held = 100 * (1 - misses.sum(axis=1))
        differ = [n * (a + b - 2 * both_right(a, b, c)) for a, b, c in cells()]
        wide = max(
            (rows for rows, share in zip(differ, held, strict=True) if share > 97), default=0
        )
        figures = (held.min(), held.max(), *(100 * misses).max(axis=0), wide)
        lines.append(
            f"| {n:,} | {len(misses)} | " + " | ".join(f"{value:.1f}" for value in figures) + " |"
        )
    lines += ["", "| scores | rows | groups | means | held | low | high |"]
    lines += ["|---|---:|---:|---|---:|---:|---:|"]
    kinds = [("right or wrong", n, groups, np.zeros(1)) for n, groups in GROUPED]
    kinds += [("graded", n, 0, GRADES) for n in (24, 50, 300)]
    for name, n, groups, grades in kinds:
        for at, rates in enumerate(NEAR):
            low, high = simulated(n, rates, groups, grades, many, at)
            lines.append(
                f"| {name} | {n:,} | {groups or '–'} | right in {rates[0]:g}, {rates[1]:g} | "
                f"{100 * (1 - low - high):.1f} | {100 * low:.1f} | {100 * high:.1f} |"
            )
    return "\n".join(lines)
