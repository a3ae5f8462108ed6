"""How far off can a score be? Its standard error by leaving out one test row at a time, and
intervals made from it.

How           the jackknife: the score without row i, for every i. Where rows come in groups (a
              customer, a document), one group is left out at a time; where an arm was fitted with
              several seeds, their spread is added
No mean       of a macro-F1 a label may vanish with its only row: there the jackknife errs upwards
              (Efron & Stein), and the bootstrap, in whose draws a third of the rows is missing,
              downwards. The mean of the two is taken
A score       Wilson's interval with the number of independent rows that the standard error amounts
              to
A difference  of means over rows the score interval of `paired_intervals.py`, which holds near the
              ceiling; else the paired standard error, as if half a row more told the two apart, and
              Student's t
Why these     they cover what they say at 50 rows and for scores near 0 and 1, where percentile
              intervals of the bootstrap do not: docs/certainty.md has the table
Watch out     under 20 groups intervals hold less often than they say; a macro-F1 over as many
              labels as rows is a number of this size of test set and no other
Source        Efron & Stein 1981 (the jackknife), doi.org/10.1214/aos/1176345462; Wilson 1927; Korn
              & Graubard 1998 (Wilson with the effective number of rows); Agresti & Min 2005 (rows
              added to a paired difference)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from assay.stats.intervals import Interval, Total, Weights, metric_value
from assay.stats.paired_intervals import limits_of

FEW_GROUPS = 20  # fewer than this, and intervals hold less often than they say
_CELLS = 1 << 22  # floats made at a time: 32 MB
_SAME = 1e-12


def group_codes(groups: Sequence[str | None]) -> np.ndarray | None:
    """The group of each row as a whole number from 0, (n,); None where no two rows share one. A row
    without a group is a group of its own."""
    names = [
        ("row", str(at)) if group is None else ("group", group) for at, group in enumerate(groups)
    ]
    place: dict[tuple[str, str], int] = {}
    codes = np.array([place.setdefault(name, len(place)) for name in names], dtype=np.intp)
    return codes if len(place) < len(names) else None


def by_group(rows: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Column sums of each group: rows (n, columns), groups (n,) -> (groups, columns)."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    return np.add.reduceat(rows[order], starts, axis=0)


@dataclass(frozen=True)
class ScoreEstimate:
    """A score, or a difference of two, with what its standard error is made from.

    Attributes:
        left: the score without each unit (row or group), shape (units,); the mean over seeds where
            there are several.
        drawn: the score in each bootstrap draw, (draws,), of a metric that is no mean over rows;
            else None.
        n: test rows. share: right or wrong, row by row, without groups and seeds: its standard
            error has a formula.
        seeds: variance of the mean over seeds, beside that of the rows; 0 for one seed. degrees: of
            that variance.
    """

    value: float
    left: np.ndarray
    n: int
    drawn: np.ndarray | None = None
    share: bool = False
    seeds: float = 0.0
    degrees: int = 0
    column: np.ndarray | None = None

    @property
    def rows_variance(self) -> float:
        units = len(self.left)
        if units < 2 or not np.isfinite(self.left).all():
            return math.nan
        jackknife = float((units - 1) / units * np.square(self.left - self.left.mean()).sum())
        if self.drawn is None:
            return jackknife
        drawn = self.drawn[np.isfinite(self.drawn)]
        # Draws spread about the rows' own mean: less than test sets do about the truth, by one
        # unit.
        return (
            (jackknife + float(drawn.var()) * units / (units - 1)) / 2
            if len(drawn) > 1
            else jackknife
        )

    @property
    def error(self) -> float:
        """The standard error; NaN from fewer than two units."""
        return math.sqrt(self.rows_variance + self.seeds)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of `error`: units less one; with seeds, after Satterthwaite (1946)."""
        rows, units = self.rows_variance, len(self.left) - 1
        if not self.seeds:
            return float(units)
        return (rows + self.seeds) ** 2 / (rows**2 / units + self.seeds**2 / self.degrees)

    def minus(self, other: ScoreEstimate) -> ScoreEstimate:
        """The paired difference: both of the same rows, seeds drawn apart."""
        total = self.seeds + other.seeds
        degrees = 0
        if total:
            parts = [one.seeds**2 / one.degrees for one in (self, other) if one.seeds]
            degrees = max(1, round(total**2 / sum(parts)))
        drawn = None if self.drawn is None or other.drawn is None else self.drawn - other.drawn
        column = None
        if self.column is not None and other.column is not None:
            column = self.column - other.column
        return ScoreEstimate(
            self.value - other.value,
            self.left - other.left,
            self.n,
            drawn,
            False,
            total,
            degrees,
            column,
        )


