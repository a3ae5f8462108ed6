"""From answers to gaps: how often answers change with the group, and how far apart groups are.

Changed    share of pairs that an arm answers differently; of written answers, differently but for
           the swapped terms
Above      that share less the share of control pairs of the same rows that change, paired by row:
           what the group does, beyond what any change of words does
Score      the metric on the first members of the pairs less that on the second, paired
Intervals  those of the scores (stats/standard_error.py): Wilson for shares, Student of paired
           differences
Leaning    the label whose share differs most between first and second members
Slices     the best group's score less the worst's, of groups with enough rows; interval by drawing
           rows. With two groups or more a gap is above 0 by chance: `chance` is its mean when
           labels of groups are dealt anew
Source     Garg et al. (2019), doi.org/10.1145/3306618.3317950 (counterfactual token fairness gap);
           Dixon et al. (2018), Measuring unintended bias in text classification,
           doi.org/10.1145/3278721.3278729; fairlearn's MetricFrame.difference is the same gap of
           slices
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.audits.bias.pairs import QuestionPair
from assay.core.types import Answer, Example, Message
from assay.data.augment.counterfactual import Group, copy
from assay.data.text_similarity import normal
from assay.stats.intervals import Interval, Total, Weights, interval, metric_interval, metric_value
from assay.stats.standard_error import group_codes, interval_of, paired_difference

FEW = 30  # rows of a group below which nothing is said of it


def answer_changes(
    pairs: Sequence[QuestionPair], first: Sequence[Answer], second: Sequence[Answer], closed: bool
) -> np.ndarray:
    """1 where the two answers differ, (pairs,). `closed`: answers are labels, compared as they
    are."""
    return np.array(
        [_differ(*three, closed) for three in zip(pairs, first, second, strict=True)],
        dtype=np.float64,
    )


def _differ(pair: QuestionPair, first: Answer, second: Answer, closed: bool) -> bool:
    if closed or first.text is None or second.text is None:
        return first.text != second.text
    one, two = normal(first.text), normal(second.text)
    if one == two or not pair.group:
        return one != two
    return normal(_swap_groups(first.text, pair.group)) != two


def _swap_groups(text: str, group: Any) -> str:
    swap: tuple[Group, ...] = (group,)
    return copy(Example("", (Message("user", text),)), swap, True).text


def together(pairs: Sequence[QuestionPair]) -> np.ndarray | None:
    """Which pairs are no independent ones, as `group_codes` has it: those of one row, or of rows of
    one group."""
    return group_codes([pair.first.group or f"row {pair.row}" for pair in pairs])


def share(flips: np.ndarray, level: float, groups: np.ndarray | None = None) -> Interval:
    """Mean of flips (n,), with its interval; exact where all are 0 or all 1. `groups`: from
    `together`."""
    return interval_of(flips[:, None], _mean, groups=groups, level=level)


def above(
    flips: np.ndarray, control: np.ndarray, level: float, groups: np.ndarray | None = None
) -> Interval:
    """Mean of flips less control, row by row, both (n,). `groups`: from `together`."""
    return paired_difference(flips[:, None], control[:, None], _mean, groups=groups, level=level)


def leaning(first: Sequence[Answer], second: Sequence[Answer]) -> dict[str, Any] | None:
    """{"label", "first", "second"}: the answer whose share differs most, with its shares; None
    where none differs."""
    one, two = (Counter(answer.text or "unreadable" for answer in side) for side in (first, second))
    n = max(1, len(first))
    differing = [label for label in sorted({*one, *two}) if one[label] != two[label]]
    if not differing:
        return None
    label = max(differing, key=lambda name: (abs(one[name] - two[name]), name))
    return {"label": label, "first": round(one[label] / n, 6), "second": round(two[label] / n, 6)}


def slice_gap(
    rows: np.ndarray,
    total: Total,
    groups: Mapping[str, np.ndarray],
    *,
    level: float,
    seed: int,
    draws: int = 1000,
) -> dict[str, Any] | None:
    """{"gap", "low", "high", "chance", "best", "worst", "groups": {name: {"value", "low", "high",
    "n"}}}, all in the metric's unit; None where fewer than two groups have `FEW` rows.

    Args:
        rows: (n, columns) of the metric. groups: name -> positions of its rows.
    """
    large = {name: where for name, where in groups.items() if len(where) >= FEW}
    if len(large) < 2:
        return None
    weights = Weights(len(rows), draws=draws, seed=seed)
    drawn = {name: weights.values(rows, total, where) for name, where in large.items()}
    values = {name: metric_value(rows, total, where) for name, where in large.items()}
    best, worst = (
        max(values, key=lambda name: values[name]),
        min(values, key=lambda name: values[name]),
    )
    found = interval(values[best] - values[worst], drawn[best] - drawn[worst], level)
    shown = {
        name: metric_interval(rows, total, drawn[name], level=level, where=where)
        for name, where in large.items()
    }
    return {
        "gap": _plain(found.value),
        "low": _plain(found.low),
        "high": _plain(found.high),
        "chance": _plain(_chance(rows, total, list(large.values()), seed)),
        "best": best,
        "worst": worst,
        "groups": {name: {**triple(one), "n": len(large[name])} for name, one in shown.items()},
    }


def _chance(
    rows: np.ndarray, total: Total, places: list[np.ndarray], seed: int, deals: int = 200
) -> float:
    """The gap that groups of these sizes have when their rows are dealt at random: its mean."""
    draw = np.random.default_rng([seed, len(rows)])
    every, cuts = np.concatenate(places), np.cumsum([len(where) for where in places])[:-1]
    gaps = []
    for _ in range(deals):
        values = [
            metric_value(rows, total, where) for where in np.split(draw.permutation(every), cuts)
        ]
        gaps.append(max(values) - min(values))
    return float(np.mean(gaps))


def triple(found: Interval, name: str = "value") -> dict[str, float | None]:
    """As plain JSON, six decimals."""
    return {name: _plain(found.value), "low": _plain(found.low), "high": _plain(found.high)}


def _plain(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None


def _mean(sums: Any, n: Any) -> Any:
    return sums[..., 0] / n
