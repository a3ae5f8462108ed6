"""The plot of a training: the loss of its steps and on val, and below it the score on val that
decides whose weights are kept."""

import math
from collections.abc import Sequence
from typing import Any

from assay.presentation.number_format import count, three
from assay.presentation.svg import (
    NARROW,
    PHONE,
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

LEFT, RIGHT = 56.0, 90.0  # of the plot, what is beside the panels
TOP = 20.0
# of the upper panel, and of the lower one; where all is narrow
TALL, LOW = (184.0, 90.0), (120.0, 60.0)
GAP = 34.0  # between them

Points = Sequence[tuple[float, float]]


def curves(
    key: str,
    curve: Sequence[dict[str, Any]],
    *,
    title: str,
    about: str,
    caption: str,
    losses: Points = (),
    metric: str = "score",
    since: int | None = None,
    width: float = WIDTH,
) -> Plot | None:
    """Training and validation loss by step; the lowest validation loss and the step that is kept
    are marked, and what comes after step `since` is shaded.

    Args:
        curve: of each look at val `step`, and what there is of `train`, the mean training loss
            since the look before, `val`, the loss there, `score` and `kept`. losses: the training
            loss of each step, or the mean of a few, by step; without them that of the looks is
            drawn.
    """
    lines = {name: _of(curve, name) for name in ("train", "val")}
    if len(losses) > 1:
        lines["train"] = [(step, loss) for step, loss in losses if math.isfinite(loss)]
    lines = {name: found for name, found in lines.items() if found}
    if not any(len(found) > 1 for found in lines.values()):
        return None
    steps = [step for found in lines.values() for step, _ in found]
    right = width - (RIGHT if width > NARROW else 44)
    x = Axis(min(steps), max(steps), LEFT, right)
    scores = found if len(found := _of(curve, "score")) > 1 else []
    high, low = TALL if width > NARROW else LOW
    middle = TOP + high
    bottom = middle + GAP + low if scores else middle
    parts = []
    if since is not None:
        wide = x(max(steps)) - x(since)
        parts.append(
            f'<rect x="{x(since):.1f}" y="{TOP:g}" width="{wide:.1f}"'
            f' height="{bottom - TOP:g}" class="risen"/>'
        )
    for point in curve:
        if point.get("kept"):
            at = x(point["step"])
            parts.append(line(at, TOP, at, bottom, "reference"))
            parts.append(text(at - 6, TOP + 12, "kept", "tick", "end"))
    parts += _panel(lines, x, middle, TOP, "loss")
    if "val" in lines:
        step, value = min(lines["val"], key=lambda point: point[1])
        y = _scale(lines, middle, TOP)
        parts.append(f'<circle cx="{x(step):.1f}" cy="{y(value):.1f}" r="4.5" class="best"/>')
    if scores:
        parts += _panel({"score": scores}, x, bottom, bottom - low, f"{metric} on val")
    for tick in ticks(min(steps), max(steps), 5 if width > NARROW else 3):
        parts.append(text(x(tick), bottom + 18, count(tick), "tick", "middle"))
    parts.append(text((LEFT + right) / 2, bottom + 38, "step", "axis", "middle"))
    drawn, narrow = frame(key, bottom + 46, title, about, parts, width), None
    if width > NARROW:
        said = {"title": title, "about": about, "metric": metric, "since": since}
        small = curves(f"{key}-narrow", curve, **said, caption="", losses=losses, width=PHONE)
        narrow = small.svg if small else None
    return Plot(drawn, caption, *_table(curve, metric), narrow)


def _table(
    curve: Sequence[dict[str, Any]], metric: str
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of what was seen at the looks."""
    names = [name for name in ("train", "val", "score") if _of(curve, name)]
    rows: list[tuple[str, ...]] = [
        (count(point["step"]), *(three(point.get(name)) for name in names))
        for point in curve
        if any(_is_real(point.get(name)) for name in names)
    ]
    words = (f"{metric} on val" if one == "score" else one for one in names)
    return ("step", *words), rows


def _panel(
    lines: dict[str, list[tuple[float, float]]], x: Axis, bottom: float, top: float, words: str
) -> list[str]:
    y = _scale(lines, bottom, top)
    parts = [text(LEFT, top - 6, words, "axis")]
    for tick in ticks(*_ends(lines), 4 if bottom - top > TALL[1] else 2):
        parts += [
            line(LEFT, y(tick), x.end, y(tick), "grid"),
            text(LEFT - 8, y(tick) + 4.5, tick_label(tick), "tick", "end"),
        ]
    for name, found in lines.items():
        if name == "score":  # of few looks: a mark each
            parts += [
                f'<circle cx="{x(step):.1f}" cy="{y(value):.1f}" r="3" class="look"/>'
                for step, value in found
            ]
        path = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in found)
        parts.append(f'<polyline points="{path}" class="curve {name}"/>')
        if name != "score":
            parts.append(text(x(found[-1][0]) + 8, y(found[-1][1]) + 4.5, name, "label"))
    return parts


def _scale(lines: dict[str, list[tuple[float, float]]], bottom: float, top: float) -> Axis:
    return Axis(*_ends(lines), bottom, top)


def _ends(lines: dict[str, list[tuple[float, float]]]) -> tuple[float, float]:
    return pad_range([value for found in lines.values() for _, value in found])


def _of(curve: Sequence[dict[str, Any]], name: str) -> list[tuple[float, float]]:
    return [(point["step"], point[name]) for point in curve if _is_real(point.get(name))]


def _is_real(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
