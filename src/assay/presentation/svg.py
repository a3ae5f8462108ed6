"""What plots are drawn with: marks, lines, text and axes as SVG text, and the two nouns `Dot` and
`Plot`.

An arm has one colour (Okabe & Ito 2008, darkened for white paper) and one shape, the same
everywhere. All text is escaped.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from assay.presentation.number_format import clean

WIDTH = 960  # pixels; the width of the page's tables
NARROW = 640  # pixels up to which names are short
PHONE = 350  # pixels
CHAR = 7.1  # width of a character of the 13 px labels, on the safe side


@dataclass(frozen=True, slots=True)
class Plot:
    svg: Markup
    caption: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    narrow: Markup | None = None  # the same for a telephone; None: the plot is moved sideways there


@dataclass(frozen=True, slots=True)
class Dot:
    """A value with its interval. `mark` is the arm's place in the report: its colour and shape."""

    name: str
    mark: int
    value: float
    low: float | None
    high: float | None
    strong: bool = False
    note: str = ""
    held: float | None = None  # what this value by itself is held against


def text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
        f' class="{style}">{escape(clean(words))}</text>'
    )


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>'


def glyph(mark: int, x: float, y: float, size: float = 5.5) -> str:
    """The arm's shape: circle, square, diamond, triangle up, triangle down, ring, then the same in
    the next colours."""
    style = f'class="mark m{mark % 8}"'
    shape = mark % 6
    if shape in (0, 5):
        hollow = ' fill-opacity="0"' if shape == 5 else ""
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" {style}{hollow}/>'
    corners = {
        1: [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        2: [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)],
        3: [(0, -1.15), (1.15, 0.9), (-1.15, 0.9)],
        4: [(0, 1.15), (1.15, -0.9), (-1.15, -0.9)],
    }[shape]
    path = " ".join(f"{x + dx * size:.1f},{y + dy * size:.1f}" for dx, dy in corners)
    return f'<polygon points="{path}" {style}/>'


def badge(mark: int) -> Markup:
    """The arm's mark on its own, to stand before its name."""
    return Markup(
        f'<svg class="key" viewBox="0 0 14 14" aria-hidden="true">{glyph(mark, 7, 7, 4.5)}</svg>'
    )


def frame(
    key: str, height: float, title: str, about: str, parts: Sequence[str], width: float = WIDTH
) -> Markup:
    """The outer element. `key` makes the ids unique in the page; it is ours, never data."""
    head = (
        f'<title id="{key}-t">{escape(clean(title))}</title><desc'
        f' id="{key}-d">{escape(clean(about))}</desc>'
    )
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    named = f'role="img" aria-labelledby="{key}-t {key}-d"'
    return Markup(f'<svg class="plot" {size} {named}>{head}{"".join(parts)}</svg>')


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, about that many."""
    span = high - low
    if span <= 0:
        return [low]
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = min((m * power for m in (1, 2, 2.5, 5, 10)), key=lambda s: abs(s - raw))
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 10) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_label(value: float) -> str:
    return f"{value:g}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Axis:
    """Numbers of the data to places on the paper."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low
        return (
            self.start + (value - self.low) / span * (self.end - self.start) if span else self.start
        )


def pad_range(
    values: Sequence[float], share: float = 0.06, least: float = 0.02
) -> tuple[float, float]:
    """A range around `values` with some air; scores stay within 0 and 1 when they lie there."""
    low, high = min(values), max(values)
    air = max((high - low) * share, least)
    inside = low >= 0 and high <= 1
    return (max(0.0, low - air), min(1.0, high + air)) if inside else (low - air, high + air)
