"""Plots of a search of settings: its trials one after another, each setting against the score, all
settings side by side, how trials went.

A trial is its JSON as `search.json` has it: number, values, state, score, seconds, curve.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from assay.core.store import to_json
from assay.presentation.number_format import count, duration, one_line, score
from assay.presentation.svg import (
    CHAR,
    WIDTH,
    Axis,
    Plot,
    frame,
    line,
    pad_range,
    text,
    tick_label,
    ticks,
)

Trials = Sequence[Mapping[str, Any]]
STATES = {"complete": "whole", "pruned": "ended early", "failed": "failed"}
LEFT, RIGHT = 64.0, WIDTH - 40


def trial_history(key: str, trials: Trials, best: int, *, metric: str) -> Plot | None:
    """Score on val by trial; the line is the best so far. Rings were ended early."""
    scored = [one for one in trials if one["score"] is not None]
    if len(scored) < 2:
        return None
    low, high = pad_range([one["score"] for one in scored])
    x, y = (
        Axis(0, max(one["number"] for one in trials), LEFT + 10, RIGHT - 60),
        Axis(low, high, 200, 20),
    )
    parts = _levels(y, low, high)
    for tick in ticks(0, trials[-1]["number"], 8):
        if tick == int(tick):
            parts.append(text(x(tick), 220, count(tick + 1), "tick", "middle"))
    path, top = [], -math.inf
    for one in scored:
        if one["state"] == "complete":
            top = max(top, one["score"])
        if top > -math.inf:
            path.append(f"{x(one['number']):.1f},{y(top):.1f}")
    parts.append(f'<polyline points="{" ".join(path)}" class="curve val"/>')
    parts += [_dot(one, x(one["number"]), y(one["score"]), one["number"] == best) for one in scored]
    parts += [text(x(0), 240, "trial", "axis"), text(LEFT, 12, f"{metric} on val", "axis")]
    rows = [
        (
            count(one["number"] + 1),
            ", ".join(f"{place} {show_value(value)}" for place, value in one["values"].items()),
            score(one["score"]),
            STATES[one["state"]],
            duration(one["seconds"]),
        )
        for one in trials
    ]
    return Plot(
        frame(
            key,
            248,
            "Trials of the search",
            "Score on val of each trial, and the best so far.",
            parts,
        ),
        "Dots are trials, rings those that were ended early, with the last score that they had; the"
        " line is the best so far, the filled square what is kept.",
        ("trial", "settings", f"{metric} on val", "state", "took"),
        rows,
    )


def setting_slices(
    key: str, trials: Trials, best: int, shares: Mapping[str, float], *, metric: str
) -> Plot | None:
    """A panel for each setting: its values against the score. The name has the setting's share of
    what scores differ by, where that is known."""
    scored = [one for one in trials if one["score"] is not None]
    places = list(dict.fromkeys(place for one in scored for place in one["values"]))[:6]
    if len(scored) < 3 or not places:
        return None
    low, high = pad_range([one["score"] for one in scored])
    wide, parts = (RIGHT - LEFT) / min(3, len(places)), []
    rows = -(-len(places) // 3)
    for index, place in enumerate(places):
        left, up = LEFT + wide * (index % 3), 30 + 210 * (index // 3)
        y = Axis(low, high, up + 140, up)
        known = [one for one in scored if place in one["values"]]
        x, marks = _scale([one["values"][place] for one in known], left + 8, left + wide - 40)
        if index % 3 == 0:
            parts += _levels(y, low, high)
        for value, words in marks:
            parts.append(text(x(value), up + 160, words, "tick", "middle"))
        parts += [
            _dot(one, x(one["values"][place]), y(one["score"]), one["number"] == best)
            for one in known
        ]
        share = f", {100 * shares[place]:.0f} % of the differences" if place in shares else ""
        parts.append(text(left + 8, up - 8, one_line(f"{place}{share}", int(wide / CHAR)), "axis"))
    table = [
        (place, f"{100 * shares[place]:.0f} %" if place in shares else "–") for place in places
    ]
    about = f"A panel for each setting: {metric} on val against its value."
    return Plot(
        frame(key, 210 * rows + 8, "Settings against the score", about, parts),
        "One panel a setting. Its share of what scores differ by is that of a forest fitted to the"
        " trials (fANOVA); with few trials it is a hint.",
        ("setting", "share of the differences"),
        table,
    )


def parallel_settings(key: str, trials: Trials, best: int, *, metric: str) -> Plot | None:
    """Parallel coordinates: an upright axis for each setting and for the score, a line a trial. The
    better a trial, the stronger its line."""
    scored = [one for one in trials if one["score"] is not None]
    places = list(dict.fromkeys(place for one in scored for place in one["values"]))[:6]
    if len(scored) < 3 or len(places) < 2:
        return None
    names = [*places, f"{metric} on val"]
    gap = (RIGHT - LEFT - 60) / (len(names) - 1)
    parts, across = [], {}
    for index, name in enumerate(names):
        at = LEFT + 30 + gap * index
        values = [
            one["values"].get(name) if index < len(places) else one["score"] for one in scored
        ]
        y, marks = _scale([value for value in values if value is not None], 190, 40)
        across[name] = (at, y)
        parts.append(line(at, 36, at, 194, "grid"))
        parts.append(text(at, 22, one_line(name, int(gap / CHAR)), "axis", "middle"))
        parts += [text(at - 6, y(value) + 4.5, words, "tick", "end") for value, words in marks]
    order = sorted(scored, key=lambda one: one["score"])
    for rank, one in enumerate(order):
        points = [
            f"{across[name][0]:.1f},{across[name][1](value):.1f}"
            for name, value in [*one["values"].items(), (names[-1], one["score"])]
            if name in across
        ]
        strength = 0.15 + 0.85 * rank / max(1, len(order) - 1)
        kept = one["number"] == best
        parts.append(
            f'<polyline points="{" ".join(points)}" class="curve {"m1" if kept else "val"}"'
            f' fill-opacity="0" stroke-opacity="{1 if kept else strength:.2f}"/>'
        )
    about = "An upright axis for each setting and for the score; a line for each trial."
    rows = [
        (
            count(one["number"] + 1),
            *(show_value(one["values"].get(p)) for p in places),
            score(one["score"]),
        )
        for one in reversed(order)
    ]
    return Plot(
        frame(key, 206, "Settings side by side", about, parts),
        "A line is a trial, stronger the better it did; in another colour is what is kept.",
        ("trial", *names),
        rows,
    )


def trial_curves(key: str, trials: Trials, best: int, *, metric: str) -> Plot | None:
    """Score on val as each trial went, in percent of its way."""
    drawn = [one for one in trials if len(one["curve"]) > 1]
    if len(drawn) < 2:
        return None
    low, high = pad_range([value for one in drawn for _, value in one["curve"]])
    x, y = Axis(0, 100, LEFT + 10, RIGHT - 60), Axis(low, high, 200, 20)
    parts = _levels(y, low, high)
    for tick in (0, 25, 50, 75, 100):
        parts.append(text(x(tick), 220, f"{tick} %", "tick", "middle"))
    for one in sorted(drawn, key=lambda one: one["number"] == best):
        path = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in one["curve"])
        kept = one["number"] == best
        style = "m1" if kept else "val" if one["state"] == "complete" else "train"
        parts.append(f'<polyline points="{path}" class="curve {style}" fill-opacity="0"/>')
        at, value = one["curve"][-1]
        parts.append(text(x(at) + 6, y(value) + 4.5, count(one["number"] + 1), "tick"))
    parts.append(text(LEFT, 12, f"{metric} on val", "axis"))
    rows = [
        (count(one["number"] + 1), f"{at} %", score(value))
        for one in drawn
        for at, value in one["curve"]
    ]
    return Plot(
        frame(key, 232, "How trials went", "Score on val by percent of each trial's way.", parts),
        "A line is a trial, with its number at its end; grey ones were ended early.",
        ("trial", "of its way", f"{metric} on val"),
        rows,
    )


def show_value(value: Any) -> str:
    """A setting's value as a table has it."""
    if isinstance(value, bool) or value is None:
        return "–" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.3g}" if isinstance(value, float) else str(value)
    return one_line(value if isinstance(value, str) else to_json(value), 40)


