"""How sure are we? The statistics of a comparison on one set of test rows.

What is drawn    test rows, never scores: each draw takes the same rows from every arm, which
                 cancels how hard they are
Shared           one matrix of row weights serves all arms, metrics and slices of a test set
                 (`Weights`)
Intervals        percentile bootstrap, which the report does not use: `standard_error.py` says why,
                 and has others
p-values         `paired_tests.py`
Many arms        `multiple_testing.py`
Groups           rows of one customer or document are drawn together
Source           Koehn 2004 (W04-3250); Efron & Tibshirani 1993
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

# Metric.total: column sums (..., columns), n (...) -> value (...)
Total = Callable[[Any, Any], Any]

DRAWS = 2000
_BLOCK = 1 << 22  # cells turned into floats at a time: 32 MB at most
# cells kept between calls: 128 MB at most; a larger test set is drawn anew for each call
_KEEP = 1 << 26
SAME = 1e-12  # two differences closer than this are one number, computed in another order
_SPLIT = 0.5  # variance added to what is chosen on, as a share of the scores' own


@dataclass(frozen=True, slots=True)
class Interval:
    """A value, or a difference of two, with its bounds, in the metric's unit."""

    value: float
    low: float
    high: float


class Weights:
    """`draws` vectors of row weights for `n` test rows, made once and used for every arm, metric
    and slice.

    kind "bootstrap": how often a row was drawn; the weights of a vector add up to n.
    `groups`, the group of each row as a whole number from 0 (n,): rows of one group are drawn, or
    swapped, together. Memory is bounded whatever n is; the same seed gives the same weights.
    """

    def __init__(
        self,
        n: int,
        kind: Literal["bootstrap", "swap"] = "bootstrap",
        *,
        draws: int = DRAWS,
        seed: int = 0,
        groups: np.ndarray | None = None,
    ):
        if n < 1 or draws < 1:
            raise ValueError(f"needs at least one row and one draw, got {n} rows and {draws} draws")
        if groups is not None and len(groups) != n:
            raise ValueError(f"{n} rows need {n} groups, got {len(groups)}")
        self.n = n
        self.kind = kind
        self.draws = draws
        self.groups = groups
        self.units = n if groups is None else int(groups.max()) + 1
        self._seed = seed
        self._height = max(1, _BLOCK // self.units)
        starts = range(0, draws, self._height)
        self._kept = (
            [self._draw(start) for start in starts] if draws * self.units <= _KEEP else None
        )

    def _draw(self, start: int) -> np.ndarray:
        height = min(self._height, self.draws - start)
        generator = np.random.default_rng([self._seed, int(self.kind == "swap"), start])
        if self.kind == "swap":
            return generator.integers(0, 2, size=(height, self.units), dtype=np.uint16)
        picks = generator.integers(0, self.units, size=(height, self.units))
        picks += np.arange(height)[:, None] * self.units
        counts = np.bincount(picks.ravel(), minlength=height * self.units)
        return counts.reshape(height, self.units).astype(np.uint16)

    def _blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        for index, start in enumerate(range(0, self.draws, self._height)):
            yield start, self._kept[index] if self._kept is not None else self._draw(start)

    def sums(self, rows: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
        """Weighted column sums of `rows` (n, columns), or of its rows at the positions `where`:
        (draws, columns)."""
        if len(rows) != self.n:
            raise ValueError(f"these weights are for {self.n} rows, got {len(rows)}")
        columns = np.asarray(rows if where is None else rows[where], dtype=np.float64)
        # Whole numbers this small are exact in float32, which is twice as fast.
        whole = columns.size > 0 and bool((columns == np.rint(columns)).all())
        small = whole and float(np.abs(columns).max()) * self.n < 2**24
        columns = columns.astype(np.float32 if small else np.float64)
        if self.groups is not None:
            own = self.groups if where is None else self.groups[where]
            together = np.zeros((self.units, columns.shape[1]), columns.dtype)
            np.add.at(together, own, columns)
            columns, where = together, None
        out = np.empty((self.draws, columns.shape[1]))
        for start, block in self._blocks():
            part = block if where is None else block[:, where]
            out[start : start + len(block)] = part.astype(columns.dtype) @ columns
        return out

    def sizes(self, where: np.ndarray | None = None) -> np.ndarray:
        """Rows in each draw, (draws,): n, or how many of them fell on the positions `where`; groups
        differ in size."""
        if where is None and self.kind == "bootstrap" and self.groups is None:
            return np.full(self.draws, float(self.n))
        return self.sums(np.ones((self.n, 1)), where)[:, 0]

    def values(self, rows: np.ndarray, total: Total, where: np.ndarray | None = None) -> np.ndarray:
        """The metric in each draw, (draws,); NaN in a draw without a row."""
        return np.asarray(total(self.sums(rows, where), self.sizes(where)), dtype=np.float64)


def metric_value(rows: np.ndarray, total: Total, where: np.ndarray | None = None) -> float:
    """The metric over all rows, or over those at the positions `where`."""
    chosen = rows if where is None else rows[where]
    return float(total(chosen.sum(axis=0), np.float64(len(chosen))))


def interval(value: float, drawn: np.ndarray, level: float = 0.95) -> Interval:
    """`value` with the percentile bounds of `drawn` (draws,). Draws without a value are left
    out."""
    check_level(level)
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Interval(value, math.nan, math.nan)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))


