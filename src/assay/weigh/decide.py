"""Who wins: the cheapest arm that may be recommended and cannot be told from the best, and whether that is settled.

Out              an arm over a limit, or that surely breaks a guard, cannot win: see `weigh/out.py`
Told apart       the paired p-value on the task's metric, Holm-corrected over all pairs of arms, is small
Floor            if any arm beats the best floor, only such arms can win; where none does, the cheapest untold floor
Cheapest         by its cost a month (`weigh/owning.py`); costs within 20 % are equal, then fewer parts, then the score
Settled          no arm that cannot be told from the best may be better than the chosen one by more points than count as
                 equal: the upper end of the paired interval says how much it may be
Corrected        the winner's score less what choosing it on these rows flatters it by: the whole choice is repeated on
                 scores with noise added, and judged on scores whose noise is independent of that
Watch out        texts hold no time and no price, so that a repeated run says the same, but where a limit was broken
Documented       docs/decision.md, and held by a table of cases in tests/weigh/test_rule.py
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from assay.families import pairs_left
from assay.intervals import on_other_rows, rows_needed
from assay.weigh.out import Out
from assay.weigh.settings import Weigh

Told = Callable[[int, int], bool]  # (reference, arm): can the arm be told from the reference?
Reach = Callable[[str, str], float]  # (arm, other): how much better the arm may be than the other, by name


@dataclass(frozen=True, slots=True)
class Gap:
    """An arm minus a reference, on the task's metric."""

    difference: float
    low: float
    high: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class Standing:
    """A done arm as the decision sees it."""

    name: str
    floor: bool
    value: float
    low: float
    high: float
    burden: float  # what a month costs, see `owning.Owned.burden`; infinite when not measured
    parts: int
    behind: Gap | None  # against the best arm that is not out; None for that arm itself
    over: Gap | None  # against the best floor; None for that floor and where there is none
    out: tuple[Out, ...] = ()  # why it cannot be recommended


@dataclass(frozen=True, slots=True)
class Rival:
    """An arm that may yet turn out to be the better choice, by more than counts as equal."""

    index: int
    by: float  # how much better it may be: the upper end of the paired interval, in the metric's unit
    rows: int | None  # test rows that would settle it; None when no number may


@dataclass(frozen=True, slots=True)
class Choice:
    """What the rule says. `pick` is None when every arm is out."""

    pick: int | None
    corrected: float | None = None
    rivals: tuple[Rival, ...] = ()  # empty: settled

    @property
    def more_rows(self) -> int | None:
        """How many more test rows would settle it; None when it is settled, or no number may."""
        known = [rival.rows for rival in self.rivals if rival.rows is not None]
        return max(known, default=None)


def decide(
    arms: Sequence[Standing],
    drawn: np.ndarray,
    *,
    n: int,
    settings: Weigh,
    higher: bool = True,
    reach: Reach | None = None,
) -> Choice:
    """The choice among `arms`.

    Args:
        drawn: their scores in each bootstrap draw, shape (draws, arms). n: test rows.
        higher: whether a higher score is better.
        reach: the upper end of the paired interval of two arms, as a gain; by default that of the draws, which are
            too close together where few rows differ.
    """
    pick = choose(arms, settings, higher)
    if pick is None:
        return Choice(None)
    sign = 1 if higher else -1
    gains = np.array([sign * arm.value for arm in arms])
    drawn = sign * drawn
    margin = _margin(drawn, settings)
    elsewhere = on_other_rows(gains, drawn, lambda scores: _replay(arms, scores, margin, settings)).mean()
    # The correction only ever takes away: a negative one is the noise of the draws.
    corrected = sign * float(min(gains[pick], elsewhere))
    return Choice(pick, corrected, tuple(_rivals(arms, gains, drawn, pick, n, settings, higher, reach)))


def choose(arms: Sequence[Standing], settings: Weigh, higher: bool = True) -> int | None:
    """The index of the arm that the rule names on the scores seen."""
    alpha = 1 - settings.level
    sign = 1 if higher else -1
    return _choose(
        arms,
        [sign * arm.value for arm in arms],
        behind=lambda best, arm: told(arms[arm].behind, alpha),
        over=lambda floor, arm: told(arms[arm].over, alpha),
        settings=settings,
    )


def best_of(arms: Sequence[Standing], higher: bool = True) -> int | None:
    """The best arm that may be recommended, the first of equals."""
    sign = 1 if higher else -1
    return max(_in(arms), key=lambda index: sign * arms[index].value, default=None)


def best_floor(arms: Sequence[Standing], higher: bool = True) -> int | None:
    """The best floor. One that is over a limit is still what others must beat."""
    sign = 1 if higher else -1
    floors = [index for index, arm in enumerate(arms) if arm.floor]
    return max(floors, key=lambda index: sign * arms[index].value, default=None)


