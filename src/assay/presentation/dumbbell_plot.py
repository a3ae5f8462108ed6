"""The plot of two values a row, before and after, with a line between them; its marks are those of
`plots`."""

from collections.abc import Sequence

from assay.presentation.number_format import one_line, score
from assay.presentation.svg import (
    CHAR,
    NARROW,
    PHONE,
    WIDTH,
    Axis,
    Dot,
    Plot,
    frame,
    glyph,
    line,
    pad_range,
    text,
    tick_label,
    ticks,
)

_ROW = 30


def dumbbells(
    key: str,
    pairs: Sequence[tuple[str, float, Dot]],
    *,
    axis: str,
    title: str,
    about: str,
    caption: str,
    ends: tuple[str, str] = ("before", "after"),
    width: float = WIDTH,
) -> Plot:
    """A row per pair (name, value before, dot after): an open circle, the dot's mark, a line
    between them, and the dot's interval."""
    names = [one_line(name, 34 if width > NARROW else 14) for name, _, _ in pairs]
    left = min(300.0, 16 + CHAR * max(len(name) for name in names))
    right = width - (250 if width > NARROW else 126)
    low, high = pad_range(
        [
            v
            for _, value, dot in pairs
            for v in (value, dot.value, dot.low, dot.high)
            if v is not None
        ]
    )
    x = Axis(low, high, left + 12, right)
    top, bottom = 22.0, 22.0 + _ROW * len(pairs)
    parts = []
    for tick in ticks(low, high, 5 if width > NARROW else 3):
        parts += [line(x(tick), top - 4, x(tick), bottom, "grid")]
        parts += [text(x(tick), bottom + 18, tick_label(tick), "tick", "middle")]
    for index, ((_, value, dot), name) in enumerate(zip(pairs, names, strict=True)):
        y = top + _ROW * (index + 0.5)
        parts.append(text(left, y + 4.5, name, "label", "end"))
        if dot.low is not None and dot.high is not None:
            parts.append(line(x(dot.low), y, x(dot.high), y, f"whisker m{dot.mark % 8}"))
        parts.append(line(x(value), y, x(dot.value), y, "link"))
        parts.append(f'<circle cx="{x(value):.1f}" cy="{y:.1f}" r="5.0" class="before"/>')
        parts.append(glyph(dot.mark, x(dot.value), y))
        parts.append(
            text(right + 14, y + 4.5, f"{score(value)} to {score(dot.value)}", "label number")
        )
        if dot.note and width > NARROW:
            parts.append(text(right + 130, y + 4.5, dot.note, "tick"))
    parts.append(text((left + right) / 2, bottom + 38, axis, "axis", "middle"))
    rows = [
        (n, score(v), score(dot.value), score(dot.low), score(dot.high), dot.note)
        for n, v, dot in pairs
    ]
    header = ("probe", *ends, f"{ends[1]}, low", f"{ends[1]}, high", "note")
    drawn, narrow = frame(key, bottom + 46, title, about, parts, width), None
    if width > PHONE:
        said = {"axis": axis, "title": title, "about": about, "caption": ""}
        narrow = dumbbells(f"{key}-narrow", pairs, **said, width=PHONE).svg
    return Plot(drawn, caption, header, rows, narrow)
