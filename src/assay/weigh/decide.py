"""Who wins: the cheapest arm that cannot be told from the best, and how sure that is.

Told apart       the paired p-value on the task's metric, Holm-corrected over all arms held against the best, is small
Floor            if any arm beats the best floor, only such arms can win; where none does, the cheapest untold floor
Cheapest         by its cost a month (`Weigh.burden`); costs within 20 % are equal, then fewer parts, then the score
Corrected        the winner's score less what choosing it on these rows flatters it by: the whole choice is repeated in
                 every bootstrap draw, with the margins that held on all rows
Watch out        texts hold no time and no price, so that a repeated run says the same
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from assay.intervals import optimism, rows_needed
from assay.weigh.numbers import count, equals_p, points, rough, score
from assay.weigh.settings import Weigh

Told = Callable[[int, int], bool]  # (reference, arm): can the arm be told from the reference?


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
    burden: float  # what a month costs, see `Weigh.burden`; infinite when not measured
    parts: int
    behind: Gap | None  # against the best arm; None for the best itself
    over: Gap | None  # against the best floor; None for that floor and where there is none


@dataclass(frozen=True, slots=True)
class Verdict:
    recommended: str | None
    reason: str
    doubt: str
    corrected: float | None


def decide(arms: Sequence[Standing], drawn: np.ndarray, *, metric: str, n: int, settings: Weigh) -> Verdict:
    """The verdict over `arms`; `drawn` has their scores in each bootstrap draw, shape (draws, arms)."""
    if not arms:
        return Verdict(None, "No arm was finished, so there is nothing to recommend.", "", None)
    alpha = 1 - settings.level
    values = [arm.value for arm in arms]
    pick = _choose(
        arms,
        values,
        behind=lambda best, arm: _told(arms[arm].behind, alpha),
        over=lambda floor, arm: _told(arms[arm].over, alpha),
        settings=settings,
    )
    gain = optimism(np.array(values), drawn, lambda draws: _replay(arms, draws, settings))
    words = _Words(arms, drawn, pick, metric, n, alpha)
    # The correction only ever takes away: a negative one is the noise of the draws.
    return Verdict(arms[pick].name, words.reason(), words.doubt(), float(values[pick] - max(0.0, gain)))


def best_of(arms: Sequence[Standing]) -> int:
    return max(range(len(arms)), key=lambda index: arms[index].value)  # the first of equals


def best_floor(arms: Sequence[Standing]) -> int | None:
    floors = [index for index, arm in enumerate(arms) if arm.floor]
    return max(floors, key=lambda index: arms[index].value, default=None)


def _told(gap: Gap | None, alpha: float) -> bool:
    return gap is not None and gap.p_holm < alpha


def _choose(arms: Sequence[Standing], values: Sequence[float], *, behind: Told, over: Told, settings: Weigh) -> int:
    """The rule itself, on the scores seen and again on those of each draw."""
    best = max(range(len(arms)), key=lambda index: values[index])  # the first of equals
    untold = [index for index in range(len(arms)) if index == best or not behind(best, index)]
    floors = [index for index, arm in enumerate(arms) if arm.floor]
    if floors:
        floor = max(floors, key=lambda index: values[index])
        beaters = [
            index
            for index, arm in enumerate(arms)
            if not arm.floor and values[index] > values[floor] and over(floor, index)
        ]
        if not beaters:
            # Where every floor is told from the best arm, the best arm is told from every floor, though the correction
            # over the arms held against the floor was a little harder.
            untold = [index for index in untold if index in floors] or untold
        else:
            untold = [index for index in untold if index in beaters] or [max(beaters, key=lambda index: values[index])]
    limit = min(arms[index].burden for index in untold) * (1 + settings.equal_cost)
    near = [index for index in untold if arms[index].burden <= limit]
    return min(near, key=lambda index: (arms[index].parts, -values[index]))


def _replay(arms: Sequence[Standing], draws: np.ndarray, settings: Weigh) -> np.ndarray:
    """The arm that the rule would choose in each draw: told apart where the draw's difference passes the margin."""
    error = (draws[:, :, None] - draws[:, None, :]).std(axis=0)
    reach = NormalDist().inv_cdf(1 - (1 - settings.level) / (2 * max(1, len(arms) - 1)))
    margin = (reach * error).tolist()
    chosen = np.empty(len(draws), dtype=np.intp)
    for index, row in enumerate(draws.tolist()):

        def told(reference: int, arm: int, row: list[float] = row) -> bool:
            return abs(row[reference] - row[arm]) > margin[reference][arm]

        chosen[index] = _choose(arms, row, behind=told, over=told, settings=settings)
    return chosen


