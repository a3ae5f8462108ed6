"""The order of a hybrid's candidates, learned from rows whose passages are known: a linear reranker
of five features.

words       the BM25 score
meaning     the cosine of the question's vector
ranks       the sum of reciprocal ranks in both rankings: Cormack, Clarke and Büttcher (2009)
feedback    the cosine of the mean vector of the ten best by words and meaning: Rocchio (1971), in
            vectors
neighbours  how well the candidates nearest to it in meaning do by words and meaning: what answers
            one question lies together, van Rijsbergen's cluster hypothesis; Diaz (2005),
            Regularizing Ad Hoc Retrieval Scores, doi.org/10.1145/1099554.1099722

Each has mean 0 and deviation 1 over a question's candidates. The weights are those under which the
right candidates are most likely: a conditional logit, McFadden (1974), which is ListNet's top-one
loss, Cao et al. (2007), doi.org/10.1145/1273496.1273513, for a linear score. They are pulled to
those of words and meaning alone, so that a few rows change little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.retrieval.fusion import MEANING

if TYPE_CHECKING:
    import numpy as np

FEATURES = ("words", "meaning", "ranks", "feedback", "neighbours")
START = (1 - MEANING, MEANING, 0.0, 0.0, 0.0)  # the weights without rows
PULL = 4.0  # rows that the start counts as much as
BEST = 10  # candidates whose mean vector is asked
# inverse temperature of the cosines of neighbours: the one that sentence encoders are trained with
SHARP = 20.0
STEPS = 50  # of Newton's method at most; about six are needed
CLOSE = 1e-9


def features(
    words: np.ndarray, meaning: np.ndarray, ranks: Sequence[float], vectors: np.ndarray
) -> np.ndarray:
    """Of one question's candidates, float64 (candidates, 5), in the order of FEATURES.

    Args:
        words, meaning, ranks: (candidates,): BM25 scores, cosines with the question, sums of
            reciprocal ranks.
        vectors: (candidates, width), rows of length 1.
    """
    import numpy as np

    if not len(words):
        return np.zeros((0, len(FEATURES)))
    both = (1 - MEANING) * standard(words) + MEANING * standard(meaning)
    best = np.argsort(-both, kind="stable")[:BEST]
    shares = 1 / np.log2(np.arange(len(best)) + 2)
    feedback = vectors @ (shares @ vectors[best] / shares.sum())
    near = np.exp(SHARP * (vectors @ vectors.T - 1.0))
    np.fill_diagonal(near, 0.0)
    neighbours = near @ (both - both.min()) / np.maximum(near.sum(1), np.finfo(float).tiny)
    columns = (words, meaning, ranks, feedback, neighbours)
    return np.stack([standard(column) for column in columns], axis=1)


def standard(values: np.ndarray | Sequence[float]) -> np.ndarray:
    """Mean 0 and deviation 1, float64; zeros where all values are equal."""
    import numpy as np

    values = np.asarray(values, dtype=np.float64)
    spread = values.std() if len(values) else 0.0
    return (values - values.mean()) / spread if spread > CLOSE else np.zeros(len(values))


def fit_rank_weights(
    rows: Sequence[tuple[np.ndarray, Sequence[int]]],
    start: Sequence[float] = START,
    pull: float = PULL,
) -> list[float]:
    """The weights of the features.

    Args:
        rows: of each question, the features of its candidates and which of them are right. One
            without a right candidate says nothing.
        start: the weights without rows. pull: rows that it counts as much as.

    Returns:
        those that minimise the mean over the questions of minus the mean log-probability of the
        right candidates, plus `pull` / questions times the squared distance from `start`; `start`
        itself without rows.
    """
    import numpy as np

    begin = np.array(start)
    known = [(values, list(right)) for values, right in rows if len(right)]
    weights = begin.copy()
    for _ in range(STEPS if known else 0):
        slope = 2 * pull * (weights - begin)
        bend = 2 * pull * np.eye(len(begin))
        for values, right in known:
            scores = values @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            mean = shares @ values
            slope += mean - values[right].mean(0)
            bend += (values * shares[:, None]).T @ values - np.outer(mean, mean)
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < CLOSE:
            break
    return [round(float(weight), 6) for weight in weights]