def told(gap: Gap | None, alpha: float) -> bool:
    return gap is not None and gap.p_holm < alpha


def equals(arms: Sequence[Standing], best: int, alpha: float) -> list[int]:
    """The best arm and those that cannot be told from it, but for those that are out."""
    return [index for index in _in(arms) if index == best or not told(arms[index].behind, alpha)]


def _in(arms: Sequence[Standing]) -> list[int]:
    return [index for index, arm in enumerate(arms) if not arm.out]


def _choose(
    arms: Sequence[Standing], gains: Sequence[float], *, behind: Told, over: Told, settings: Weigh
) -> int | None:
    """The rule itself, on the scores seen and again on those of each draw; a higher gain is better."""
    may = _in(arms)
    if not may:
        return None
    best = max(may, key=lambda index: gains[index])  # the first of equals
    untold = [index for index in may if index == best or not behind(best, index)]
    floors = [index for index, arm in enumerate(arms) if arm.floor]
    if floors:
        floor = max(floors, key=lambda index: gains[index])
        beaters = [i for i in may if not arms[i].floor and gains[i] > gains[floor] and over(floor, i)]
        if not beaters:
            # Where every floor is told from the best arm, the best arm is told from every floor, though the correction
            # over the arms held against the floor was a little harder.
            untold = [index for index in untold if index in floors] or untold
        else:
            untold = [index for index in untold if index in beaters] or [max(beaters, key=lambda index: gains[index])]
    limit = min(arms[index].burden for index in untold) * (1 + settings.equal_cost)
    near = [index for index in untold if arms[index].burden <= limit]
    return min(near, key=lambda index: (arms[index].parts, -gains[index]))


def _margin(drawn: np.ndarray, settings: Weigh) -> np.ndarray:
    """From which difference on two arms are told apart, (arms, arms): of the scores' own error, which is that of the
    draws."""
    error = (drawn[:, :, None] - drawn[:, None, :]).std(axis=0)
    return NormalDist().inv_cdf(1 - (1 - settings.level) / (2 * max(1, math.comb(drawn.shape[1], 2)))) * error


def _replay(arms: Sequence[Standing], scores: np.ndarray, margin: np.ndarray, settings: Weigh) -> np.ndarray:
    """The arm that the rule would choose on each row of `scores`, (draws, arms)."""
    margins = margin.tolist()
    chosen = np.empty(len(scores), dtype=np.intp)
    for index, row in enumerate(scores.tolist()):

        def apart(reference: int, arm: int, row: list[float] = row) -> bool:
            return abs(row[reference] - row[arm]) > margins[reference][arm]

        named = _choose(arms, row, behind=apart, over=apart, settings=settings)
        assert named is not None  # who is out does not change from draw to draw
        chosen[index] = named
    return chosen


def open_pairs(arms: Sequence[Standing], untold: Sequence[int]) -> int:
    """How many pairs may still be of equals, by which the next p-value is multiplied: see `intervals.pairs_left`."""
    left = pairs_left(len(arms))
    return left[min(len(_in(arms)) - len(untold), len(left) - 1)] if left else 1


def _rivals(
    arms: Sequence[Standing],
    gains: np.ndarray,
    drawn: np.ndarray,
    pick: int,
    n: int,
    settings: Weigh,
    higher: bool,
    reach: Reach | None,
) -> list[Rival]:
    """The arms that cannot be told from the best and may be better than the chosen one by more than counts as equal;
    the one that may be best first."""
    best = best_of(arms, higher)
    untold = equals(arms, pick if best is None else best, 1 - settings.level)
    found = []
    for index in untold:
        if index == pick:
            continue
        apart = drawn[:, index] - drawn[:, pick]
        if reach is None:
            most = float(np.quantile(apart, (1 + settings.level) / 2))
        else:
            most = reach(arms[index].name, arms[pick].name)
        if most > settings.equivalent / 100:
            ahead, error = float(gains[index] - gains[pick]), float(apart.std())
            found.append(Rival(index, most, _rows(ahead, error, n, open_pairs(arms, untold), settings)))
    return sorted(found, key=lambda rival: -rival.by)


def _rows(ahead: float, error: float, n: int, comparisons: int, settings: Weigh) -> int | None:
    """More test rows that would settle it, if the difference stays: by telling the two apart, or by showing that what
    is between them counts as equal; whichever takes fewer."""
    apart = rows_needed(ahead, error, n, level=settings.level, comparisons=comparisons)
    room = settings.equivalent / 100 - ahead
    alike = rows_needed(room, error, n, level=settings.level) if room > 0 else None
    return min((rows for rows in (apart, alike) if rows is not None), default=None)
