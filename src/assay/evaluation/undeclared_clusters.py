"""Are rows right and wrong together within the values of a field that no `split.group` names?

What it is for   intervals take rows for independent. Ten rows of one customer are not ten
                 customers: where rows of a value are answered rightly together, or tell two arms
                 apart together, intervals are too narrow and equal arms are told apart
How              for every arm's scores, for every paired difference of two arms, and for all arms
                 at once: the sum of the products of all pairs of rows of one value, which is what
                 the clusters add to the variance of a mean; by its mean and variance under
                 permutation (Mantel 1967). The largest of these is the field's statistic, and its
                 p-value comes from giving the rows to the values at random; fields are corrected
                 after Holm
Source           Moran (1948), 10.1111/j.2517-6161.1948.tb00012.x, and Mantel (1967),
                 pubmed.gov/6018555 (statistic and moments); Besag & Clifford (1991),
                 10.1093/biomet/78.2.301 (stop at the tenth draw that is as large); Kish (1965),
                 Survey Sampling (the design effect)
Good when        the values were sampled, as users and documents are. Watch out: a value of which
                 there are few, and always the same, is no cluster but a kind of row;
                 `data/row_clusters.py` leaves those out
Defaults from    the table of docs/certainty.md
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assay.stats.multiple_testing import holm

ERROR = 0.05  # over all fields: a field is named in so many reports where nothing clusters
# a smaller design effect widens intervals by less than 5 %, which nobody would act on
LEAST_EFFECT = 1.1
DRAWS = 1999  # with a hundred for each field at least, so that the correction can still be passed
ENOUGH = 10  # draws as large as what was seen: then the p-value is known well enough
_BLOCK = 100  # permutations at a time
_NOTHING = 1e-9
_CELLS = 1 << 22  # floats of permuted scores at a time: 32 MB


@dataclass(frozen=True, slots=True)
class Clustered:
    """What one field was found to do.

    Attributes:
        clusters, shared, largest: values among the rows; rows that share theirs with another row;
            rows of the largest.
        score, difference: design effect, the variance of a mean over that of independent rows, of
            the scores and of the paired differences that cluster most; 1 where nothing clusters,
            and where there is nothing to compare.
        p, p_holm: of no clustering; corrected over all fields.
    """

    field: str
    clusters: int
    shared: int
    largest: int
    score: float
    difference: float
    p: float
    p_holm: float = 1.0

    @property
    def effect(self) -> float:
        return max(self.score, self.difference)

    @property
    def is_significant(self) -> bool:
        """Whether it is to be said."""
        return self.p_holm <= ERROR and self.effect >= LEAST_EFFECT


def find_clustering(
    values: np.ndarray, fields: Mapping[str, Any], seed: int = 0
) -> list[Clustered]:
    """Each field of `fields`, in order.

    Args:
        values: score of each row by each arm, float, shape (rows, arms); a row without one counts
            as an average row.
        fields: name -> the value of each row as a whole number, (rows,). A row that shares none has
            one of its own.
    """
    n, arms = values.shape
    if n < 4 or not arms or not fields:
        return []
    codes = {
        name: np.unique(np.asarray(one), return_inverse=True)[1] for name, one in fields.items()
    }
    scores = _Scores.of(values)
    layouts = [_Layout.of(one) for one in codes.values()]
    seen = [
        scores.standard(one, scores.together(scores.values[None, one.order], one))[0]
        for one in layouts
    ]
    p = _permutation_p(scores, layouts, [float(one.max(initial=-np.inf)) for one in seen], seed)
    found = []
    for name, layout, each, own in zip(codes, layouts, seen, p, strict=True):
        whole = scores.together(scores.values[None, layout.order], layout)[0]
        score, apart = (
            scores.effect(layout, whole, each, part) for part in (scores.arms, scores.pairs)
        )
        sizes = np.diff(np.append(layout.starts, n))
        found.append(
            Clustered(
                name, len(sizes), int(sizes[sizes > 1].sum()), int(sizes.max()), score, apart, own
            )
        )
    return [replace(one, p_holm=both) for one, both in zip(found, holm(p), strict=True)]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Rows of one value beside each other: `order` (n,), and where each value starts. `pairs`,
    `squares`: ordered pairs of rows of one value; the sum over rows of the squared number of their
    partners."""

    order: np.ndarray
    starts: np.ndarray
    pairs: float
    squares: float

    @classmethod
    def of(cls, codes: np.ndarray) -> _Layout:
        order = np.argsort(codes, kind="stable")
        sizes = np.bincount(codes).astype(float)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        return cls(
            order,
            starts,
            float((sizes * (sizes - 1)).sum()),
            float((sizes * (sizes - 1) ** 2).sum()),
        )


