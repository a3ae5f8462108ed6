"""How much does a choice lose, on average? Scores drawn towards their mean by as much as they are
chance.

What it is for   absence of evidence is not equality: of two arms that 24 rows cannot tell apart one
                 may still be better by 29 points. What each arm is worth is estimated from all of
                 them, and the expected shortfall of a choice is how much better the truly best one
                 is, on average
How              seen = worth + error, errors with the paired covariance of the scores; worths
                 normal about a common mean. Their variance is that of the scores less what chance
                 puts into them, at least `LEAST` squared
Half a row       stands on the covariance's diagonal, as in paired intervals: see
                 `standard_error.difference_error`
Watch out        the best of many arms is drawn back the most, as it should be; a score by itself is
                 told as it was seen
Source           Efron and Morris (1975), Data analysis using Stein's estimator and its
                 generalizations, doi.org/10.1080/01621459.1975.10479864; expected opportunity cost:
                 Chick and Inoue (2001), doi.org/10.1287/opre.49.5.732.10615
"""

import math

import numpy as np

# Arms differ by as much as this, as a standard deviation, though the rows show nothing of it. Less
# loses more where arms differ and rows are few, more pays for nothing where they are alike:
# docs/decision.md
LEAST = 0.025
DRAWS = 4000


def error_of(drawn: np.ndarray, units: int, size: float) -> np.ndarray:
    """The covariance of the scores' errors, (arms, arms).

    Args:
        drawn: scores in each bootstrap draw, (draws, arms). units: rows, or groups where rows come
            in groups.
        size: of the metric, from its lowest value to its highest; infinite where it has none.
    """
    finite = drawn[np.isfinite(drawn).all(axis=1)]
    arms = drawn.shape[1]
    found = np.atleast_2d(np.cov(finite.T)) if len(finite) > 1 else np.zeros((arms, arms))
    half = 0.5 * (size / max(1, units)) ** 2 if math.isfinite(size) else 0.0
    return found + max(half, 1e-12) * np.eye(arms)


def shrink_scores(gains: np.ndarray, error: np.ndarray) -> np.ndarray:
    """What each arm is worth on average: scores, (..., arms), drawn towards their mean.

    Args:
        gains: scores seen, the higher the better. error: from `error_of`.
    """
    level = gains.mean(axis=-1, keepdims=True)
    values, vectors = np.linalg.eigh(error)
    apart = (gains - level) @ vectors
    between = _between(gains, error)
    return level + (apart * (between / (between + values))) @ vectors.T


def _between(gains: np.ndarray, error: np.ndarray) -> np.ndarray:
    """The variance of the arms' worth about their mean, (..., 1)."""
    arms = gains.shape[-1]
    if arms < 2:
        return np.full((*gains.shape[:-1], 1), LEAST**2)
    seen = gains.var(axis=-1, ddof=1, keepdims=True)
    # Errors that all arms share move the mean and not what lies between them.
    chance = np.trace(error) / arms - (error.sum() - np.trace(error)) / (arms * (arms - 1))
    return np.maximum(LEAST**2, seen - chance)


def shortfall(gains: np.ndarray, error: np.ndarray) -> np.ndarray:
    """By how much the truly best arm is better than each, on average: (arms,). In the metric's
    unit; not below 0."""
    arms = len(gains)
    between = float(_between(gains, error)[0])
    spread = between * (np.eye(arms) - between * np.linalg.inv(between * np.eye(arms) + error))
    worth = shrink_scores(gains, error) + draw_normal(spread)
    return (worth.max(axis=1, keepdims=True) - worth).mean(axis=0)


def draw_normal(covariance: np.ndarray) -> np.ndarray:
    """`DRAWS` normal errors with this covariance, always the same: (DRAWS, arms)."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    root = vectors * np.sqrt(values.clip(0))
    return np.random.default_rng(0).standard_normal((DRAWS, len(covariance))) @ root.T