class _Places:
    """Values that are no numbers, in the order of their appearance, at even distances."""

    def __init__(self, values: Sequence[Any], start: float, end: float):
        self.order = list(dict.fromkeys(map(to_json, values)))
        self.axis = Axis(0, max(1, len(self.order) - 1), start, end)

    def __call__(self, value: Any) -> float:
        return self.axis(self.order.index(to_json(value)))


class _Logarithm:
    def __init__(self, low: float, high: float, start: float, end: float):
        self.axis = Axis(math.log10(low), math.log10(high), start, end)

    def __call__(self, value: float) -> float:
        return self.axis(math.log10(value))


def _scale(values: Sequence[Any], start: float, end: float) -> tuple[Any, list[tuple[Any, str]]]:
    """Where values stand, and the ones that are named: numbers that span two powers of ten or more
    by their logarithm."""
    numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) < len(values) or not numbers:
        return _Places(values, start, end), [
            (one, show_value(one)) for one in _distinct(values)[:5]
        ]
    low, high = min(numbers), max(numbers)
    some = _distinct(sorted(numbers))
    named = some if len(some) <= 4 else [low, high]
    marks = [(one, show_value(one)) for one in named]
    if low > 0 and high / low >= 30:
        return _Logarithm(low, high, start, end), marks
    return Axis(low, high, start, end), marks


def _distinct(values: Sequence[Any]) -> list[Any]:
    return list({to_json(one): one for one in values}.values())


def _levels(y: Axis, low: float, high: float) -> list[str]:
    parts = []
    for tick in ticks(low, high, 4):
        parts.append(line(LEFT, y(tick), RIGHT, y(tick), "grid"))
        parts.append(text(LEFT - 8, y(tick) + 4.5, tick_label(tick), "tick", "end"))
    return parts


def _dot(one: Mapping[str, Any], x: float, y: float, is_kept: bool) -> str:
    if is_kept:
        return f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" class="mark m1"/>'
    hollow = ' fill-opacity="0"' if one["state"] != "complete" else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" class="mark m0"{hollow}/>'
