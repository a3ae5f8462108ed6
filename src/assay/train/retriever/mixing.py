"""A reranker's scores and the order of the first stage in one score.

How   Both are standardised over a question's candidates and added, the reranker with a share of `mix`. The first
      stage is known by its order alone: it scores minus the logarithm of a passage's rank.
Why   A small reranker trained on few questions should not throw the first stage away.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

GRID = tuple(round(0.1 * i, 1) for i in range(11))


def standard(values: np.ndarray) -> np.ndarray:
    """Mean 0 and deviation 1; zeros where all values are equal."""
    spread = values.std() if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))


def mixed(scores: np.ndarray, mix: float) -> np.ndarray:
    """Both as one score, float64, higher is better.

    Args:
        scores: the reranker's, of passages in the order of the first stage. mix: share of the reranker, 0 to 1.
    """
    first = -np.log2(np.arange(len(scores)) + 2.0)
    # A reranker's last digits depend on what is computed beside a pair.
    return (mix * standard(np.asarray(scores, dtype=np.float64)) + (1 - mix) * standard(first)).round(4)


def ordered(scores: np.ndarray) -> list[int]:
    """Places of the scores, the highest first; equal ones in their order."""
    return [int(i) for i in np.argsort(-scores, kind="stable")]


def ranks(places: Sequence[int], gold: Sequence[int]) -> list[int]:
    """At which places of the candidates a gold passage stands."""
    return [i for i, place in enumerate(places) if place in gold]


def best_mix(scores: Sequence[np.ndarray], gold: Sequence[Sequence[int]], only: float | None) -> tuple[float, float]:
    """(mix, mean reciprocal rank with it). Of equal ones the smaller mix: the first stage is trusted first.

    Args:
        scores: the reranker's, one array a question. gold: places of the right candidates. only: the mix, if given.
    """

    def value(mix: float) -> float:
        found = [
            next((1 / rank for rank, i in enumerate(ordered(mixed(own, mix)), start=1) if i in right), 0.0)
            for own, right in zip(scores, gold, strict=True)
        ]
        return sum(found) / len(found)

    values = [(value(mix), -mix) for mix in (GRID if only is None else (only,))]
    best, mix = max(values)
    return -mix, best
