"""All finished arms of a run, to be weighed under any price list, volume and limit.

What it is for   the verdict asks once; "what would change it" asks again for other prices and limits
Costs            the paired comparisons against one reference are made when first asked for, and kept
"""

import math
from collections.abc import Sequence
from typing import Any

from assay.weigh.arm import Arm
from assay.weigh.decide import Gap, Standing, best_floor, best_of, choose
from assay.weigh.measure import Measured
from assay.weigh.out import Guard, Out, over_limits
from assay.weigh.owning import Owned, owned
from assay.weigh.settings import Weigh


class Field:
    """The done arms with their scores.

    Args:
        metric: the one that decides. guards: arm -> how it stands to each guard. threads: of the machine.
    """

    def __init__(
        self, arms: Sequence[Arm], measured: Measured, metric: str, guards: dict[str, list[Guard]], threads: int
    ):
        self.arms = list(arms)
        self.measured = measured
        self.metric = metric
        self.guards = guards
        self.threads = threads
        self.higher = next((one.higher_is_better for one in measured.metrics if one.name == metric), True)
        self.unit = next((one.unit for one in measured.metrics if one.name == metric), "")
        self.paid = any(arm.cost.get("money_per_answer") is not None for arm in arms)
        self._versus: dict[str, dict[str, dict[str, Any]]] = {}
        self._scores = {arm.name: measured.of_metrics(arm.name)[metric] for arm in arms}

    def versus(self, reference: str) -> dict[str, dict[str, Any]]:
        """As `Measured.versus` of the metric that decides, kept."""
        if reference not in self._versus:
            self._versus[reference] = self.measured.versus(reference, self.metric)
        return self._versus[reference]

    def money(self, settings: Weigh) -> bool:
        """Whether costs are in money; else in machine hours."""
        return self.paid or settings.prices_given

    def owned(self, settings: Weigh) -> list[Owned | None]:
        """What each arm costs a month."""
        return [owned(arm, settings, paid=self.paid, threads=self.threads) for arm in self.arms]

    def reasons(self, settings: Weigh) -> list[list[Out]]:
        """Why each arm is out; empty for those that are not."""
        found = []
        for arm, month in zip(self.arms, self.owned(settings), strict=True):
            broken = [one for one in self.guards.get(arm.name, ()) if one.state == "broken"]
            guards = [Out(f"guard: {one.metric}", one.words) for one in broken]
            found.append([*over_limits(arm.cost, month, settings.limits), *guards])
        return found

    def under(self, settings: Weigh, lifted: str = "") -> list[Standing]:
        """The arms as the decision sees them. `lifted`: the name of a limit or guard that is to hold no more."""
        outs = [tuple(o for o in found if o.name != lifted) for found in self.reasons(settings)]
        months = self.owned(settings)
        plain = [self._standing(*one) for one in zip(self.arms, months, outs, strict=True)]
        best, floor = best_of(plain, self.higher), best_floor(plain, self.higher)
        behind = {} if best is None else self.versus(plain[best].name)
        over = {} if floor is None else self.versus(plain[floor].name)
        return [
            self._standing(arm, month, out, behind.get(arm.name), over.get(arm.name))
            for arm, month, out in zip(self.arms, months, outs, strict=True)
        ]

    def pick(self, settings: Weigh, lifted: str = "") -> str | None:
        """The arm that the rule names under these settings."""
        standings = self.under(settings, lifted)
        index = choose(standings, settings, self.higher)
        return None if index is None else standings[index].name

    def value(self, name: str) -> float:
        return self.measured.value(name, self.metric)

    def reach(self, arm: str, other: str) -> float:
        """How much better `arm` may be than `other`: the upper end of the paired interval, in the metric's unit. Of
        a single row, which has no interval, what was seen."""
        gap = self.measured.compared.difference(arm, other, self.metric)
        seen, most = (gap.value, gap.high) if self.higher else (-gap.value, -gap.low)
        return most if math.isfinite(most) else seen

    def _standing(
        self,
        arm: Arm,
        month: Owned | None,
        out: tuple[Out, ...],
        behind: dict[str, Any] | None = None,
        over: dict[str, Any] | None = None,
    ) -> Standing:
        score = self._scores[arm.name]
        burden = math.inf if month is None else month.burden
        parts = len(arm.cost.get("parts") or ())
        gaps = (self._gap(behind), self._gap(over))
        return Standing(
            arm.name, arm.floor, self.value(arm.name), score["low"], score["high"], burden, parts, *gaps, out
        )

    def _gap(self, versus: dict[str, Any] | None) -> Gap | None:
        if not versus:
            return None
        one = versus[self.metric]
        return Gap(one["difference"], one["low"], one["high"], one["p_holm"])
