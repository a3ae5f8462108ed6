"""Quality against cost, as SVG text: a dot a strategy, named where its name covers nothing, and a
line in steps through those that no other beats in both."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from assay.presentation.number_format import duration, one_line, score
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

POWER = 52.0  # pixels that the words of a power of ten take
Box = tuple[float, float, float, float]  # left, top, right, bottom, in pixels


def scatter(
    key: str,
    dots: Sequence[tuple[Dot, float]],
    *,
    axis: str,
    title: str,
    about: str,
    caption: str,
    across: str = "time an answer",
    powers: Callable[[int], str] | None = None,
    shape: Callable[[float], str] = duration,
    front: Sequence[str] = (),
    width: float = WIDTH,
) -> Plot:
    """Quality against seconds an answer, or against `across`, on a logarithmic scale; up and to the
    left is better.

    Args:
        powers: the words for a power of ten. shape: those for a number in the table.
        front: names of the dots that a line joins in steps: no other is as good for as little.
            width: in pixels; the letters stay as large.
    """
    smallest = min((seconds for _, seconds in dots if seconds > 0), default=1e-3)
    places = [math.log10(max(seconds, smallest)) for _, seconds in dots]
    low, high = math.floor(min(places) * 2 - 0.2) / 2, math.ceil(max(places) * 2 + 0.2) / 2
    bottom_value, top_value = pad_range(
        [v for dot, _ in dots for v in (dot.value, dot.low, dot.high) if v is not None]
    )
    right, bottom = (width - 40, 320) if width > NARROW else (width - 12, 220)
    x, y = Axis(low, high, 64, right), Axis(bottom_value, top_value, bottom, 24)
    parts = []
    for tick in ticks(bottom_value, top_value):
        parts.append(line(64, y(tick), right, y(tick), "grid"))
        parts.append(text(56, y(tick) + 4.5, tick_label(tick), "tick", "end"))
    every = max(1, math.ceil(POWER * (high - low) / (right - 64)))
    for power in range(math.ceil(low), math.floor(high) + 1, every):
        parts.append(line(x(power), 24, x(power), bottom, "grid"))
        parts.append(text(x(power), bottom + 18, (powers or _tenfold)(power), "tick", "middle"))
    joined = zip(dots, places, strict=True)
    on = sorted((x(place), y(dot.value)) for (dot, _), place in joined if dot.name in front)
    drawn_front, joints = _front(on)
    parts += drawn_front
    taken: list[Box] = [
        (x(p) - 8, y(dot.value) - 8, x(p) + 8, y(dot.value) + 8)
        for (dot, _), p in zip(dots, places, strict=True)
    ]
    for (dot, _), place in zip(dots, places, strict=True):
        px, py = x(place), y(dot.value)
        if dot.low is not None and dot.high is not None:
            parts.append(line(px, y(dot.low), px, y(dot.high), f"whisker m{dot.mark % 8}"))
        parts.append(glyph(dot.mark, px, py))
        parts.append(_label(dot, px, py, taken, joints, width))
    parts.append(text((64 + right) / 2, bottom + 38, f"{across}, logarithmic", "axis", "middle"))
    parts.append(text(64, 14, axis, "axis"))
    rows = [(dot.name, score(dot.value), shape(seconds)) for dot, seconds in dots]
    drawn, narrow = frame(key, bottom + 46, title, about, parts, width), None
    if width > PHONE:
        said = {"axis": axis, "title": title, "about": about, "caption": "", "across": across}
        how = {"powers": powers, "shape": shape, "front": front}
        narrow = scatter(f"{key}-narrow", dots, **said, **how, width=PHONE).svg
    return Plot(drawn, caption, ("strategy", axis, across), rows, narrow)


def _front(on: Sequence[tuple[float, float]]) -> tuple[list[str], list[Box]]:
    """The line in steps through these places, and the room that each of its pieces takes."""
    if len(on) < 2:
        return [], []
    steps = [on[0]] + [corner for a, b in pairwise(on) for corner in ((b[0], a[1]), b)]
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py in steps)
    joints = [
        (min(ax, bx) - 2, min(ay, by) - 2, max(ax, bx) + 2, max(ay, by) + 2)
        for (ax, ay), (bx, by) in pairwise(steps)
    ]
    return [f'<polyline points="{path}" class="front"/>'], joints


def _tenfold(power: int) -> str:
    """10**power seconds in words: 10 ms."""
    unit, less = ("µs", -6) if power < -3 else ("ms", -3) if power < 0 else ("s", 0)
    return f"{10.0 ** (power - less):,g} {unit}"


def _label(
    dot: Dot, x: float, y: float, taken: list[Box], joints: Sequence[Box], width: float
) -> str:
    """The dot's name where it covers nothing that stands already, nor one of the `joints` where
    that can be had; right of the dot if every place is taken."""
    name = one_line(dot.name, 28 if width > NARROW else 16)
    wide = CHAR * len(name)
    spots = (
        (11, 4.5, "start"),
        (-11, 4.5, "end"),
        (9, -10, "start"),
        (9, 19, "start"),
        (-9, -10, "end"),
        (-9, 19, "end"),
    )
    boxes = {}
    for dx, dy, anchor in spots:
        left = x + dx - (wide if anchor == "end" else 0)
        boxes[dx, dy, anchor] = (left, y + dy - 12, left + wide, y + dy + 3)
    inside = [spot for spot, box in boxes.items() if box[0] > 62 and box[2] < width]
    free = [spot for spot in inside if not _meets(boxes[spot], taken)]
    best = [spot for spot in free if not _meets(boxes[spot], joints)]
    spot = dx, dy, anchor = (best or free or list(spots))[0]
    taken.append(boxes[spot])
    return text(x + dx, y + dy, name, "label strong" if dot.strong else "label", anchor)


def _meets(box: Box, others: Sequence[Box]) -> bool:
    """Whether it lies over one of them."""
    return any(
        box[2] >= o[0] and box[0] <= o[2] and box[3] >= o[1] and box[1] <= o[3] for o in others
    )
