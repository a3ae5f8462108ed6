"""The verdict in sentences: why this arm, how sure that is, and what is still open."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from assay.intervals import rows_needed
from assay.weigh.certain import single
from assay.weigh.decide import Choice, Gap, Standing, best_floor, best_of, equals, open_pairs, told
from assay.weigh.numbers import apart, between, count, equals_p, rough, score, sized
from assay.weigh.settings import Weigh


class Words:
    """The sentences about one choice.

    Args:
        drawn: the arms' scores in each bootstrap draw, (draws, arms). n: test rows. groups: that they come in,
            if they do.
    """

    def __init__(
        self,
        arms: Sequence[Standing],
        drawn: np.ndarray,
        choice: Choice,
        *,
        metric: str,
        n: int,
        settings: Weigh,
        higher: bool = True,
        unit: str = "",
        groups: int | None = None,
    ):
        self.arms = arms
        self.drawn = drawn
        self.choice = choice
        self.pick = -1 if choice.pick is None else choice.pick
        self.metric = metric.replace("_", " ")
        self.n = n
        self.single = single(n, groups)
        self.where = f"on {count(n)} test rows" + (
            "" if groups is None else f" in {count(groups)} group{'s' * (groups > 1)}"
        )
        self.settings = settings
        self.alpha = 1 - settings.level
        self.higher = higher
        self.unit = unit  # of a metric that is no score
        self.best = -1 if (best := best_of(arms, higher)) is None else best
        self.floor = best_floor(arms, higher)
        self.untold = (
            [i for i in equals(arms, self.best, self.alpha) if i != self.best] if choice.pick is not None else []
        )

    # --- why ----------------------------------------------------------------------------------------------------------

    def reason(self) -> str:
        if not self.arms:
            return "No arm was finished, so there is nothing to recommend."
        if self.choice.pick is None:
            return f"No arm may be recommended. {self._outs(range(len(self.arms)))}"
        ahead = [i for i, arm in enumerate(self.arms) if arm.out and self._better(i, self.pick)]
        return " ".join(part for part in (self._why(), self._outs(ahead)) if part)

    def _outs(self, which: Sequence[int]) -> str:
        """Arms that are out, each with its score and why."""
        said = []
        for index in sorted(which, key=lambda i: self.arms[i].value, reverse=self.higher):
            arm = self.arms[index]
            reasons = ", and ".join(out.words for out in arm.out)
            said.append(f"{arm.name}, with {self.metric} {score(arm.value)}, is out: it {reasons}.")
        return " ".join(said)

    def _better(self, one: int, other: int) -> bool:
        ahead = self.arms[one].value - self.arms[other].value
        return ahead > 0 if self.higher else ahead < 0

    def _why(self) -> str:
        arm, best = self.arms[self.pick], self.arms[self.best]
        rows = self.where
        left = [one for one in self.arms if not one.out]
        if len(self.arms) == 1:
            return f"{arm.name} is the only arm that was measured. Its {self.metric} is {self._level(arm)} {rows}."
        if len(left) == 1:
            return f"{arm.name} is the only arm that is not out. Its {self.metric} is {self._level(arm)} {rows}."
        if arm.floor:
            return self._floor_reason(rows)
        if self.pick != self.best:
            among = sum(1 for i in (self.best, *self.untold) if self._beats_floor(i))
            gap = arm.behind
            why = (
                f"the cheapest of the {among} arms that cannot be told from the best"
                if gap and not told(gap, self.alpha)
                else "the best of the arms that beat the floor"
            )
            text = f"{arm.name} is {why}. Its {self.metric} is {self._level(arm)} {rows};"
            text += f" {best.name} has {self._level(best)}"
            text += f", a difference of {self._gap(gap)}." if gap else "."
        elif self.untold:
            text = f"{arm.name} has the best {self.metric}, {self._level(arm)} {rows}"
            text += ", and no arm that cannot be told from it is cheaper."
        else:
            text = f"{arm.name} has the best {self.metric}, {self._level(arm)} {rows},"
            text += " and every other arm is told from it."
        if self.floor is not None and arm.over:
            gains = arm.over if self.higher else _turned(arm.over)
            text += f" Against the floor {self.arms[self.floor].name} it gains {self._gap(gains)}."
        return text

    def _beats_floor(self, index: int) -> bool:
        gap = self.arms[index].over
        ahead = self.floor is not None and self._better(index, self.floor)
        return self.floor is None or (told(gap, self.alpha) and ahead)

    def _floor_reason(self, rows: str) -> str:
        arm = self.arms[self.pick]
        if all(other.floor for other in self.arms):
            is_ = "the best" if self.pick == self.best else "the cheapest that cannot be told from the best"
            return f"Only floors were measured. {arm.name} is {is_} of them: {self.metric} {self._level(arm)} {rows}."
        if self.pick != self.floor and self.floor is not None:
            first = self.arms[self.floor]
            return (
                f"No arm beats the best floor, {first.name}, with {self.metric} {self._level(first)} {rows}."
                f" {arm.name} is the cheapest floor that cannot be told from the best arm: {self._level(arm)}."
            )
        return (
            f"No arm beats the floor. {arm.name}, the best floor, has {self.metric} {self._level(arm)} {rows},"
            " and no other arm can be told to be better."
        )

    # --- how sure -----------------------------------------------------------------------------------------------------

    def doubt(self) -> str:
        if self.choice.pick is None:
            return ""
        rival = self._rival()
        if rival is None:
            out = "Every other arm is out. " if len(self.arms) > 1 else ""
            return f"{out}There is nothing to compare it with."
        name, other = self.arms[self.pick].name, self.arms[rival].name
        difference = self.arms[self.pick].value - self.arms[rival].value
        where = self.where
        if self._apart(rival):
            lead = f"The nearest other arm, {other}, is {sized(difference, self.unit)}"
            text = f"{lead} {'lower' if difference > 0 else 'higher'}, more than chance alone would give {where}."
        else:
            error = float((self.drawn[:, self.pick] - self.drawn[:, rival]).std())
            comparisons = open_pairs(self.arms, [self.best, *self.untold])
            more = rows_needed(difference, error, self.n, level=self.settings.level, comparisons=comparisons)
            text = f"{name} and {other} are not distinguishable {where}"
            if self.single:
                text += f": there is no interval with {self.single} alone."
            elif more is None:
                text += "; they score the same, so more rows may never tell them apart."
            elif more == 0:
                text += ", though only just: a slightly larger test set would tell."
            else:
                size = sized(difference, self.unit)
                text += f". If the difference stays at {size}, {rough(more)} more test rows would tell."
        if self.n < 100:
            text += " With fewer than 100 test rows only large differences can be seen."
        return text

    def undecided(self) -> str:
        """What is still open, and how many rows would close it; empty when it is settled."""
        if not self.choice.rivals:
            return ""
        first = self.choice.rivals[0]
        equal = f"{self.settings.equivalent:g}" if not self.unit else sized(self.settings.equivalent / 100, self.unit)
        text = (
            f"Not yet decided: {self.arms[first.index].name} may be up to {sized(first.by, self.unit)} better than"
            f" {self.arms[self.pick].name}, and {equal} count as equal."
        )
        if self.single:
            return f"{text} Add test rows{' of other groups' * (self.single == 'one group')}."
        if (more := self.choice.more_rows) is None:
            return f"{text} More test rows may never tell."
        rows = "a few" if more == 0 else rough(more)
        return f"{text} Label {rows} more test rows, if the scores stay as they are."

    def _rival(self) -> int | None:
        """The arm that the doubt is about: the best when another was chosen, else the nearest that is not out."""
        if self.pick != self.best:
            return self.best
        others = self.untold or [i for i in range(len(self.arms)) if i != self.pick and not self.arms[i].out]
        sign = 1 if self.higher else -1
        return max(others, key=lambda index: sign * self.arms[index].value, default=None)

    def _level(self, arm: Standing) -> str:
        return f"{score(arm.value)} ({between(arm.low, arm.high, why=self.single)})"

    def _gap(self, gap: Gap) -> str:
        ends = between(gap.low, gap.high, partial(apart, unit=self.unit), why=self.single)
        size = f"{apart(gap.difference, self.unit)} {self.unit or 'points'}"
        return f"{size} ({ends}; {equals_p(gap.p_holm)} after Holm)"

    def _apart(self, rival: int) -> bool:
        gap = self.arms[self.pick].behind if self.pick != self.best else self.arms[rival].behind
        if self.pick == self.floor:
            gap = self.arms[rival].over
        return told(gap, self.alpha)


def _turned(gap: Gap) -> Gap:
    """Of a metric where lower is better, the difference as a gain."""
    return Gap(-gap.difference, -gap.high, -gap.low, gap.p_holm)
