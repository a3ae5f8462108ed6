"""From ratings to a win rate: how often people prefer one arm's answer, how sure that is, and how
far to trust them.

Win rate     share of the pairs whose answer is preferred; a tie counts half, and so does "both are
             bad". Several people on one pair are one observation, their mean. Interval: bootstrap
             over pairs
Decided      the same over the pairs that are not tied, with Wilson's interval
Position     preferences for A against those for B, over all ratings of pairs: the exact two-sided
             binomial test
Consistent   pairs that came twice with their sides changed: same answer preferred, or tied both
             times
Known        pairs whose better answer is known: how often it was chosen
Agreement    of several people: Cohen, Fleiss, Krippendorff (data/annotation/agreement.py) over
             first, second, tie, bad
Needed       pairs for an interval of +-5 points at the spread seen
Source       Wilson (1927), Probable inference, doi.org/10.1080/01621459.1927.10502953
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from assay.audits.human_review.pairwise import ReviewItem
from assay.data.annotation.agreement import agreement
from assay.stats import standard_error
from assay.stats.intervals import Interval, Weights, interval
from assay.stats.paired_tests import paired_p

CHOICES = ("A", "B", "tie", "bad")
WIDTH = 0.05  # half the interval that `pairs_needed` is for


@dataclass(frozen=True, slots=True)
class Rating:
    """What one person says of one item."""

    id: str
    reviewer: str
    choice: str  # one of CHOICES
    reasons: tuple[str, ...] = ()
    note: str = ""


def tally(
    items: Mapping[str, ReviewItem],
    ratings: Sequence[Rating],
    *,
    level: float = 0.95,
    seed: int = 0,
) -> list[dict]:
    """One dict for each pair of arms that was rated, plain JSON; the arms of each in alphabetical
    order.

    Args:
        items: by id. ratings: the newest of each person on each item; those of unknown items do not
            count.
    """
    pairs: dict[tuple[str, str], list[Rating]] = {}
    for rating in ratings:
        item = items.get(rating.id)
        if item is not None and not item.better:
            first, second = sorted(item.arms)
            pairs.setdefault((first, second), []).append(rating)
    return [
        _one(first, second, items, some, level, seed)
        for (first, second), some in sorted(pairs.items())
    ]


def gold_results(
    items: Mapping[str, ReviewItem], ratings: Sequence[Rating]
) -> dict[str, dict[str, int]]:
    """{reviewer: {"right", "n"}} over the items whose better answer is known."""
    found: dict[str, dict[str, int]] = {}
    for rating in ratings:
        item = items.get(rating.id)
        if item is not None and item.better:
            counts = found.setdefault(rating.reviewer, {"right": 0, "n": 0})
            counts["n"] += 1
            counts["right"] += rating.choice == item.better
    return dict(sorted(found.items()))


def _one(
    first: str,
    second: str,
    items: Mapping[str, ReviewItem],
    ratings: Sequence[Rating],
    level: float,
    seed: int,
) -> dict[str, Any]:
    said: dict[str, dict[str, str]] = {}  # item shown first -> reviewer -> first, second, tie, bad
    twins: dict[tuple[str, str], str] = {}
    sides: Counter[str] = Counter()
    for rating in ratings:
        item = items[rating.id]
        word = _preference(item, rating.choice, first)
        sides[rating.choice] += 1
        if item.again:
            twins[item.again, rating.reviewer] = word
        else:
            said.setdefault(rating.id, {})[rating.reviewer] = word
    scores = np.array([[np.mean([_WORTH[word] for word in by.values()])] for by in said.values()])
    counts = Counter(word for by in said.values() for word in by.values())
    both = [(said[id][who], word) for (id, who), word in twins.items() if who in said.get(id, {})]
    wins, losses = int((scores > 0.5).sum()), int((scores < 0.5).sum())
    return {
        "first": first,
        "second": second,
        "pairs": len(said),
        "reviewers": len({who for by in said.values() for who in by}),
        "counts": {name: counts[name] for name in ("first", "second", "tie", "bad")},
        "win_rate": _triple(win_rate(scores, level, seed)) if len(said) else None,
        "decided": {**_triple(wilson(wins, wins + losses, level)), "n": wins + losses}
        if wins + losses
        else None,
        "position": {"a": sides["A"], "b": sides["B"], "p": position_p(sides["A"], sides["B"])},
        "consistent": {"same": sum(one == two for one, two in both), "n": len(both)},
        "agreement": agreement(said, seed=seed).to_json()
        if any(len(by) > 1 for by in said.values())
        else None,
        "needed": pairs_needed(scores[:, 0], level) if len(said) > 1 else None,
        "reasons": dict(
            Counter(reason for rating in ratings for reason in rating.reasons).most_common()
        ),
    }


_WORTH = {"first": 1.0, "second": 0.0, "tie": 0.5, "bad": 0.5}


def _preference(item: ReviewItem, choice: str, first: str) -> str:
    if choice in ("tie", "bad"):
        return choice
    arm = item.arms[0 if choice == "A" else 1]
    return "first" if arm == first else "second"


def _triple(found: Interval) -> dict[str, float | None]:
    parts = {"value": found.value, "low": found.low, "high": found.high}
    return {
        name: round(float(value), 6) if math.isfinite(value) else None
        for name, value in parts.items()
    }


def win_rate(scores: np.ndarray, level: float, seed: int) -> Interval:
    """Mean of the pairs' scores (pairs, 1) in [0, 1]; interval by drawing pairs. Where all agree
    there is no spread to draw from: there Wilson's interval stands in."""
    value = float(scores.mean())
    if value in (0.0, 1.0):
        return wilson(round(value * len(scores)), len(scores), level)
    weights = Weights(len(scores), seed=seed)
    return interval(value, weights.sums(scores)[:, 0] / len(scores), level)


def wilson(k: int, n: int, level: float = 0.95) -> Interval:
    """The share k / n with Wilson's score interval.

    Raises:
        ValueError: n is 0.
    """
    if n < 1:
        raise ValueError("a share needs at least one case")
    return standard_error.wilson(k / n, n, NormalDist().inv_cdf(0.5 + level / 2))


def position_p(a: int, b: int) -> float | None:
    """Two-sided p-value of "A and B are preferred alike", exact; None without a preference."""
    if a + b < 2:
        return None
    chose = np.array([[1.0]] * a + [[0.0]] * b)
    return round(paired_p(chose, 1 - chose, lambda sums, n: sums[..., 0] / n), 6)


def pairs_needed(scores: np.ndarray, level: float = 0.95) -> int:
    """Pairs for an interval of +-5 points, at the spread of these scores (pairs,)."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    return math.ceil((z / WIDTH) ** 2 * float(scores.var(ddof=1)))
