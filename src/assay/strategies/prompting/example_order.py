"""How much the order of the examples moves the score: val is asked with several orders of the same
examples.

Source      Lu et al. (2022), Fantastically Ordered Prompts and Where to Find Them,
            aclanthology.org/2022.acl-long.556: the same examples in another order go from near
            chance to near the best, and no order is good for all models
Watch out   the best of several on val looks better there than it is; the mean is the honest number
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from assay.core.types import Tell


@dataclass(frozen=True)
class Orders:
    """The orders that were tried, as positions over the order that was set, with their val scores.

    Attributes:
        rows: val rows that each was asked. used: which of them the arm uses.
    """

    tried: tuple[tuple[int, ...], ...]
    scores: tuple[float, ...]
    rows: int
    used: int

    @property
    def sentence(self) -> str:
        low, high, mean = min(self.scores), max(self.scores), fmean(self.scores)
        which = "the best one" if self.scores[self.used] == high else "the one that is set"
        return (
            f"Orders of the examples: {low:.2f} to {high:.2f}"
            f" on {self.rows} val rows, {len(self.tried)} orders, mean {mean:.2f}; {which} is used."
        )

    def to_json(self) -> dict[str, Any]:
        low, high = min(self.scores), max(self.scores)
        return {
            "tried": [
                {"order": list(order), "score": score}
                for order, score in zip(self.tried, self.scores, strict=True)
            ],
            "rows": self.rows,
            "used": self.used,
            "mean": round(fmean(self.scores), 6),
            "low": low,
            "high": high,
            "spread": round(high - low, 6),
        }


def score_orders(
    orders: Sequence[tuple[int, ...]],
    score: Callable[[tuple[int, ...]], float],
    rows: int,
    *,
    best: bool,
    tell: Tell,
) -> Orders:
    """Score every order; `best`: use the best one, the first of equals, else the first.

    Args:
        score: of the arm with this order on `rows` rows of val, higher is better.
    """
    scores = []
    for done, order in enumerate(orders):
        tell({"event": "progress", "done": done, "total": len(orders), "unit": "order"})
        scores.append(round(score(order), 6))
    tell({"event": "progress", "done": len(orders), "total": len(orders), "unit": "order"})
    return Orders(tuple(orders), tuple(scores), rows, scores.index(max(scores)) if best else 0)