def spread_of(
    rows: np.ndarray,
    total: Total,
    groups: np.ndarray | None = None,
    drawn: np.ndarray | None = None,
) -> ScoreEstimate:
    """The score over `rows` (n, columns) of one metric, `total` as in `Metric.total`, with its
    spread.

    Args:
        groups: from `group_codes`; each group's rows are left out together.
        drawn: the score in bootstrap draws of rows or groups, the same draws for every arm; of no
            use for one column, whose total is a mean.
    """
    n = len(rows)
    value, sums = metric_value(rows, total), rows.sum(axis=0)
    units, sizes = rows, np.ones(n)
    if groups is not None:
        units, sizes = by_group(rows, groups), np.bincount(groups).astype(float)
        sizes = sizes[sizes > 0]
    share = groups is None and rows.shape[1] == 1 and bool(np.isin(rows, (0, 1)).all())
    if len(units) < 2:  # nothing is left without the only one
        return ScoreEstimate(value, np.full(len(units), math.nan), n, None, share)
    step = max(1, _CELLS // max(1, rows.shape[1]))
    parts = [
        total(sums - units[at : at + step], n - sizes[at : at + step])
        for at in range(0, len(units), step)
    ]
    return ScoreEstimate(
        value,
        np.concatenate(parts).astype(np.float64),
        n,
        drawn if rows.shape[1] > 1 else None,
        share,
        column=_mean_of(rows, value),
    )


def _mean_of(rows: np.ndarray, value: float) -> np.ndarray | None:
    """The only column, where the score is its mean."""
    if rows.shape[1] != 1 or not math.isclose(float(rows.mean()), value, abs_tol=_SAME):
        return None
    return rows[:, 0].astype(np.float64)


def over_seeds(spreads: Sequence[ScoreEstimate]) -> ScoreEstimate:
    """One arm fitted with several seeds: the mean of its scores on the same rows.

    The variance over seeds is that of the scores, less what row by row chance puts into them: the
    rows' own variance has it already. Two-way, rows and seeds: Cameron, Gelbach & Miller (2011),
    doi.org/10.1198/jbes.2010.07136; that seeds belong into a comparison: Bouthillier et al. (2021),
    arxiv.org/abs/2103.03098. Of three seeds that difference is often 0 by chance, and equal arms
    were then told apart in 5.3 to 6.3 % of studies; so at least half of the scores' variance is
    taken: docs/certainty.md
    """
    first, many = spreads[0], len(spreads)
    if many == 1:
        return first
    values = np.array([one.value for one in spreads])
    left = np.stack([one.left for one in spreads])
    units = left.shape[1]
    own = left - left.mean(axis=1, keepdims=True)
    # of one seed's score
    both = np.square(own - own.mean(axis=0)).sum() * (units - 1) / units / (many - 1)
    scattered = float(values.var(ddof=1))
    between = max(scattered - both, scattered / 2) / many
    drawn = [one.drawn for one in spreads if one.drawn is not None]
    mean = np.mean(drawn, axis=0) if len(drawn) == many else None
    columns = [one.column for one in spreads if one.column is not None]
    column = np.mean(columns, axis=0) if len(columns) == many else None
    return ScoreEstimate(
        float(values.mean()), left.mean(axis=0), first.n, mean, False, between, many - 1, column
    )


def interval_of(
    rows: np.ndarray,
    total: Total,
    *,
    groups: np.ndarray | None = None,
    level: float = 0.95,
    seed: int = 0,
    low: float = 0.0,
    high: float = 1.0,
) -> Interval:
    """The score over one arm's rows (n, columns) of one metric, with its interval. `low`, `high`:
    of the metric."""
    drawn = (
        Weights(len(rows), seed=seed, groups=groups).values(rows, total)
        if rows.shape[1] > 1
        else None
    )
    return score_interval(spread_of(rows, total, groups, drawn), level, low, high)


def score_interval(
    spread: ScoreEstimate, level: float = 0.95, low: float = 0.0, high: float = 1.0
) -> Interval:
    """The interval of a score that lies between `low` and `high`; of one without a highest value
    Student's t, cut at `low`. All right or all wrong without groups: Clopper and Pearson (1934),
    about 1 - 3.7/n at 95 %."""
    value, n = spread.value, spread.n
    if not math.isfinite(value) or (len(spread.left) < 2 and not spread.share):
        return Interval(value, math.nan, math.nan)
    if spread.share:
        if value in (0.0, 1.0):
            edge = ((1 - level) / 2) ** (1 / n)
            return Interval(value, edge, 1.0) if value else Interval(value, 0.0, 1 - edge)
        return wilson(value, float(n), NormalDist().inv_cdf((1 + level) / 2))
    error, size = spread.error, high - low
    if not math.isfinite(error):
        return Interval(value, math.nan, math.nan)
    reach = student(level, spread.freedom)
    if not math.isfinite(size):
        return Interval(value, max(low, value - reach * error), min(high, value + reach * error))
    share = min(1.0, max(0.0, (value - low) / size))
    # Nothing to see of a spread: as many independent rows as there are units.
    rows = (
        share * (1 - share) / (error / size) ** 2
        if error > _SAME and 0 < share < 1
        else float(len(spread.left))
    )
    found = wilson(share, rows, reach)
    return Interval(value, low + size * found.low, low + size * found.high)


def wilson(value: float, rows: float, reach: float) -> Interval:
    """Wilson's score interval of a share of so many rows. `reach`: standard errors, 1.96 at
    95 %."""
    square = reach**2 / rows
    middle = (value + square / 2) / (1 + square)
    half = math.sqrt(square * (value * (1 - value) + square / 4)) / (1 + square)
    return Interval(value, min(value, max(0.0, middle - half)), max(value, min(1.0, middle + half)))


def difference_error(spread: ScoreEstimate, size: float = 1.0) -> float:
    """The standard error of a paired difference, as if half a row more told the two arms apart:
    without it two arms that differ on one row of fifty would seem to be known to a hair. A whole
    row would cover 97 % there, not 95.

    Args:
        size: of the metric, from its lowest value to its highest. One without a highest has no such
            row.
    """
    return math.sqrt(
        spread.error**2 + (0.5 * (size / spread.n) ** 2 if math.isfinite(size) else 0.0)
    )


def difference_interval(spread: ScoreEstimate, level: float = 0.95, size: float = 1.0) -> Interval:
    """The interval of a paired difference (`ScoreEstimate.minus`)."""
    close = _row_limits(spread, level, size)
    if close is not None:
        return Interval(spread.value, min(spread.value, close[0]), max(spread.value, close[1]))
    half = (
        student(level, spread.freedom) * difference_error(spread, size)
        if len(spread.left) > 1
        else math.nan
    )
    low, high = spread.value - half, spread.value + half
    # No two scores lie farther apart than the metric is wide.
    if math.isfinite(half):
        low, high = max(low, -size), min(high, size)
    return Interval(spread.value, low, high)


def _row_limits(spread: ScoreEstimate, level: float, size: float) -> tuple[float, float] | None:
    """The limits from the differences row by row; None where they cannot be had."""
    if spread.column is None or not math.isfinite(size) or not math.isfinite(spread.error):
        return None
    if spread.n == len(spread.left) and not spread.seeds:
        return limits_of(spread.column, NormalDist().inv_cdf((1 + level) / 2), size)
    reach = student(level, spread.freedom)
    return limits_of(spread.column, reach, size, spread.error**2, len(spread.left))


def paired_difference(
    first: np.ndarray,
    second: np.ndarray,
    total: Total,
    *,
    groups: np.ndarray | None = None,
    level: float = 0.95,
    seed: int = 0,
    size: float = 1.0,
) -> Interval:
    """How much better is `first` than `second`, two arms' rows (n, columns) of one metric on the
    same test rows? What the report gives for two arms of one seed each.

    Args:
        size: of the metric, from its lowest value to its highest.

    Raises:
        ValueError: the shapes differ.
    """
    if first.shape != second.shape or first.ndim != 2:
        raise ValueError(
            f"both strategies need rows of one shape (examples, columns), got {first.shape} and"
            f" {second.shape}"
        )
    drawn: list[np.ndarray | None] = [None, None]
    if first.shape[1] > 1:
        weights = Weights(len(first), seed=seed, groups=groups)
        drawn = [weights.values(rows, total) for rows in (first, second)]
    one, other = (
        spread_of(rows, total, groups, own)
        for rows, own in zip((first, second), drawn, strict=True)
    )
    return difference_interval(one.minus(other), level, size)


def difference_p(spread: ScoreEstimate, size: float = 1.0) -> float:
    """Two-sided p-value of no difference, from the paired standard error: for arms with several
    seeds, where swapping answers would leave out that another seed might have answered
    otherwise."""
    from scipy.special import stdtr

    error = difference_error(spread, size)
    if not error > 0:
        return 1.0 if abs(spread.value) <= _SAME else 0.0
    return float(min(1.0, 2 * stdtr(spread.freedom, -abs(spread.value) / error)))


def student(level: float, freedom: float) -> float:
    """How many standard errors a two-sided interval reaches: Student's t."""
    from scipy.special import stdtrit

    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    return float(stdtrit(freedom, (1 + level) / 2))