@dataclass(frozen=True, slots=True)
class _Scores:
    """Centred scores (n, arms), and of each series, (series,): the sum of its squares, the square
    of that sum, and the sum of its fourth powers. The series are the arms, the pairs of arms, and
    all arms at once, each scaled to squares that add to 1: of these the second is the sum of all
    squared products of two rows."""

    values: np.ndarray
    first: np.ndarray  # of each pair
    second: np.ndarray
    squares: np.ndarray
    products: np.ndarray
    fourths: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> _Scores:
        known = np.isfinite(values)
        count = np.maximum(known.sum(axis=0), 1)
        kept = np.where(known, values, 0.0)
        kept = np.where(known, kept - kept.sum(axis=0) / count, 0.0)
        first, second = np.triu_indices(kept.shape[1], 1)
        squared = np.square(np.concatenate([kept, kept[:, first] - kept[:, second]], axis=1))
        squares, fourths = squared.sum(axis=0), np.square(squared).sum(axis=0)
        scaled = kept * _scale(squares[: kept.shape[1]]) ** 0.5
        each = np.square(scaled).sum(axis=1)
        return cls(
            kept,
            first,
            second,
            np.append(squares, each.sum()),
            np.append(squares**2, np.square(scaled.T @ scaled).sum()),
            np.append(fourths, np.square(each).sum()),
        )

    @property
    def arms(self) -> np.ndarray:
        """Which series are arms."""
        return np.arange(len(self.squares)) < self.values.shape[1]

    @property
    def pairs(self) -> np.ndarray:
        """Which are differences of two."""
        return ~self.arms & (np.arange(len(self.squares)) < len(self.squares) - 1)

    def together(self, rows: np.ndarray, layout: _Layout) -> np.ndarray:
        """Of each series the sum of products of rows of one value: rows (draws, n, arms), laid out
        -> (draws, series). Those of a difference, and of all arms, follow from those of the
        arms."""
        sums = np.add.reduceat(rows, layout.starts, axis=1)
        products = np.matmul(sums.transpose(0, 2, 1), sums)
        own = np.diagonal(products, axis1=1, axis2=2)
        both = own[:, self.first] + own[:, self.second] - 2 * products[:, self.first, self.second]
        every = own @ _scale(self.squares[self.arms])
        return np.concatenate([own, both, every[:, None]], axis=1) - self.squares

    def moments(self, layout: _Layout) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of `together` when rows are given to the values at random, (series,)
        each: Mantel 1967."""
        n, squares, fourths = len(self.values), self.squares, self.fourths
        a, a1, a2 = layout.pairs, layout.pairs, layout.squares
        b, b1, b2 = -squares, self.products - fourths, fourths
        mean = a * b / (n * (n - 1))
        square = 2 * a1 * b1 / (n * (n - 1)) + 4 * (a2 - a1) * (b2 - b1) / (n * (n - 1) * (n - 2))
        square += (
            (a * a + 2 * a1 - 4 * a2)
            * (b * b + 2 * b1 - 4 * b2)
            / (n * (n - 1) * (n - 2) * (n - 3))
        )
        return mean, square - mean**2

    def standard(self, layout: _Layout, found: np.ndarray) -> np.ndarray:
        """`together` in standard deviations, (draws, series); of a series without any spread
        nothing is said."""
        mean, variance = self.moments(layout)
        usable = (self.squares > _NOTHING) & (variance > 1e-9 * self.squares**2 / len(self.values))
        return np.where(usable, (found - mean) / np.sqrt(np.where(usable, variance, 1.0)), -np.inf)

    def effect(
        self, layout: _Layout, found: np.ndarray, standard: np.ndarray, part: np.ndarray
    ) -> float:
        """The design effect of the series of `part` that clusters most; found, standard:
        (series,)."""
        if not part.any() or not np.isfinite(standard[part]).any():
            return 1.0
        at = np.flatnonzero(part)[int(np.argmax(standard[part]))]
        mean, _ = self.moments(layout)
        return float(1 + (found[at] - mean[at]) / self.squares[at])


def _scale(squares: np.ndarray) -> np.ndarray:
    """What makes the squares of each arm add to 1; an arm that scores all rows alike has no
    part."""
    return np.where(squares > _NOTHING, 1 / np.where(squares > _NOTHING, squares, 1.0), 0.0)


def _permutation_p(
    scores: _Scores, layouts: list[_Layout], seen: list[float], seed: int
) -> list[float]:
    """p of each field: the share of permutations with a statistic as large, what was seen among
    them. All fields are asked about the same permutations; one that is large often enough is asked
    no further."""
    n, arms = scores.values.shape
    most = max(DRAWS, 100 * len(layouts) - 1)
    draw = np.random.default_rng(seed)
    p = [1.0 if seen[at] == -np.inf else 0.0 for at in range(len(layouts))]
    over = [0] * len(layouts)
    height = max(1, min(_BLOCK, _CELLS // (n * arms)))
    done = 0
    while done < most and not all(p):
        height = min(height, most - done)
        rows = scores.values[np.argsort(draw.random((height, n)), axis=1)]
        for at, layout in enumerate(layouts):
            if p[at]:
                continue
            largest = scores.standard(layout, scores.together(rows, layout)).max(axis=1)
            hits = np.flatnonzero(largest >= seen[at] - 1e-9)
            if over[at] + len(hits) >= ENOUGH:
                p[at] = ENOUGH / (done + int(hits[ENOUGH - over[at] - 1]) + 1)
            over[at] += len(hits)
        done += height
    return [one or (1 + hits) / (1 + done) for one, hits in zip(p, over, strict=True)]
