"""Do two samples of questions come from one source? A test that stays honest where rows come in
families.

Distance    the maximum mean discrepancy: how far the mean of one sample lies from that of the
            other, in the space of a Gaussian kernel on sentence vectors, its width the median
            distance. For labels it is the chi-square distance of their shares; for "do they lie
            farther from training" the difference of two means, of the share of held-back rows that
            lie nearer than a row, cubed: rows beyond nearly all count most, others still count
Chance      every family of rows gets a random sign, its rows' deviations from their sample's mean
            are added up with it, and the same distance is taken: what the means of such samples
            differ by when their source is one. A family is one question asked in nearly the same
            words, or a group: it counts as one draw, however many rows it has
Reference   held-back rows, that no arm was trained on, never the training rows: a new question is
            always a little farther from what is known than the known rows are from each other
Watch out   with fewer than some 50 families in a sample the level holds less exactly
Source      Gretton et al. (2012), A kernel two-sample test, jmlr.org/papers/v13/gretton12a.html;
            random signs: Leucht and Neumann (2013), doi.org/10.1016/j.jmva.2013.03.003,
            Chwialkowski, Sejdinovic and Gretton (2014), arxiv.org/abs/1408.5404; tests of the
            inputs and of the labels side by side: Rabanser, Günnemann and Lipton (2019), Failing
            loudly, arxiv.org/abs/1810.11953; distances that need no new training: Bates et al.
            (2023), Testing for outliers with conformal p-values, arxiv.org/abs/2104.08279
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

DRAWS = 2999  # the smallest p-value is 1 / 3000
NEAREST = 5  # training rows that a question's distance is the mean of
# a question is called far from training where it lies farther than so many of the held-back ones
FAR = 0.9
_BLOCK = 500  # draws at a time


def gaussian(vectors: Any) -> np.ndarray:
    """The kernel of the rows with each other, (n, n) float32; its width is the median distance of
    two rows.

    Args:
        vectors: (n, width), rows of length 1 or 0; dense or sparse.
    """
    product = vectors @ vectors.T
    alike = np.asarray(
        product.todense() if not isinstance(product, np.ndarray) else product, dtype=np.float32
    )
    length = np.diag(alike).copy()
    apart = np.maximum(length[:, None] + length[None] - 2 * alike, 0)
    # The median over every seventh pair is that over all, within what a width may be off by.
    middle = float(np.median(apart[np.triu_indices(len(apart), 1)][::7])) if len(apart) > 8 else 1.0
    return np.exp(-apart / (middle or 1.0))


def of_labels(labels: Sequence[str]) -> np.ndarray:
    """Columns whose squared distance of means is the chi-square distance between the shares of
    labels, (n, labels)."""
    names, place, count = np.unique(
        np.asarray(labels, dtype=str), return_inverse=True, return_counts=True
    )
    share = count / count.sum()
    columns = np.zeros((len(labels), len(names)), dtype=np.float32)
    columns[np.arange(len(labels)), place] = 1 / np.sqrt(share[place])
    return columns


def kernel_p(
    kernel: np.ndarray, first: int, families: np.ndarray, *, draws: int = DRAWS, seed: int = 0
) -> float:
    """How often samples of one source lie as far apart as these two.

    Args:
        kernel: (n, n) of all rows; the first `first` are one sample, the others the second.
        families: (n,) the family of each row as a whole number from 0. One that stands in both
            samples counts as one in each, which can only make the p-value larger.

    Raises:
        ValueError: a sample has fewer than two families.
    """
    n = len(kernel)
    parts, weight = _samples(n, first)
    seen = float(weight @ kernel @ weight)
    centred = kernel.astype(np.float64)
    for part in parts:
        centred[part] -= centred[part].mean(axis=0, keepdims=True)
    for part in parts:
        centred[:, part] -= centred[:, part].mean(axis=1, keepdims=True)
    centred = centred.astype(np.float32)
    drawn = (
        np.einsum("ij,ij->i", w @ centred, w)
        for w in _random_sign_weights(n, first, families, draws, seed)
    )
    return _p(seen, drawn, draws)


def columns_p(
    columns: np.ndarray, first: int, families: np.ndarray, *, draws: int = DRAWS, seed: int = 0
) -> float:
    """`kernel_p` of the kernel `columns @ columns.T`, columns (n, width), for a width far below
    n."""
    n = len(columns)
    parts, weight = _samples(n, first)
    seen = float(((weight @ columns) ** 2).sum())
    centred = columns.astype(np.float64)
    for part in parts:
        centred[part] -= centred[part].mean(axis=0, keepdims=True)
    drawn = (
        ((w @ centred) ** 2).sum(axis=1)
        for w in _random_sign_weights(n, first, families, draws, seed)
    )
    return _p(seen, drawn, draws)


def _samples(n: int, first: int) -> tuple[tuple[slice, slice], np.ndarray]:
    """Where each sample stands, and the weights (n,) that make a sum the difference of their
    means."""
    weight = np.concatenate(
        [np.full(first, 1 / max(1, first)), np.full(n - first, -1 / max(1, n - first))]
    )
    return (slice(0, first), slice(first, n)), weight


def _random_sign_weights(
    n: int, first: int, families: np.ndarray, draws: int, seed: int
) -> Iterator[np.ndarray]:
    """Blocks of (draws, n) weights: those of the samples, with a random sign for each family."""
    parts, weight = _samples(n, first)
    unit = np.zeros(n, dtype=np.int64)
    start = 0
    for part in parts:
        names, own = np.unique(families[part], return_inverse=True)
        if len(names) < 2:
            raise ValueError("each sample needs two families at least")
        unit[part] = own + start
        start += len(names)
        # deviations from a mean of few are too small
        weight[part] *= np.sqrt(len(names) / (len(names) - 1))
    generator = np.random.default_rng(seed)
    for made in range(0, draws, _BLOCK):
        size = (min(_BLOCK, draws - made), start)
        signs = generator.integers(0, 2, size=size, dtype=np.int8).astype(np.float32) * 2 - 1
        yield signs[:, unit] * weight.astype(np.float32)


def _p(seen: float, drawn: Iterator[np.ndarray], draws: int) -> float:
    return (1 + sum(int((block >= seen - 1e-9).sum()) for block in drawn)) / (1 + draws)


def distance(vectors: Any, known: Any, nearest: int = NEAREST) -> np.ndarray:
    """How far each row lies from the known ones: 1 - mean cosine with the nearest of them, (n,).

    Args:
        vectors: (n, width). known: (m, width); rows of length 1 or 0, dense or sparse.
    """
    found = np.empty(vectors.shape[0])
    k = min(nearest, known.shape[0])
    for start in range(0, len(found), 512):
        product = vectors[start : start + 512] @ known.T
        alike = product if isinstance(product, np.ndarray) else product.toarray()
        found[start : start + 512] = 1 - np.partition(alike, -k, axis=1)[:, -k:].mean(axis=1)
    return found


def nearer(distances: np.ndarray, first: int) -> np.ndarray:
    """The share of the second sample that lies nearer than each row, equals counted half, (n,)."""
    held = np.sort(distances[first:])
    return (
        np.searchsorted(held, distances, "left") + np.searchsorted(held, distances, "right")
    ) / (2 * len(held))


def far_p(
    distances: np.ndarray, first: int, families: np.ndarray, *, draws: int = DRAWS, seed: int = 0
) -> float:
    """The p-value of "the first sample lies no farther away than the second"; 1 where it does not.

    Args:
        distances: (n,), from what is known.
    """
    column = (nearer(distances, first) ** 3).astype(np.float32)[:, None]
    if column[:first].mean() <= column[first:].mean():
        return 1.0
    return columns_p(column, first, families, draws=draws, seed=seed)
