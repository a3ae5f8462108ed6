"""Which numbers lie far from the others, and what is left when those rows have gone.

Source   Iglewicz, Hoaglin (1993), How to Detect and Handle Outliers: deviations from the median, in
         units of the median absolute deviation, which a minority of foreign rows hardly moves
"""

from collections.abc import Callable, Sequence
from typing import Any

NORMAL = 1.4826  # makes the median absolute deviation of normal numbers their standard deviation


def deviations(values: Any) -> Any:
    """How far each number lies above the median, in robust standard deviations; 0 for nan, and for
    all where most numbers are equal."""
    import numpy as np

    values = np.asarray(values, dtype=float)
    told = values[~np.isnan(values)]
    if not len(told) or not (spread := NORMAL * float(np.median(np.abs(told - np.median(told))))):
        return np.zeros(len(values))
    return np.nan_to_num((values - np.median(told)) / spread)


def settle(rows: int, find: Callable[[Sequence[int]], dict[int, str]]) -> dict[int, str]:
    """Places of rows to drop, with reasons. `find` is asked about the places that are left until it
    finds nothing, so that dropping twice is dropping once."""
    gone: dict[int, str] = {}
    while found := find([at for at in range(rows) if at not in gone]):
        gone |= found
    return gone
