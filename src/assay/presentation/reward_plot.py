"""The plot of a training on rewards: reward, the task's metric, distance from the start and length,
side by side over the steps, so that it is seen where they part."""

import math
from collections.abc import Sequence
from typing import Any

from assay.presentation.number_format import count, three
from assay.presentation.svg import (
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

PANELS = (
    ("val_reward", "reward on val"),
    ("score", "{metric} on val"),
    ("kl", "nats from the start"),
    ("val_length", "tokens of an answer"),
)
GAP, TOP, BOTTOM = 56.0, 30.0, 190.0


def reward_curves(
    key: str, curve: Sequence[dict[str, Any]], *, metric: str, title: str, caption: str
) -> Plot | None:
    """A panel for each of `PANELS`; the step whose weights are kept is an upright line in all."""
    seen = [point for point in curve if _real(point.get("val_reward"))]
    if len(seen) < 2:
        return None
    wide = WIDTH / len(PANELS)
    parts = []
    for place, (name, words) in enumerate(PANELS):
        left, right = place * wide + GAP, (place + 1) * wide - 12
        parts += _panel(curve, name, words.format(metric=metric), left, right)
    rows = [
        (count(point["step"]), *(three(point.get(name)) for name, _ in PANELS)) for point in curve
    ]
    header = ("step", *(words.format(metric=metric) for _, words in PANELS))
    about = "Reward, metric, distance from the start and length by step, a panel each."
    return Plot(frame(key, BOTTOM + 46, title, about, parts), caption, header, rows)


def _panel(
    curve: Sequence[dict[str, Any]], name: str, words: str, left: float, right: float
) -> list[str]:
    found = [(point["step"], point[name]) for point in curve if _real(point.get(name))]
    if not found:
        return []
    low, high = pad_range([value for _, value in found])
    steps = [point["step"] for point in curve]
    x, y = Axis(min(steps), max(steps), left, right), Axis(low, high, BOTTOM, TOP)
    parts = [text(left - 44, 14, words, "axis")]
    for tick in ticks(low, high, 4):
        parts += [
            line(left, y(tick), right, y(tick), "grid"),
            text(left - 6, y(tick) + 4.5, tick_label(tick), "tick", "end"),
        ]
    for tick in ticks(min(steps), max(steps), 3):
        parts.append(text(x(tick), BOTTOM + 18, count(tick), "tick", "middle"))
    for point in curve:
        if point.get("kept"):
            parts.append(line(x(point["step"]), TOP, x(point["step"]), BOTTOM, "reference"))
    path = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in found)
    parts.append(f'<polyline points="{path}" class="curve val"/>')
    parts.append(text((left + right) / 2, BOTTOM + 38, "step", "axis", "middle"))
    return parts


def _real(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
