"""The interval of a paired difference near the ceiling: a skewness-corrected score interval.

Two strategies that are right on nearly all rows disagree on few, mostly in one direction. A
standard error from those few rows is too small, and the interval misses on one side: at 50 rows,
.98 against .95, it held the truth in 80 of 100 test sets. A score interval takes the variance and
the skewness that each candidate difference implies.

Counts     rows that only the first, only the second strategy has right. For scores between 0 and 1
           the sums of the gains and losses in units of a typical change stand in
Clusters   the variance is multiplied by the design effect of groups and seeds
Source     Tango (1998), doi.org/10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B;
           skewness: Laud (2017), doi.org/10.1002/pst.1813
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_TINY = 1e-12
_EDGE = 1 - 1e-9
# Few groups show a smaller variance than independent rows by chance: lower values are not trusted.
LEAST_EFFECT = 0.6
HALF_ROW = 0.5  # a change as large as the metric allows, added where changes differ in size


def score_limits(
    first: float, second: float, n: int, reach: float, effect: float = 1.0
) -> tuple[float, float]:
    """Return the limits of the difference of two proportions of the same `n` rows.

    Args:
        first, second: rows that only the first, only the second has right.
        reach: standard errors, 1.96 at 95 %.
        effect: variance over that of independent rows.
    """
    from scipy.optimize import brentq

    # At a difference of 1 there is no variance to divide by.
    middle = max(-_EDGE, min(_EDGE, (first - second) / n))

    def limit(far: float, sign: int) -> float:
        def beyond(gap: float) -> float:
            return sign * _score(gap, first, second, n, effect) - reach

        edge = far * _EDGE
        if middle == edge or beyond(edge) <= 0:
            return far
        root: Any = brentq(beyond, middle, edge, xtol=1e-12)
        return float(root)

    return limit(-1.0, 1), limit(1.0, -1)


def _score(gap: float, first: float, second: float, n: int, effect: float) -> float:
    """Return how many standard errors the counts lie from the difference `gap`."""
    # The share of `second` that is most likely where the difference is `gap`: Tango's equation.
    linear = (2 * n - first + second) * gap - first - second
    root = math.sqrt(max(0.0, linear**2 + 8 * n * second * gap * (1 - gap)))
    lost = (root - linear) / (4 * n)
    variance = max(_TINY, 2 * lost + gap * (1 - gap)) / (n - 1) * effect
    plain = ((first - second) / n - gap) / math.sqrt(variance)
    third = (gap - 3 * gap * (2 * lost + gap) + 2 * gap**3) * (effect / n) ** 2
    skew = third / (6 * variance**1.5)
    if abs(skew) < 1e-9:
        return plain
    return (math.sqrt(max(0.0, 1 + 4 * skew * (plain + skew))) - 1) / (2 * skew)


def limits_of(
    gaps: np.ndarray,
    reach: float,
    size: float = 1.0,
    variance: float | None = None,
    units: int | None = None,
) -> tuple[float, float] | None:
    """Return the limits of the mean of `gaps`, the differences of two scores row by row, (n,);
    None where most rows differ, so that the mean is close to normal.

    Args:
        size: of the metric, from its lowest value to its highest.
        variance: of the mean, where rows come in groups or strategies have several seeds. units:
            groups, or rows.
    """
    n = len(gaps)
    gaps = gaps / size
    gain, loss = float(gaps[gaps > 0].sum()), float(-gaps[gaps < 0].sum())
    squares = float(np.square(gaps).sum())
    whole = bool(np.isin(gaps, (-1.0, 0.0, 1.0)).all())
    unit = 1.0 if whole else (squares + HALF_ROW) / (gain + loss + HALF_ROW)
    if not whole and (gain + loss) / unit > n / 2:
        return None
    effect = 1.0
    if variance is not None:
        plain = (squares - (gain - loss) ** 2 / n) / (n * (n - 1))
        # No row differs: nothing is seen of how groups differ, so a group counts as one row.
        effect = n / (units or n)
        if plain > _TINY**2:
            effect = max(LEAST_EFFECT, variance / size**2 / plain)
    low, high = score_limits(gain / unit, loss / unit, n, reach, effect)
    return size * unit * low, size * unit * high
