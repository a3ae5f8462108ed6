"""What an arm's cost is worth: the `weigh:` part of the project file.

Cost             machine seconds a month = fitting once per `months` + answering `volume_per_month` questions; where
                 answers are paid for, or the machine has a price: money a month
Equal            costs within `equal_cost` of the cheapest count as equal, so that timing noise cannot flip a verdict
Defaults from    10,000 answers a month is a small internal service; three months is a common time between two fits
"""

from typing import Any

from pydantic import Field

from assay.nouns import Settings
from assay.weigh.numbers import three

_HOUR = 3600.0
_NEXT_TO_NOTHING = 1e-6  # price of a machine hour that has none, beside answers that are paid for: it only orders arms


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

    def burden(self, cost: dict[str, Any]) -> float | None:
        """What arms are ordered by: seconds a month at the machine's price, and what is paid for answers. Of arms that
        cost no money it is their seconds but for a factor."""
        seconds = self.seconds_per_month(cost)
        if seconds is None:
            return None
        return seconds / _HOUR * (self.price_per_hour or _NEXT_TO_NOTHING) + self.paid_per_month(cost)

    def paid_per_month(self, cost: dict[str, Any]) -> float:
        """Money for a month's answers of a model behind an address."""
        return (cost.get("money_per_answer") or 0.0) * self.volume_per_month

    def per_month_text(self, cost: dict[str, Any], paid: bool = False) -> str:
        """`per_month` as the table has it. `paid`: the column is money, so hours without a price are said as such."""
        value = self.per_month(cost)
        text = "< 0.001" if value is not None and 0 < value < 0.001 else three(value)
        return f"{text} h" if paid and not self.price_per_hour and cost.get("money_per_answer") is None else text

    def per_month(self, cost: dict[str, Any]) -> float | None:
        """What the table shows: machine hours a month, or their price when a price is given, with what is paid for
        answers."""
        seconds = self.seconds_per_month(cost)
        if seconds is None:
            return None
        if cost.get("money_per_answer") is not None and not self.price_per_hour:
            return self.paid_per_month(cost)  # its machine only waits
        return seconds / _HOUR * (self.price_per_hour or 1.0) + self.paid_per_month(cost)
