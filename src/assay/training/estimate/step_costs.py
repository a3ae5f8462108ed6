"""What the steps of a plan cost, looked at before any is taken: the typical ones, the dearest part,
the sum of all; and from the seconds of some of them those of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.training.batch import FILL
from assay.training.batch_schedule import BatchPlan, tree_growth

LOOKED = 256  # steps at most
DRAWN = 5_000_000  # rows at most that are drawn for it: an epoch is drawn anew for each step


@dataclass(frozen=True)
class MicroBatch:
    """A micro-batch.

    Attributes:
        rows: their numbers. cells: tokens that are computed, padding included. price: see
            `plan.Costs`.
    """

    rows: tuple[int, ...]
    cells: int
    price: float

    @classmethod
    def of(cls, plan: BatchPlan, rows: Sequence[int]) -> MicroBatch:
        if plan.merges:
            ids = [plan.ids[row] for row in rows]
            cells = sum(new for new, _ in tree_growth(ids))
            return cls(tuple(rows), -(-cells // FILL) * FILL, plan.costs.tree(ids))
        lengths = [plan.lengths[row] for row in rows]
        return cls(tuple(rows), len(rows) * max(lengths), plan.costs.rows(lengths))


@dataclass(frozen=True)
class Survey:
    """Some steps of a run, evenly spaced over its epochs; each is a tuple of parts."""

    steps: tuple[tuple[MicroBatch, ...], ...]

    @classmethod
    def of(cls, plan: BatchPlan, epochs: int, most: int = LOOKED) -> Survey:
        total = plan.steps * epochs
        count = max(1, min(total, most, DRAWN // len(plan.lengths)))
        # The middle of each of `count` equal stretches.
        places = [(2 * i + 1) * total // (2 * count) for i in range(count)]
        parts = (plan.step(place // plan.steps, place % plan.steps) for place in places)
        return cls(tuple(tuple(MicroBatch.of(plan, rows) for rows in step) for step in parts))

    @property
    def price(self) -> float:
        """The mean of a step's."""
        return sum(part.price for step in self.steps for part in step) / len(self.steps)

    @property
    def cells(self) -> float:
        """The mean of a step's."""
        return sum(part.cells for step in self.steps for part in step) / len(self.steps)

    @property
    def dearest(self) -> MicroBatch:
        """The part that needs most memory."""
        return max(
            (part for step in self.steps for part in step),
            key=lambda part: (part.cells, part.price),
        )

    @property
    def cheapest(self) -> MicroBatch:
        return min((part for step in self.steps for part in step), key=lambda part: part.price)

    def typical(self, count: int) -> list[tuple[MicroBatch, ...]]:
        """The steps whose price is nearest to the mean, nearest first."""
        mean = self.price
        return sorted(self.steps, key=lambda step: abs(sum(part.price for part in step) - mean))[
            :count
        ]


def neighbours(ids: Sequence[Sequence[int]], cells: int, *, merges: bool) -> list[int]:
    """The first of the sorted sequences, up to so many computed tokens, as trees or one by one."""
    rows = sorted(range(len(ids)), key=lambda row: list(ids[row]))
    for count, (new, above) in enumerate(tree_growth([ids[row] for row in rows]), start=1):
        cells -= new if merges else new + above
        if cells <= 0:
            return rows[:count]
    return rows


def first_parts(step: Sequence[MicroBatch], most: float) -> list[MicroBatch]:
    """As many of a step's parts as cost `most` together; one at least."""
    found = [step[0]]
    for part in step[1:]:
        if sum(p.price for p in found) + part.price > most:
            break
        found.append(part)
    return found


def line(
    small: tuple[float, np.ndarray], steps: Sequence[tuple[float, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of a step of no rows and of one unit of price, through a small step and the mean of
    some others.

    Args:
        small, steps: (price, seconds). Where all cost about the same, all seconds are laid on the
            price.
    """
    price = sum(price for price, _ in steps) / len(steps)
    seconds = sum((took for _, took in steps), np.zeros(2)) / len(steps)
    if price < 2 * small[0]:
        return np.zeros(2), seconds / price
    each = np.clip((seconds - small[1]) / (price - small[0]), 0, seconds / price)
    return seconds - each * price, each
