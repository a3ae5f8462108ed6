"""The plots of the report, as SVG text: dot and interval, lines, bars. Nothing else is
drawn.

Each plot names its marks directly, has a title and a description for screen readers, and carries
the table it was drawn from.
"""

from collections.abc import Sequence

from assay.presentation.number_format import NOTHING, count, one_line, score, three
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


def forest(
    key: str,
    dots: Sequence[Dot],
    *,
    axis: str,
    line_at: tuple[float, str] | None,
    title: str,
    about: str,
    caption: str,
    header: str = "strategy",
    width: float = WIDTH,
) -> Plot:
    """A row per dot: the value as its mark, the interval as a line; `line_at` is what all are held
    against, `held` of a dot what it is held against by itself, as an upright stroke. `width`: in
    pixels; the letters stay as large, so that names are cut and notes go where it is small."""
    names = [one_line(dot.name, 34 if width > NARROW else 16) for dot in dots]
    left = min(300.0, 16 + CHAR * max(len(name) for name in names))
    notes = width > NARROW and any(dot.note for dot in dots)
    right = width - (156 if notes else 72)
    # beside the values, of which those below 0 have a sign
    noted = 72 if any(dot.value < 0 for dot in dots) else 64
    ends = [v for dot in dots for v in (dot.value, dot.low, dot.high, dot.held) if v is not None]
    low, high = pad_range([*ends, line_at[0]] if line_at else ends)
    x = Axis(low, high, left + 12, right)
    top, bottom = 30.0, 30.0 + _ROW * len(dots)
    parts = []
    for tick in ticks(low, high, 5 if width > NARROW else 3):
        parts.append(line(x(tick), top - 4, x(tick), bottom, "grid"))
        parts.append(text(x(tick), bottom + 18, tick_label(tick), "tick", "middle"))
    if line_at:
        parts.append(line(x(line_at[0]), top - 8, x(line_at[0]), bottom, "reference"))
        middle = left + 90 < x(line_at[0]) < right - 90
        anchor = "middle" if middle else "start" if x(line_at[0]) < left + 100 else "end"
        parts.append(text(x(line_at[0]), top - 14, line_at[1], "tick", anchor))
    for index, (dot, name) in enumerate(zip(dots, names, strict=True)):
        y = top + _ROW * (index + 0.5)
        weight = "label strong" if dot.strong else "label"
        parts.append(text(left, y + 4.5, name, weight, "end"))
        if dot.low is not None and dot.high is not None:
            parts.append(line(x(dot.low), y, x(dot.high), y, f"whisker m{dot.mark % 8}"))
        if dot.held is not None:
            parts.append(line(x(dot.held), y - 9, x(dot.held), y + 9, "held"))
        parts.append(glyph(dot.mark, x(dot.value), y))
        parts.append(text(right + 14, y + 4.5, score(dot.value), f"{weight} number"))
        if dot.note and notes:
            parts.append(text(right + noted, y + 4.5, dot.note, "tick"))
    parts.append(text((left + right) / 2, bottom + 38, axis, "axis", "middle"))
    rows = [(dot.name, score(dot.value), score(dot.low), score(dot.high), dot.note) for dot in dots]
    columns = (header, axis, "low", "high", "note")
    cut = 5 if any(dot.note for dot in dots) else 4
    drawn, narrow = frame(key, bottom + 46, title, about, parts, width), None
    if width > PHONE:
        said = {"axis": axis, "line_at": line_at, "title": title, "about": about}
        narrow = forest(f"{key}-narrow", dots, **said, caption="", width=PHONE).svg
    return Plot(drawn, caption, columns[:cut], [row[:cut] for row in rows], narrow)


def bars(
    key: str,
    parts: Sequence[tuple[str, int]],
    *,
    unit: str,
    title: str,
    about: str,
    caption: str,
    width: float = WIDTH,
) -> Plot:
    """Horizontal bars of counts, each named and numbered."""
    names = [one_line(name, 30 if width > NARROW else 18) for name, _ in parts]
    left = min(260.0, 12 + CHAR * max(len(name) for name in names))
    x = Axis(0, max(1, *(size for _, size in parts)), left + 10, width - 90)
    drawn = []
    for index, ((_, size), name) in enumerate(zip(parts, names, strict=True)):
        y = 6 + 26 * index
        drawn.append(text(left, y + 14.5, name, "label", "end"))
        wide = max(1.0, x(size) - left - 10)
        drawn.append(
            f'<rect x="{left + 10:.1f}" y="{y + 3}" width="{wide:.1f}" height="14" class="bar"/>'
        )
        drawn.append(text(x(size) + 8, y + 14.5, count(size), "label number"))
    narrow = None
    if width > PHONE:
        said = {"unit": unit, "title": title, "about": about, "caption": ""}
        narrow = bars(f"{key}-narrow", parts, **said, width=PHONE).svg
    return Plot(
        frame(key, 12 + 26 * len(parts), title, about, drawn, width),
        caption,
        ("what", unit),
        [(name, count(size)) for name, size in parts],
        narrow,
    )


def histogram(
    key: str,
    edges: Sequence[float],
    counts: Sequence[int],
    limit: float | None,
    *,
    unit: str,
    title: str,
    about: str,
    caption: str,
    width: float = WIDTH,
) -> Plot:
    """Counts between edges; `limit` is where rows are cut off."""
    low, high = edges[0], max(edges[-1], limit or edges[-1])
    right = width - (40 if width > NARROW else 16)
    x, y = Axis(low, high, 56, right), Axis(0, max(1, *counts), 150, 20)
    parts = []
    for tick in ticks(0, max(1, *counts), 3):
        parts += [
            line(56, y(tick), right, y(tick), "grid"),
            text(48, y(tick) + 4.5, count(tick), "tick", "end"),
        ]
    for start, end, size in zip(edges[:-1], edges[1:], counts, strict=True):
        wide = max(0.5, x(end) - x(start) - 1)
        parts.append(
            f'<rect x="{x(start):.1f}" y="{y(size):.1f}" width="{wide:.1f}"'
            f' height="{150 - y(size):.1f}" class="bar"/>'
        )
    for tick in ticks(low, high, 7 if width > NARROW else 3):
        parts.append(text(x(tick), 168, count(tick), "tick", "middle"))
    if limit is not None:
        parts.append(line(x(limit), 12, x(limit), 150, "reference"))
        parts.append(text(x(limit) - 6, 14, f"limit {count(limit)}", "tick", "end"))
    parts += [text((16 + width) / 2, 188, unit, "axis", "middle"), text(56, 10, "rows", "axis")]
    rows = [
        (f"{three(start)} to {three(end)}", count(size))
        for start, end, size in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    drawn, narrow = frame(key, 196, title, about, parts, width), None
    if width > PHONE:
        said = {"unit": unit, "title": title, "about": about, "caption": ""}
        narrow = histogram(f"{key}-narrow", edges, counts, limit, **said, width=PHONE).svg
    return Plot(drawn, caption, (unit, "rows"), rows or [(NOTHING, NOTHING)], narrow)
