"""The scores of several arms on the same test rows, and how sure each score and each difference is:
numbers only.

Drawn together   every arm in every bootstrap draw has the same rows (or groups of rows), so
                 differences are paired
Intervals        `stats.standard_error`: Wilson with the effective number of rows; paired
                 differences by Student's t
p-values         McNemar's exact test where rows are right or wrong; else answers swapped at random,
                 by row or by group; where an arm was fitted with several seeds, the paired t
Correction       Holm with Shaffer's counts over all pairs of arms, since the reference is the best
                 by the same rows
Costs            a bootstrap for each metric that is no mean over rows; p-values are made when asked
                 for, and kept
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from assay.core.types import Metric
from assay.stats.intervals import DRAWS, Interval, Total, Weights, metric_value
from assay.stats.multiple_testing import holm, pairs_left
from assay.stats.paired_tests import mcnemar_p, swap_p
from assay.stats.standard_error import (
    ScoreEstimate,
    difference_interval,
    difference_p,
    over_seeds,
    score_interval,
    spread_of,
)

Rows = Sequence[np.ndarray]  # one array (n, columns) for each seed that the arm was fitted with


class Compared:
    """The arms of `rows`: name -> metric -> `Rows`, all of the same `n` test rows in order.

    Args:
        groups: the group of each row from 0, or None: see `assay.stats.standard_error.group_codes`.
    """

    def __init__(
        self,
        rows: Mapping[str, Mapping[str, Rows]],
        metrics: Sequence[Metric],
        *,
        groups: np.ndarray | None = None,
        level: float = 0.95,
        draws: int = DRAWS,
        seed: int = 0,
    ):
        self.names = list(rows)
        self.rows = rows
        self.metrics = {metric.name: metric for metric in metrics}
        self.groups = groups
        self.level = level
        self.draws = draws
        self.seed = seed
        first = next(iter(rows.values()), None)
        self.n = len(next(iter(first.values()))[0]) if first else 0
        self._drawn: dict[tuple[str, str], list[np.ndarray]] = {}
        self._spreads: dict[tuple[str, str], ScoreEstimate] = {}
        self._p: dict[tuple[str, str, str], float] = {}

    @cached_property
    def _weights(self) -> Weights:
        return Weights(max(1, self.n), draws=self.draws, seed=self.seed, groups=self.groups)

    @cached_property
    def _swaps(self) -> Weights:
        # No swap gives a p below 1 in so many: with many arms it must still be seen after the
        # correction.
        draws = max(self.draws, 50 * math.comb(len(self.names), 2))
        return Weights(max(1, self.n), "swap", draws=draws, seed=self.seed, groups=self.groups)

    @property
    def units(self) -> int:
        """What is drawn: groups where rows come in groups, else rows."""
        return self.n if self.groups is None else int(self.groups.max()) + 1

    def value(self, name: str, metric: str) -> float:
        """The score of an arm, the mean over its seeds."""
        total = self.metrics[metric].total
        return float(np.mean([metric_value(rows, total) for rows in self.rows[name][metric]]))

    def spread(self, name: str, metric: str) -> ScoreEstimate:
        """The same with what its standard error is made from."""
        if (name, metric) not in self._spreads:
            self._spreads[name, metric] = self._spread(name, metric, None)
        return self._spreads[name, metric]

    def part(self, name: str, metric: str, where: np.ndarray) -> ScoreEstimate:
        """The same on the rows at the positions `where`."""
        return self._spread(name, metric, where)

    def _spread(self, name: str, metric: str, where: np.ndarray | None) -> ScoreEstimate:
        total, seeds = self.metrics[metric].total, self.rows[name][metric]
        groups = self.groups if where is None or self.groups is None else self.groups[where]
        if groups is not None:
            groups = np.unique(groups, return_inverse=True)[1]
        found = []
        for index, rows in enumerate(seeds):
            drawn = None
            if rows.shape[1] > 1:
                drawn = (
                    self.draw(name, metric)[index]
                    if where is None
                    else self._weights.values(rows, total, where)
                )
            found.append(spread_of(rows if where is None else rows[where], total, groups, drawn))
        return over_seeds(found)

    def draw(self, name: str, metric: str) -> list[np.ndarray]:
        """The score of each seed's arm in each bootstrap draw, (draws,) each."""
        if (name, metric) not in self._drawn:
            total = self.metrics[metric].total
            self._drawn[name, metric] = [
                self._weights.values(rows, total) for rows in self.rows[name][metric]
            ]
        return self._drawn[name, metric]

    def bootstrap_scores(self, metric: str) -> np.ndarray:
        """The score of every arm in every draw, (draws, arms), widened to its standard error: of
        few groups, few seeds and rare labels draws alone are too close together. Of several seeds
        as many are drawn, with replacement."""
        if not self.names:
            return np.empty((0, 0))
        columns = []
        for at, name in enumerate(self.names):
            seeds = np.stack(self.draw(name, metric), axis=1)
            if seeds.shape[1] > 1:
                generator = np.random.default_rng([self.seed, 2, at])
                picks = generator.integers(0, seeds.shape[1], size=seeds.shape)
                seeds = np.take_along_axis(seeds, picks, axis=1)
            columns.append(_widen_draws(seeds.mean(axis=1), self.spread(name, metric).error))
        return np.stack(columns, axis=1)

    def score(self, name: str, metric: str, where: np.ndarray | None = None) -> Interval:
        found = self.spread(name, metric) if where is None else self.part(name, metric, where)
        return score_interval(
            found, self.level, self.metrics[metric].low, self.metrics[metric].high
        )

    def difference(
        self, name: str, reference: str, metric: str, level: float | None = None
    ) -> Interval:
        """How much better `name` is than `reference`."""
        apart = self.spread(name, metric).minus(self.spread(reference, metric))
        return difference_interval(
            apart, self.level if level is None else level, self._size(metric)
        )

    def p(self, name: str, reference: str, metric: str) -> float:
        """Two-sided, of the two being alike; kept, since it is the same both ways round."""
        first, second = sorted((name, reference))
        key = (metric, first, second)
        if key not in self._p:
            one, other = self.rows[first][metric], self.rows[second][metric]
            if len(one) == len(other) == 1:
                self._p[key] = self._permutation_p(one[0], other[0], self.metrics[metric].total)
            else:
                self._p[key] = difference_p(
                    self.spread(first, metric).minus(self.spread(second, metric)),
                    self._size(metric),
                )
        return self._p[key]

    def _size(self, metric: str) -> float:
        return self.metrics[metric].high - self.metrics[metric].low

    def _permutation_p(self, one: np.ndarray, other: np.ndarray, total: Total) -> float:
        exact = mcnemar_p(one, other) if self.groups is None else None
        return swap_p(one, other, total, self._swaps) if exact is None else exact

    def p_values(self, reference: str, metric: str) -> dict[str, tuple[float, float]]:
        """Every other arm held against `reference`: p, and p corrected over all pairs of arms."""
        others = [name for name in self.names if name != reference]
        p = [self.p(name, reference, metric) for name in others]
        return dict(
            zip(others, zip(p, holm(p, pairs_left(len(self.names))), strict=True), strict=True)
        )

    def against(self, reference: str, metric: str) -> dict[str, tuple[Interval, float, float]]:
        """As `p_values`, the difference first."""
        found = self.p_values(reference, metric)
        return {
            name: (self.difference(name, reference, metric), *both) for name, both in found.items()
        }


def _widen_draws(drawn: np.ndarray, error: float) -> np.ndarray:
    middle, own = drawn.mean(), drawn.std()
    return middle + (drawn - middle) * (error / own) if own > 0 and error > 0 else drawn