class _Words:
    """The reason and the doubt in sentences. `pick` is the index of the recommended arm."""

    def __init__(self, arms: Sequence[Standing], drawn: np.ndarray, pick: int, metric: str, n: int, alpha: float):
        self.arms = arms
        self.drawn = drawn
        self.pick = pick
        self.best = best_of(arms)
        self.floor = best_floor(arms)
        self.metric = metric.replace("_", " ")
        self.n = n
        self.alpha = alpha
        self.untold = [i for i, arm in enumerate(arms) if i != self.best and not _told(arm.behind, alpha)]

    def reason(self) -> str:
        arm, best = self.arms[self.pick], self.arms[self.best]
        rows = f"on {count(self.n)} test rows"
        if len(self.arms) == 1:
            return f"{arm.name} is the only arm that was measured. Its {self.metric} is {_level(arm)} {rows}."
        if arm.floor:
            return self._floor_reason(rows)
        if self.pick != self.best:
            among = sum(1 for i in (self.best, *self.untold) if self._beats_floor(i))
            gap = arm.behind
            why = (
                f"the cheapest of the {among} arms that cannot be told from the best"
                if gap and gap.p_holm >= self.alpha
                else "the best of the arms that beat the floor"
            )
            text = f"{arm.name} is {why}. Its {self.metric} is {_level(arm)} {rows}; {best.name} has {_level(best)}"
            text += f", a difference of {_gap(gap)}." if gap else "."
        elif self.untold:
            text = f"{arm.name} has the best {self.metric}, {_level(arm)} {rows}"
            text += ", and no arm that cannot be told from it is cheaper."
        else:
            text = f"{arm.name} has the best {self.metric}, {_level(arm)} {rows}, and every other arm is told from it."
        if self.floor is not None and arm.over:
            text += f" Against the floor {self.arms[self.floor].name} it gains {_gap(arm.over)}."
        return text

    def _beats_floor(self, index: int) -> bool:
        gap = self.arms[index].over
        return self.floor is None or (_told(gap, self.alpha) and gap is not None and gap.difference > 0)

    def _floor_reason(self, rows: str) -> str:
        arm = self.arms[self.pick]
        if all(other.floor for other in self.arms):
            is_ = "the best" if self.pick == self.best else "the cheapest that cannot be told from the best"
            return f"Only floors were measured. {arm.name} is {is_} of them: {self.metric} {_level(arm)} {rows}."
        if self.pick != self.floor and self.floor is not None:
            first = self.arms[self.floor]
            return (
                f"No arm beats the best floor, {first.name}, with {self.metric} {_level(first)} {rows}."
                f" {arm.name} is the cheapest floor that cannot be told from the best arm: {_level(arm)}."
            )
        return (
            f"No arm beats the floor. {arm.name}, the best floor, has {self.metric} {_level(arm)} {rows},"
            " and no other arm can be told to be better."
        )

    def doubt(self) -> str:
        if len(self.arms) == 1:
            return "There is nothing to compare it with."
        rival = self._rival()
        name, other = self.arms[self.pick].name, self.arms[rival].name
        difference = self.arms[self.pick].value - self.arms[rival].value
        where = f"on {count(self.n)} test rows"
        if self._apart(rival):
            lead = f"The nearest other arm, {other}, is {points(abs(difference)).lstrip('+')} points"
            text = f"{lead} {'lower' if difference > 0 else 'higher'}, more than chance alone would give {where}."
        else:
            error = float((self.drawn[:, self.pick] - self.drawn[:, rival]).std())
            level = 1 - self.alpha
            more = rows_needed(difference, error, self.n, level=level, comparisons=max(1, len(self.untold)))
            text = f"{name} and {other} are not distinguishable {where}"
            if more is None:
                text += "; they score the same, so more rows may never tell them apart."
            elif more == 0:
                text += ", though only just: a slightly larger test set would tell."
            else:
                size = points(abs(difference)).lstrip("+")
                text += f". If the difference stays at {size} points, {rough(more)} more test rows would tell."
        if self.n < 100:
            text += " With fewer than 100 test rows only large differences can be seen."
        return text

    def _rival(self) -> int:
        """The arm that the doubt is about: the best when another was chosen, else the nearest."""
        if self.pick != self.best:
            return self.best
        others = self.untold or [i for i in range(len(self.arms)) if i != self.pick]
        return max(others, key=lambda index: self.arms[index].value)

    def _apart(self, rival: int) -> bool:
        gap = self.arms[self.pick].behind if self.pick != self.best else self.arms[rival].behind
        if self.pick == self.floor:
            gap = self.arms[rival].over
        return _told(gap, self.alpha)


def _level(arm: Standing) -> str:
    return f"{score(arm.value)} ({score(arm.low)} to {score(arm.high)})"


def _gap(gap: Gap) -> str:
    return (
        f"{points(gap.difference)} points ({points(gap.low)} to {points(gap.high)}; {equals_p(gap.p_holm)} after Holm)"
    )
