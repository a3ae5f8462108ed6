"""A reranker's scores and the order of the first stage in one score.

How   Both are standardised over a question's candidates and added, the reranker with a share of
      `mix`. The first stage is known by its order alone: it scores minus the logarithm of a
      passage's rank.
Why   A small reranker trained on few questions should not throw the first stage away.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

GRID = tuple(round(0.05 * i, 2) for i in range(21))
SHARPNESS = tuple(2.0**i for i in range(-2, 6))  # inverse temperatures of a likelihood


def standard(values: np.ndarray) -> np.ndarray:
    """Mean 0 and deviation 1; zeros where all values are equal."""
    spread = values.std() if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))


def mix_scores(scores: np.ndarray, mix: float) -> np.ndarray:
    """Both as one score, float64, higher is better.

    Args:
        scores: the reranker's, of passages in the order of the first stage. mix: share of the
            reranker, 0 to 1.
    """
    first = -np.log2(np.arange(len(scores)) + 2.0)
    # A reranker's last digits depend on what is computed beside a pair.
    return (
        mix * standard(np.asarray(scores, dtype=np.float64)) + (1 - mix) * standard(first)
    ).round(4)


def argsort_descending(scores: np.ndarray) -> list[int]:
    """Places of the scores, the highest first; equal ones in their order."""
    return [int(i) for i in np.argsort(-scores, kind="stable")]


def ranks(places: Sequence[int], gold: Sequence[int]) -> list[int]:
    """At which places of the candidates a gold passage stands."""
    return [i for i, place in enumerate(places) if place in gold]


def best_mix(
    scores: Sequence[np.ndarray], gold: Sequence[Sequence[int]], only: float | None
) -> tuple[float, float]:
    """(mix, mean log-likelihood of the right candidates with it): a conditional logit with two
    features, McFadden (1974). Unlike a mean of ranks it changes with every score, so that it can be
    told on few questions.

    A question without a right candidate says nothing. The likelihood is that of the softmax over
    the mixed scores, at the temperature that suits best. Of equal mixes the smaller one: the first
    stage is trusted first.

    Args:
        scores: the reranker's, one array a question. gold: places of the right candidates. only:
            the mix, if given.

    Returns:
        the log-likelihood in nats; 0 where no question says anything, with a mix of 0.5.
    """
    known = [(own, list(right)) for own, right in zip(scores, gold, strict=True) if right]
    if not known:
        return (0.5 if only is None else only), 0.0

    def value(mix: float) -> float:
        both = [(mix_scores(own, mix), right) for own, right in known]
        return max(
            sum(_likely(sharp * own, right) for own, right in both) / len(both)
            for sharp in SHARPNESS
        )

    best, mix = max((round(value(mix), 9), -mix) for mix in (GRID if only is None else (only,)))
    return -mix, best


def _likely(scores: np.ndarray, right: Sequence[int]) -> float:
    """Log of the share of the places `right` in the softmax of `scores`."""
    highest = scores.max()
    shares = np.exp(scores - highest)
    return float(np.log(shares[right].sum()) - np.log(shares.sum()))
