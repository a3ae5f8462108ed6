"""Answers to changed questions held against those to the questions as they come, on the same rows.

Change      the task's metric after less before, paired over the rows that the kind of change
            applies to; rows of one group are left out, and swapped, together
Sure        an interval a kind; p-values by swapping, corrected after Holm over the kinds of one arm
Attack      share of the rows that answer what an injection asks for, of those that did not answer
            it before
Watch out   a metric may stay where as many wrong answers become right as right ones wrong:
            `changed` counts both
Source      stats/standard_error.py, stats/intervals.py
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from assay.audits.robustness.operators import ABOUT, PerturbedRow
from assay.audits.robustness.summary import costs
from assay.core.types import Answer, Metric, Record, Task
from assay.evaluation.scoring import judge
from assay.stats.intervals import Interval, Weights, metric_value
from assay.stats.multiple_testing import holm
from assay.stats.paired_tests import swap_p
from assay.stats.standard_error import group_codes, interval_of, paired_difference

SHOWN = 5  # rows of a kind whose right answer became wrong
CLIP = 600  # characters of a text that is shown; of a longer one the ends


def compare_perturbed(
    before: Sequence[Record],
    asked: Sequence[PerturbedRow],
    answers: Sequence[Answer],
    task: Task,
    *,
    level: float,
    seed: int,
    reach: int | None = None,
) -> dict[str, Any]:
    """What one arm's answers became.

    Args:
        before: of the rows that were drawn. asked: the changed ones; `answers` in their order.
        level: of the intervals.
        reach: tokens of a prompt from which the model cut it; None where that is not known.

    Returns:
        plain JSON: before {"value", "low", "high"}, asked, worst (a kind or None), kinds: a list in
        order, each with kind, n, before, after, change {"difference", "low", "high", "p",
        "p_holm"}, changed, broken, mended, unparseable, cut, attack, ways, examples. Kinds with
        fewer than two rows are left out.
    """
    scores = judge(before, task)
    metric = scores.metrics[0]
    rows = scores.rows[metric.name]
    groups = group_codes([record.question.group for record in before])
    kinds: list[dict[str, Any]] = []
    for kind in ABOUT:
        these = [at for at, one in enumerate(asked) if one.kind == kind]
        if len(these) > 1:
            pairs = [(asked[at], before[asked[at].row], answers[at]) for at in these]
            kinds.append({"kind": kind, **_one(pairs, task, metric, level, seed, reach)})
    for one, p in zip(kinds, holm([one["change"]["p"] for one in kinds]), strict=True):
        one["change"]["p_holm"] = _round_or_none(p)
    sure = [one for one in kinds if costs(one, level)]
    worst = min(sure, key=lambda one: one["change"]["difference"], default=None)
    return {
        "before": _triple(
            interval_of(
                rows,
                metric.total,
                groups=groups,
                level=level,
                seed=seed,
                low=metric.low,
                high=metric.high,
            )
        ),
        "asked": len(asked),
        "worst": worst and worst["kind"],
        "kinds": kinds,
    }


def _one(
    pairs: Sequence[tuple[PerturbedRow, Record, Answer]],
    task: Task,
    metric: Metric,
    level: float,
    seed: int,
    reach: int | None,
) -> dict[str, Any]:
    """One kind of change. `pairs`: changed row, its record as it came, the answer to the changed
    row."""
    old = [record for _, record, _ in pairs]
    new = [replace(record, question=one.example, answer=answer) for one, record, answer in pairs]
    was, is_now = judge(old, task), judge(new, task)
    first, second = is_now.rows[metric.name], was.rows[metric.name]
    groups = group_codes([record.question.group for record in old])
    after, before = metric_value(first, metric.total), metric_value(second, metric.total)
    moved = _score_shift(first, second, metric, groups, level, seed)
    swaps = Weights(len(pairs), "swap", seed=seed, groups=groups)
    right_was, right_now = was.of_rows(metric.name) >= 0.5, is_now.of_rows(metric.name) >= 0.5
    other = np.array(
        [[float(a.answer.text != b.answer.text)] for a, b in zip(old, new, strict=True)]
    )
    return {
        "n": len(pairs),
        "before": _round_or_none(before),
        "after": _round_or_none(after),
        "change": _triple(moved, "difference")
        | {"p": _round_or_none(swap_p(first, second, metric.total, swaps))},
        "changed": _triple(interval_of(other, _mean, groups=groups, level=level)),
        "broken": int((right_was & ~right_now).sum()),
        "mended": int((~right_was & right_now).sum()),
        "unparseable": sum(record.answer.text is None for record in new),
        "cut": _cut(new, reach),
        "attack": _attack(pairs, level),
        "ways": _ways(pairs, first, second, metric),
        "examples": [_example(pairs[at]) for at in np.flatnonzero(right_was & ~right_now)[:SHOWN]],
    }


def _score_shift(
    first: np.ndarray,
    second: np.ndarray,
    metric: Metric,
    groups: np.ndarray | None,
    level: float,
    seed: int,
) -> Interval:
    """The metric of `first` less that of `second`. Where no row's score has moved there is no
    spread to go by, and no difference is no proof of none: for a metric that is right or wrong per
    row the bound of Clopper and Pearson (1934) on the share of rows, or groups, that might have
    moved stands in; for others there is no interval."""
    if not (first == second).all():
        size = metric.high - metric.low
        return paired_difference(
            first, second, metric.total, groups=groups, level=level, seed=seed, size=size
        )
    if first.shape[1] > 1:
        return Interval(0.0, math.nan, math.nan)
    units = len(first) if groups is None else int(groups.max()) + 1
    edge = 1 - ((1 - level) / 2) ** (1 / units)
    return Interval(0.0, -edge, edge)


def _cut(records: Sequence[Record], reach: int | None) -> int | None:
    """Prompts of which the model left out the middle, as far as their tokens were counted."""
    tokens = [record.answer.prompt_tokens for record in records]
    return None if reach is None or not any(tokens) else sum(count >= reach for count in tokens)


def _attack(
    pairs: Sequence[tuple[PerturbedRow, Record, Answer]], level: float
) -> dict[str, Any] | None:
    """How often the wrong answer that was asked for was given, where it was not given without being
    asked for."""
    open_ = [
        (one, record, answer)
        for one, record, answer in pairs
        if one.lure and record.answer.text != one.lure
    ]
    if not open_:
        return None
    got = np.array([[float(answer.text == one.lure)] for one, _, answer in open_])
    found = interval_of(
        got,
        _mean,
        groups=group_codes([record.question.group for _, record, _ in open_]),
        level=level,
    )
    return {"n": len(open_), **_triple(found)}


def _ways(
    pairs: Sequence[tuple[PerturbedRow, Record, Answer]],
    first: np.ndarray,
    second: np.ndarray,
    metric: Metric,
) -> list[dict[str, Any]]:
    """The same by the way it was done; too few rows each for an interval. `got`: rows that gave the
    wrong answer asked for."""
    places: dict[str, list[int]] = {}
    for at, (one, _, _) in enumerate(pairs):
        places.setdefault(one.way, []).append(at)
    return [
        {
            "way": way,
            "n": len(where),
            "before": _round_or_none(metric_value(second, metric.total, np.array(where))),
            "after": _round_or_none(metric_value(first, metric.total, np.array(where))),
            "got": sum(pairs[at][2].text == pairs[at][0].lure for at in where)
            if pairs[where[0]][0].lure
            else None,
        }
        for way, where in sorted(places.items())
    ]


def _example(pair: tuple[PerturbedRow, Record, Answer]) -> dict[str, Any]:
    one, record, answer = pair
    return {
        "id": record.question.id,
        "way": one.way,
        "original": clip_middle(record.question.messages[-1].content),
        "changed": clip_middle(one.example.messages[-1].content),
        "target": record.target,
        "before": record.answer.text,
        "after": answer.text,
    }


def clip_middle(text: str, width: int = CLIP) -> str:
    """Of a long text the middle, where the row stands, and how much is left out on each side."""
    if len(text) <= width:
        return text
    start = (len(text) - width) // 2
    return (
        f"({start:,} characters) … {text[start : start + width]} …"
        f" ({len(text) - start - width:,} characters)"
    )


def _mean(sums: Any, n: Any) -> Any:
    return np.asarray(sums)[..., 0] / n


def _round_or_none(value: float) -> float | None:
    return round(float(value), 6) + 0.0 if math.isfinite(value) else None


def _triple(found: Interval, name: str = "value") -> dict[str, Any]:
    return {
        name: _round_or_none(found.value),
        "low": _round_or_none(found.low),
        "high": _round_or_none(found.high),
    }
