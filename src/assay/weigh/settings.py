"""What an arm's cost is worth: the `weigh:` part of the project file.

Cost             machine seconds a month = fitting once per `months` + answering `volume_per_month` questions
Equal            costs within `equal_cost` of the cheapest count as equal, so that timing noise cannot flip a verdict
Defaults from    10,000 answers a month is a small internal service; three months is a common time between two fits
"""

from typing import Any

from pydantic import Field

from assay.nouns import Settings
from assay.weigh.numbers import three

_HOUR = 3600.0


class Weigh(Settings):
    volume_per_month: int = Field(default=10_000, ge=0)  # answers
    months: float = Field(default=3.0, gt=0)  # how long an arm serves before it is fitted anew
    price_per_hour: float = Field(default=0.0, ge=0)  # of the machine, in your currency; 0: cost is shown as hours
    equal_cost: float = Field(default=0.2, ge=0)  # costs this close, as a share, count as equal
    level: float = Field(default=0.95, gt=0, lt=1)  # of every interval and of Holm's correction

    def seconds_per_month(self, cost: dict[str, Any]) -> float | None:
        """Machine seconds a month from an arm's measured cost; None when its time was not measured."""
        answer, fit = cost.get("seconds_per_answer"), cost.get("fit_seconds")
        if answer is None:
            return None
        return answer * self.volume_per_month + (fit or 0.0) / self.months

    def per_month_text(self, cost: dict[str, Any]) -> str:
        value = self.per_month(cost)
        return "< 0.001" if value is not None and 0 < value < 0.001 else three(value)

    def per_month(self, cost: dict[str, Any]) -> float | None:
        """What the table shows: machine hours a month, or their price when a price is given."""
        seconds = self.seconds_per_month(cost)
        return None if seconds is None else seconds / _HOUR * (self.price_per_hour or 1.0)
