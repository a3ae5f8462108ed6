"""The plot of waiting: a row for each arm, a mark where its first right answer came, on a
logarithmic axis of time."""

import math
from collections.abc import Sequence

from assay.presentation.number_format import NOTHING, duration, one_line
from assay.presentation.svg import (
    CHAR,
    NARROW,
    PHONE,
    WIDTH,
    Axis,
    Plot,
    frame,
    glyph,
    line,
    text,
)

ROW, NOTE, SHORT_NOTE = 30, 190, 76
# Seconds that may be named on the axis: a minute and an hour are what people think in.
STEPS = (
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    20,
    60,
    120,
    300,
    600,
    1800,
    3600,
    7200,
    18_000,
    36_000,
    86_400,
)
APART = 70.0  # pixels between two of them at least


def timeline(
    key: str,
    rows: Sequence[tuple[str, int, float | None, float, str]],
    *,
    title: str,
    about: str,
    caption: str,
    header: tuple[str, str, str, str],
    width: float = WIDTH,
) -> Plot:
    """`rows`: name, place in the report, seconds to the first right answer or None, seconds to the
    first answer, note. Where no answer was right, a dashed line says from when on there were
    answers."""
    names = [one_line(name, 34 if width > NARROW else 18) for name, *_ in rows]
    left = min(300.0, 16 + CHAR * max(len(name) for name in names))
    right = width - (NOTE if width > NARROW else SHORT_NOTE)
    times = [
        max(0.01, at) for _, _, first, answer, _ in rows for at in (first, answer) if at is not None
    ]
    low, high = math.log10(min(times)) - 0.2, math.log10(max(times)) + 0.2
    x = Axis(low, high, left + 12, right)
    top, bottom = 14.0, 14.0 + ROW * len(rows)
    parts = []
    free = left
    for step in STEPS:
        at = x(math.log10(step))
        if low <= math.log10(step) <= high and at >= free:
            free = at + APART
            parts += [
                line(at, top, at, bottom, "grid"),
                text(at, bottom + 18, duration(step), "tick", "middle"),
            ]
    for index, ((_, mark, first, answer, note), name) in enumerate(zip(rows, names, strict=True)):
        y = top + ROW * (index + 0.5)
        parts.append(text(left, y + 4.5, name, "label", "end"))
        began = x(math.log10(max(0.01, answer)))
        if first is None:
            parts += [
                line(began, y, right, y, "reference"),
                text(right + 14, y + 4.5, note if width > NARROW else "none", "tick"),
            ]
            continue
        at = x(math.log10(max(0.01, first)))
        parts += [line(began, y, at, y, f"whisker m{mark % 8}"), glyph(mark, at, y)]
        parts.append(
            text(
                right + 14,
                y + 4.5,
                f"{duration(first)}{f', {note}' if note and width > NARROW else ''}",
                "label number",
            )
        )
    parts.append(
        text(
            (left + right) / 2, bottom + 38, "time since the change, logarithmic", "axis", "middle"
        )
    )
    table = [
        (name, duration(answer), NOTHING if first is None else duration(first), note)
        for name, _, first, answer, note in rows
    ]
    drawn, narrow = frame(key, bottom + 46, title, about, parts, width), None
    if width > PHONE:
        said = {"title": title, "about": about, "caption": "", "header": header}
        narrow = timeline(f"{key}-narrow", rows, **said, width=PHONE).svg
    return Plot(drawn, caption, header, table, narrow)