def metric_interval(
    rows: np.ndarray,
    total: Total,
    drawn: np.ndarray,
    *,
    level: float = 0.95,
    where: np.ndarray | None = None,
) -> Interval:
    """A metric over `rows` with its interval from `drawn`, its value in each draw
    (`Weights.values`). All right or all wrong has no spread to draw from: there, for a column of
    zeros and ones, the exact bound of Clopper and Pearson (1934) stands in, about 1 - 3.7/n at 95
    %."""
    value = metric_value(rows, total, where)
    chosen = rows if where is None else rows[where]
    if chosen.shape[1] == 1 and value in (0.0, 1.0) and bool((chosen == value).all()):
        edge = ((1 - level) / 2) ** (1 / len(chosen))
        return Interval(value, edge, 1.0) if value == 1.0 else Interval(value, 0.0, 1 - edge)
    return interval(value, drawn, level)


def paired_interval(
    first: np.ndarray,
    second: np.ndarray,
    total: Total,
    *,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """How much better is `first` than `second`, and how sure are we?

    Both are scored on the same test examples, so we draw examples, not scores: each draw takes the
    same rows from both, which cancels how hard those rows are.

    Args:
        first, second: rows of one metric, shape (examples, columns), row i of both being example i.
        total: turns column sums and a number of rows into the metric's value, in the metric's own
            unit.
        level: share of draws inside the interval, in (0, 1).

    Returns:
        difference, low, high, in the metric's unit.

    Raises:
        ValueError: the shapes differ, there are fewer than two rows, or `level` is not in (0, 1).

    Source: Koehn (2004), Statistical Significance Tests for Machine Translation Evaluation,
    aclanthology.org/W04-3250
    """
    check_pair(first, second)
    weights = Weights(len(first), draws=draws, seed=seed)
    drawn = weights.values(first, total) - weights.values(second, total)
    return interval(metric_value(first, total) - metric_value(second, total), drawn, level)


def rows_needed(
    difference: float,
    error: float,
    n: int,
    *,
    level: float = 0.95,
    power: float = 0.8,
    comparisons: int = 1,
    size: float = 0.0,
) -> int | None:
    """How many more test rows would tell two arms apart, if the difference stays what it is now?

    Args:
        difference: seen on `n` rows.
        error: its standard error on these rows (the spread of the bootstrap differences); it
            shrinks with 1/sqrt(n).
        power: the chance that the larger test set then tells them apart.
        comparisons: how many comparisons share the error rate (Bonferroni, which Holm starts from).
        size: of the metric, where half a row is added to the error as in paired intervals: see
            `standard_error.difference_error`.

    Returns:
        Rows to add, 0 when these are enough already, None when no number would do: there is no
        difference.
    """
    check_level(level)
    if abs(difference) <= SAME:
        return None
    normal = NormalDist()
    reach = normal.inv_cdf(1 - (1 - level) / (2 * comparisons)) + normal.inv_cdf(power)
    # N rows are enough where (difference / reach)^2 is at least error^2 n / N + (size / N)^2 / 2.
    allowed, scaled = (difference / reach) ** 2, error**2 * n
    rows = (scaled + math.sqrt(scaled**2 + 2 * allowed * size**2)) / (2 * allowed)
    return max(0, math.ceil(rows - SAME) - n)


def on_other_rows(
    values: np.ndarray, drawn: np.ndarray, choose: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """What the chosen arm is worth on rows that it was not chosen on, in each draw: (draws,); its
    mean is unbiased.

    The noise of a draw is added to the scores that the choice is made on and, larger, taken from
    those that it is judged on, so that the two are independent, as two halves of the rows would be,
    where noise is normal with the covariance of the scores' errors. The choice costs a third of the
    rows and not half. Repeating the choice in bootstrap draws and judging it on all rows takes back
    two thirds of the flattery only: the draws are centred on scores that are flattered already.

    Args:
        values: score of each arm on all rows, shape (arms,).
        drawn: score of each arm in each draw, or its noise alone, shape (draws, arms).
        choose: (draws, arms) -> index of the arm chosen in each draw, (draws,).

    Source: Oliveira, Lei & Tibshirani (2021), Unbiased risk estimation in the normal means problem
    via coupled bootstrap techniques, arxiv.org/abs/2111.09447
    """
    noise = drawn - drawn.mean(axis=0)
    chosen = choose(values + math.sqrt(_SPLIT) * noise)
    at = np.arange(len(drawn))
    return values[chosen] - noise[at, chosen] / math.sqrt(_SPLIT)


def check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")


def check_pair(first: np.ndarray, second: np.ndarray) -> None:
    if first.shape != second.shape or first.ndim != 2:
        raise ValueError(
            f"both strategies need rows of one shape (examples, columns), got {first.shape} and"
            f" {second.shape}"
        )
    if len(first) < 2:
        raise ValueError("a comparison needs two test rows at least")
