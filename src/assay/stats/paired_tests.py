"""Does one strategy answer better than another on the same rows, or is it chance? Paired tests.

p-values   by swapping the two strategies' answers row by row; for right or wrong by row McNemar's
           exact test, which needs no draw
Groups     rows of one customer or document are swapped together
Source     Yeh (2000), More accurate tests for the statistical significance of result differences,
           C00-2137; McNemar (1947), doi.org/10.1007/BF02295996
"""

from __future__ import annotations

import math

import numpy as np

from assay.stats.intervals import DRAWS, SAME, Total, Weights, check_pair, metric_value


def swap_p(first: np.ndarray, second: np.ndarray, total: Total, swaps: Weights) -> float:
    """Two-sided p-value of "both arms answer equally well", by letting them change places row by
    row.

    Were the arms alike, swapping their answers on any row would change nothing but chance. The
    p-value is the share of random swaps with a difference at least as large as the one seen, the
    seen one included, so it is never 0. For one column of zeros and ones that share is known
    without drawing: McNemar's exact test. Where `swaps` has groups, all rows of a group change
    places together.

    Source: Yeh (2000), More accurate tests for the statistical significance of result differences,
    C00-2137
    """
    check_pair(first, second)
    if swaps.groups is None and (exact := mcnemar_p(first, second)) is not None:
        return exact
    apart = first - second
    seen = abs(metric_value(first, total) - metric_value(second, total))
    differ = np.flatnonzero(apart.any(axis=1))  # the others change nothing
    moved = swaps.sums(apart, differ)
    n = np.full(swaps.draws, float(len(first)))
    swapped = np.abs(total(first.sum(axis=0) - moved, n) - total(second.sum(axis=0) + moved, n))
    return float((1 + np.count_nonzero(swapped >= seen - SAME)) / (1 + swaps.draws))


def mcnemar_p(first: np.ndarray, second: np.ndarray) -> float | None:
    """McNemar's exact test of two columns of zeros and ones, (n, 1) each; None for other rows."""
    if first.shape[1] != 1 or not (np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()):
        return None
    apart = first - second
    return _exact_p(int((apart > 0).sum()), int((apart < 0).sum()))


def _exact_p(only_first: int, only_second: int) -> float:
    """Twice the smaller tail of fair coins, one for each row that the arms disagree on."""
    n = only_first + only_second
    tail = sum(math.comb(n, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / 2**n)


def paired_p(
    first: np.ndarray, second: np.ndarray, total: Total, *, draws: int = DRAWS, seed: int = 0
) -> float:
    """`swap_p` for one pair."""
    return swap_p(first, second, total, Weights(len(first), "swap", draws=draws, seed=seed))
