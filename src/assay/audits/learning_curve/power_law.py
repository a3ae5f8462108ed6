"""The curve through a few scores: error = a + b n^-c, or with too few sizes a straight line in log
n.

How        for each c of a grid the best a, b >= 0 are known in closed form; the best c is then
           narrowed down. The same is done for every bootstrap draw of the scores, all at once: the
           curve's interval is that of the draws
Power      from four sizes on; a is the error that no number of rows takes away
Line       with two or three sizes: three numbers cannot be told from three points. Its error has no
           floor but 0
Watch out  the power law never rises: where more rows do harm its gain is 0, not negative
Source     Viering and Loog (2021), The shape of learning curves: a review, arxiv.org/abs/2103.10948
           (power laws fit best, and extrapolate badly far out); Figueroa et al. (2012), Predicting
           sample size required for classification performance, doi.org/10.1186/1472-6947-12-8
           (weighted fits of a power law)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.stats.intervals import Interval, interval

Law = Literal["power", "line"]
LEAST = 4  # sizes from which a power law is fitted
# of the exponent; learning curves in the literature have 0.1 to 1
SLOWEST, FASTEST, GRID = 0.05, 2.0, 40
NARROWER = 24  # golden-section steps: the grid's gap of 10 % becomes 1e-6
GOLDEN = (5**0.5 - 1) / 2
SOFT = 1e-4  # standard error of a point at least, so that one without spread does not decide alone


@dataclass(frozen=True)
class Fitted:
    """The curve of the scores seen, and that of each draw. Numbers of a curve: (a, b, c) with rows
    counted in `unit`s, or (error at `unit`, slope per e-fold, 0)."""

    law: Law
    unit: float
    seen: np.ndarray  # (1, 3)
    drawn: np.ndarray  # (draws, 3)
    most: float = 1.0  # the largest error that there can be

    def errors(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The error at these numbers of rows: (sizes,) of the curve seen, (draws, sizes) of the
        draws."""
        return self._errors(self.seen, rows)[0], self._errors(self.drawn, rows)

    def _errors(self, numbers: np.ndarray, rows: np.ndarray) -> np.ndarray:
        first, second, third = numbers[:, 0:1], numbers[:, 1:2], numbers[:, 2:3]
        far = np.asarray(rows, dtype=np.float64)[None, :] / self.unit
        curve = (
            first + second * far**-third if self.law == "power" else first + second * np.log(far)
        )
        return np.clip(curve, 0.0, self.most)

    def gain(self, now: int, then: int, level: float) -> Interval:
        """By how much the error at `then` rows lies below that at `now` rows."""
        seen, drawn = self.errors(np.array([now, then]))
        return interval(float(seen[0] - seen[1]), drawn[:, 0] - drawn[:, 1], level)


def fit_curve(
    rows: np.ndarray, errors: np.ndarray, drawn: np.ndarray, most: float = 1.0
) -> Fitted | None:
    """The curve through points; None with fewer than two of them.

    Args:
        rows: numbers of rows, (points,), ascending. errors: between 0 and `most`, (points,). drawn:
            the same in each bootstrap draw, (draws, points); draws without a value are left out.
    """
    if len(rows) < 2:
        return None
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    weights = 1 / np.maximum(drawn.std(axis=0), SOFT) ** 2 if len(drawn) else np.ones(len(rows))
    unit = float(rows[-1])
    far = np.asarray(rows, dtype=np.float64) / unit
    fit = _power if len(rows) >= LEAST else _line
    law: Law = "power" if len(rows) >= LEAST else "line"
    return Fitted(law, unit, fit(far, errors[None, :], weights), fit(far, drawn, weights), most)


def _power(far: np.ndarray, errors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(a, b, c) of each line of `errors` (lines, points); `far` is rows / unit."""
    grid = np.geomspace(SLOWEST, FASTEST, GRID)
    misses = np.stack([_linear(far**-c, errors, weights)[2] for c in grid], axis=1)
    best = misses.argmin(axis=1)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, GRID - 1)]

    def miss(c: np.ndarray) -> np.ndarray:
        return _linear(far[None, :] ** -c[:, None], errors, weights)[2]

    for _ in range(NARROWER):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        nearer = miss(left) <= miss(right)
        low, high = np.where(nearer, low, left), np.where(nearer, right, high)
    c = (low + high) / 2
    a, b, _ = _linear(far[None, :] ** -c[:, None], errors, weights)
    return np.stack([a, b, c], axis=1)


def _linear(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The a, b >= 0 with the least weighted squared miss of a + b x, and that miss; each (lines,).

    Args:
        x: (points,) or (lines, points). y: (lines, points), none negative.
    """
    x = np.broadcast_to(x, y.shape)
    w = weights / weights.sum()
    middle_x, middle_y = (x @ w)[:, None], (y @ w)[:, None]
    spread = ((x - middle_x) ** 2) @ w
    slope = (((x - middle_x) * (y - middle_y)) @ w) / np.where(spread > 0, spread, 1.0)
    slope = np.where(spread > 0, slope, 0.0)
    floor = middle_y[:, 0] - slope * middle_x[:, 0]
    # Where the free solution is not allowed, the best one has a = 0 or b = 0.
    through = ((x * y) @ w) / ((x * x) @ w)
    choices = [
        (floor, slope),
        (np.zeros_like(floor), through),
        (middle_y[:, 0], np.zeros_like(floor)),
    ]
    misses = []
    for number, (a, b) in enumerate(choices):
        miss = ((a[:, None] + b[:, None] * x - y) ** 2) @ w
        misses.append(np.where((a >= 0) & (b >= 0), miss, np.inf) if not number else miss)
    which = np.argmin(np.stack(misses), axis=0)
    a, b = (np.choose(which, [choice[i] for choice in choices]) for i in (0, 1))
    return a, b, np.min(np.stack(misses), axis=0)


def _line(far: np.ndarray, errors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(error at `unit`, slope per e-fold, 0) of each line."""
    x, w = np.log(far), weights / weights.sum()
    middle = x @ w
    slope = ((errors - (errors @ w)[:, None]) @ (w * (x - middle))) / (((x - middle) ** 2) @ w)
    return np.stack([errors @ w - slope * middle, slope, np.zeros_like(slope)], axis=1)
