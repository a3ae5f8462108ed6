"""Many comparisons at once: how p-values are corrected for it.

Watch out   the arm that others are held against is itself the best by the same rows: all pairs of
            arms are the family
Source      Holm 1979; Shaffer 1986
"""

import math
from collections.abc import Sequence


def holm(p: Sequence[float], most: Sequence[int] = ()) -> list[float]:
    """p-values corrected for being a family, in the order given: reject those below 1 - level, and
    the chance of one false rejection or more stays below 1 - level (Holm 1979, A simple
    sequentially rejective multiple test procedure).

    Args:
        most: how many comparisons can still be of equals when 0, 1, 2, ... have been rejected; all
            that are left, by default. `p` may be a part of that family: what is not given counts as
            larger, which only makes the correction harder.
    """
    most = most or range(len(p), 0, -1)
    order = sorted(range(len(p)), key=lambda index: p[index])
    corrected = [0.0] * len(p)
    running = 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, most[rank] * p[index]))
        corrected[index] = running
    return corrected


def pairs_left(arms: int) -> list[int]:
    """How many pairs of `arms` can be pairs of equals once 0, 1, 2, ... pairs are told apart: one
    pair of three told apart leaves one at most, for two arms that equal a third equal each other. 4
    arms: 6, 3, 3, 3, 2, 1.

    The arm that others are held against is the best by the same rows. Correcting for the pairs with
    it alone would forget that any arm could have been it: of ten equal arms one would be told from
    the best in 14 of 100 reports.

    Source: Shaffer (1986), Modified sequentially rejective multiple test procedures,
    doi.org/10.1080/01621459.1986.10478341
    """
    possible: list[set[int]] = [{0}]  # of 0, 1, 2, ... arms: numbers of equal pairs that can be
    for size in range(1, arms + 1):
        possible.append(
            {
                math.comb(first, 2) + rest
                for first in range(1, size + 1)
                for rest in possible[size - first]
            }
        )
    pairs = math.comb(arms, 2)
    return [
        max(count for count in possible[arms] if count <= pairs - told) for told in range(pairs)
    ]
