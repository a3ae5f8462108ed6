"""The plot of a value that grows with a number: points with intervals, a line through them, a band
around it."""

from collections.abc import Sequence
from typing import Any

from assay.presentation.number_format import count, score
from assay.presentation.svg import (
    NARROW,
    PHONE,
    WIDTH,
    Axis,
    Plot,
    frame,
    glyph,
    line,
    pad_range,
    text,
    tick_label,
    ticks,
)

LEFT, TOP, BOTTOM = 64, 26, 280


def band(
    key: str,
    points: Sequence[dict[str, Any]],
    curve: Sequence[dict[str, Any]],
    *,
    mark: int,
    until: int,
    unit: str,
    axis: str,
    title: str,
    about: str,
    caption: str,
    width: float = WIDTH,
) -> Plot:
    """`points` and `curve` have "rows", "score", "low", "high"; past `until` the curve is dashed:
    nothing was measured there. `mark` is the arm's place in the report."""
    ends = [
        p[end] for p in (*points, *curve) for end in ("score", "low", "high") if p[end] is not None
    ]
    low, high = pad_range(ends)
    last = max(p["rows"] for p in (*points, *curve))
    right = width - (40 if width > NARROW else 20)
    x, y = Axis(0, last, LEFT, right), Axis(low, high, BOTTOM, TOP)
    parts = []
    for tick in ticks(low, high):
        parts += [
            line(LEFT, y(tick), right, y(tick), "grid"),
            text(56, y(tick) + 4.5, tick_label(tick), "tick", "end"),
        ]
    for tick in ticks(0, last, 5 if width > NARROW else 3):
        parts.append(text(x(tick), BOTTOM + 18, count(tick), "tick", "middle"))
    around = [p for p in curve if p["low"] is not None and p["high"] is not None]
    if around:
        edge = [(p["rows"], p["low"]) for p in around] + [
            (p["rows"], p["high"]) for p in reversed(around)
        ]
        path = " ".join(f"{x(n):.1f},{y(value):.1f}" for n, value in edge)
        parts.append(
            f'<polygon points="{path}" class="m{mark % 8}" fill-opacity="0.12" stroke-opacity="0"/>'
        )
    if until < last:
        parts += [
            line(x(until), TOP, x(until), BOTTOM, "reference"),
            text(x(until) + 6, TOP + 10, "not measured", "tick"),
        ]
    known, beyond = (
        [p for p in curve if p["rows"] <= until],
        [p for p in curve if p["rows"] >= until],
    )
    for some, dashed in ((known, ""), (known[-1:] + beyond, ' stroke-dasharray="6 5"')):
        path = " ".join(f"{x(p['rows']):.1f},{y(p['score']):.1f}" for p in some)
        parts.append(
            f'<polyline points="{path}" class="curve m{mark % 8}" fill-opacity="0"{dashed}/>'
        )
    for point in points:
        if point["low"] is not None and point["high"] is not None:
            at = x(point["rows"])
            parts.append(line(at, y(point["low"]), at, y(point["high"]), f"whisker m{mark % 8}"))
        parts.append(glyph(mark, x(point["rows"]), y(point["score"])))
    parts += [
        text((LEFT + right) / 2, BOTTOM + 38, unit, "axis", "middle"),
        text(LEFT, 14, axis, "axis"),
    ]
    rows = [
        (
            f"{count(p['rows'])}{'' if p in points else ', curve'}",
            score(p["score"]),
            score(p["low"]),
            score(p["high"]),
        )
        for p in (*points, *(p for p in curve if p["rows"] >= until))
    ]
    drawn, narrow = frame(key, BOTTOM + 46, title, about, parts, width), None
    if width > PHONE:
        said = {"unit": unit, "axis": axis, "title": title, "about": about, "caption": ""}
        small = band(f"{key}-narrow", points, curve, mark=mark, until=until, **said, width=PHONE)
        narrow = small.svg
    return Plot(drawn, caption, (unit, axis, "low", "high"), rows, narrow)
