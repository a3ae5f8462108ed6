"""How good a ranked list is: recall, precision, reciprocal rank and discounted gain at k, one
question at a time.

All take the ids that were found, best first, and what is relevant; all lie in [0, 1], higher is
better. A question that has nothing relevant has no value: NaN, so that a mean over questions must
say what it does with it.

Source   Manning, Raghavan and Schütze (2008), Introduction to Information Retrieval, chapter 8,
         nlp.stanford.edu/IR-book; nDCG: Järvelin and Kekäläinen (2002),
         doi.org/10.1145/582415.582418
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np


def recall(found: Sequence[str], relevant: Collection[str], k: int) -> float:
    """The share of the relevant ids that stand among the first `k`.

    Args:
        found: ids, best first, each once. relevant: a set, or gains by id, of which those above 0
            count.
        k: at least 1.

    Raises:
        ValueError: `k` is below 1, or an id was found twice.
    """
    wanted = _relevant_ids(found, relevant, k)
    return len(wanted & set(found[:k])) / len(wanted) if wanted else float("nan")


def precision(found: Sequence[str], relevant: Collection[str], k: int) -> float:
    """The share of the first `k` places that hold a relevant id; places that nothing was found for
    count as wrong. Arguments and errors as `recall`."""
    wanted = _relevant_ids(found, relevant, k)
    return len(wanted & set(found[:k])) / k if wanted else float("nan")


def reciprocal_rank(found: Sequence[str], relevant: Collection[str], k: int) -> float:
    """1 / place of the first relevant id, 0 when none is among the first `k`; its mean over
    questions is MRR@k. Arguments and errors as `recall`."""
    wanted = _relevant_ids(found, relevant, k)
    if not wanted:
        return float("nan")
    return next((1 / place for place, one in enumerate(found[:k], start=1) if one in wanted), 0.0)


def ndcg_at_k(
    found: Sequence[str], relevant: Collection[str] | Mapping[str, float], k: int
) -> float:
    """nDCG@k: gains of the first `k`, each divided by log2(place + 1), as a share of what the best
    order would give.

    Args:
        relevant: gains by id (linear, at least 0), or a set of ids with a gain of 1 each.

    Raises:
        ValueError: as `recall`, or a gain is negative.
    """
    _relevant_ids(found, relevant, k)
    gains = dict(relevant) if isinstance(relevant, Mapping) else dict.fromkeys(relevant, 1.0)
    if any(gain < 0 for gain in gains.values()):
        raise ValueError("a gain must not be negative")
    best = _dcg(sorted(gains.values(), reverse=True)[:k])
    return _dcg([gains.get(one, 0.0) for one in found[:k]]) / best if best else float("nan")


def _dcg(gains: Sequence[float]) -> float:
    return float(
        np.sum(np.asarray(gains, dtype=np.float64) / np.log2(np.arange(2, len(gains) + 2)))
    )


def _relevant_ids(
    found: Sequence[str], relevant: Collection[str] | Mapping[str, float], k: int
) -> set[str]:
    if k < 1:
        raise ValueError("k must be at least 1")
    if len(set(found)) < len(found):
        raise ValueError("an id was found twice")
    return (
        {one for one, gain in relevant.items() if gain > 0}
        if isinstance(relevant, Mapping)
        else set(relevant)
    )
