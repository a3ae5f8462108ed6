"""The plot of break-even: what a month costs by its number of answers, a line an arm, and who is
recommended where."""

import math
from collections.abc import Sequence

from assay.presentation.number_format import count, one_line, three
from assay.presentation.svg import CHAR, NARROW, PHONE, WIDTH, Axis, Plot, frame, line, text

_LEFT, _TOP, _BOTTOM = 76.0, 44.0, 330.0
_NAMES = 190.0  # pixels at the right, for names
_LETTERS = 24  # of a name
_APART = 15.0  # pixels between two names

# name, mark, cost a month without an answer, cost of an answer
Line = tuple[str, int, float, float]


def cost_lines(
    key: str,
    lines: Sequence[Line],
    regions: Sequence[tuple[float, float, str]],
    *,
    at: float,
    axis: str,
    width: float = WIDTH,
) -> Plot | None:
    """Cost over answers a month, both logarithmic.

    Args:
        regions: (from, to, name) of the arm that is recommended between two numbers of answers.
        at: the project's own number of answers.
    """
    if not regions or len(lines) < 2:
        return None
    low, high = regions[0][0], regions[-1][1]
    costs = [
        fixed + each * volume
        for _, _, fixed, each in lines
        for volume in (low, high)
        if fixed + each * volume > 0
    ]
    if not costs:
        return None
    # Twelve powers of ten are enough: an arm that costs next to nothing stays at the bottom.
    least = max(math.log10(min(costs)), math.log10(max(costs)) - 12)
    is_wide = width > NARROW
    letters = _LETTERS if is_wide else _LETTERS // 2
    right = width - (_NAMES if is_wide else 12 + CHAR * letters)
    x = Axis(math.log10(low), math.log10(high), _LEFT, right)
    y = Axis(math.floor(least), math.ceil(math.log10(max(costs)) + 1e-9), _BOTTOM, _TOP)
    parts = [*_regions(x, regions), *_axes(x, y, every=1 if is_wide else 3)]
    ends = []
    for name, mark, fixed, each in lines:
        places = [low * (high / low) ** (step / 48) for step in range(49)]
        points = [(x(math.log10(v)), y(_height(fixed + each * v, y.low))) for v in places]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f'<polyline points="{path}" class="cost m{mark % 8}"/>')
        ends.append((points[-1][1], one_line(name, letters)))
    parts += _names(ends, right)
    if low <= at <= high:
        here = x(math.log10(at))
        parts += [
            line(here, _TOP, here, _BOTTOM, "reference"),
            text(here, _BOTTOM + 32, "now", "tick", "middle"),
        ]
    parts += [
        text((_LEFT + right) / 2, _BOTTOM + 50, "answers a month, logarithmic", "axis", "middle")
    ]
    above = f"{axis}, logarithmic; above the lines: who is recommended"
    parts += [text(_LEFT, 12, above, "axis") if is_wide else text(4, 12, axis, "axis")]
    rows = [(f"{count(a)} to {count(b)}", name) for a, b, name in regions]
    title = f"{axis} by answers a month"
    about = (
        "One line per strategy. Bands name the strategy that is recommended at that many"
        " answers; a dashed"
        " line marks now."
    )
    caption = (
        "Where two lines cross, the two strategies cost the same. Bands name the strategy that is"
        " recommended there."
    )
    drawn, narrow = frame(key, _BOTTOM + 58, title, about, parts, width), None
    if width > PHONE:
        small = cost_lines(f"{key}-narrow", lines, regions, at=at, axis=axis, width=PHONE)
        narrow = small.svg if small else None
    return Plot(drawn, caption, ("answers a month", "recommended"), rows, narrow)


def _height(cost: float, least: float) -> float:
    return max(math.log10(cost), least) if cost > 0 else least


def _regions(x: Axis, regions: Sequence[tuple[float, float, str]]) -> list[str]:
    parts = []
    for index, (start, end, name) in enumerate(regions):
        left, right = x(math.log10(start)), x(math.log10(end))
        style = "band other" if index % 2 else "band"
        parts.append(
            f'<rect x="{left:.1f}" y="{_TOP - 20:.1f}"'
            f' width="{right - left:.1f}" height="{_BOTTOM - _TOP + 20:.1f}" class="{style}"/>'
        )
        room = int((right - left) / CHAR)
        if room >= 3:
            parts.append(
                text((left + right) / 2, _TOP - 7, one_line(name, room), "label strong", "middle")
            )
    return parts


def _axes(x: Axis, y: Axis, every: int) -> list[str]:
    """`every`: how many powers of ten lie between two that are named on the axis of answers."""
    parts, right = [], x.end
    for power in range(math.ceil(x.low), math.floor(x.high) + 1, every):
        parts.append(line(x(power), _TOP, x(power), _BOTTOM, "grid"))
        parts.append(text(x(power), _BOTTOM + 18, count(10.0**power), "tick", "middle"))
    step = max(1, math.ceil((y.high - y.low) / 6))
    for power in range(math.ceil(y.low), math.floor(y.high) + 1, step):
        parts.append(line(_LEFT, y(power), right, y(power), "grid"))
        parts.append(text(_LEFT - 8, y(power) + 4.5, three(10.0**power), "tick", "end"))
    return parts


def _names(ends: Sequence[tuple[float, str]], right: float) -> list[str]:
    """The arms' names at the right end of their lines, moved down where they would cover each
    other."""
    parts, taken = [], -math.inf
    for height, name in sorted(ends):
        at = max(height, taken + _APART)
        taken = at
        parts.append(text(right + 10, at + 4.5, name, "label"))
        if at - height > 1:
            parts.append(line(right + 1, height, right + 8, at, "grid"))
    return parts
