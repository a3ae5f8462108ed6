"""Numbers and foreign text as a reader sees them; one place, so that the page, the Markdown and the
terminal agree.

Scores have three decimals, other numbers three significant digits. What is missing is an en dash,
never "nan".
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

NOTHING = "–"
# Left alone: line feed and tab. Everything else that moves a cursor, hides or reverses text is made
# visible.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-"
    "\ufffb\ud800-\udfff]"
)


def clean(text: str) -> str:
    """`text` with each control, bidirectional, invisible or unpaired character replaced by a
    visible mark."""
    return _UNSAFE.sub(_visible, text.replace("\r\n", "\n"))


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # the picture of the control character: ESC is ␛
    if code == 0x7F:
        return "␡"
    return "�" if unicodedata.category(match[0]) == "Cs" else f"⟨U+{code:04X}⟩"


def shorten(text: str, width: int = 1200) -> str:
    """At most `width` characters; what is left out is counted."""
    return (
        text
        if len(text) <= width
        else f"{text[:width].rstrip()} … ({len(text) - width:,} more characters)"
    )


def one_line(text: str, width: int = 80) -> str:
    flat = " ".join(clean(text).split())
    return flat if len(flat) <= width else flat[: width - 1].rstrip() + "…"


def _or_dash(shape: Callable[[float], str]) -> Callable[[float | None], str]:
    """`shape` for numbers; an en dash for None, NaN and infinity."""

    def format_value(value: float | None) -> str:
        return NOTHING if value is None or not math.isfinite(value) else shape(value)

    return format_value


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")


@_or_dash
def three(value: float) -> str:
    """Three significant digits, thousands separated: 1,230, 12.3, 0.0123."""
    if value == 0:
        return "0"
    places = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    places = 2 - math.floor(math.log10(abs(rounded)))
    return _minus(f"{rounded:,.{max(0, places)}f}" if places <= 6 else f"{rounded:.2e}")


@_or_dash
def amount(value: float) -> str:
    """Money: three significant digits, and nothing below a hundredth."""
    return "< 0.01" if 0 < value < 0.005 else three(value)


@_or_dash
def score(value: float) -> str:
    return _minus(f"{value:.3f}")


@_or_dash
def format_signed(value: float) -> str:
    text = f"{value:+.3f}"
    return _minus(text) if float(text) else "0.000"


@_or_dash
def points(value: float) -> str:
    """A difference of scores in hundredths, with its sign: +8.0."""
    text = f"{value * 100:+.1f}"
    return _minus(text) if float(text) else "0.0"


def between(
    low: float | None,
    high: float | None,
    shape: Callable[[float | None], str] = score,
    *,
    to: str = " to ",
    why: str = "",
) -> str:
    """The two ends of an interval; "no interval" where there is none, with the reason `why` where
    it is known."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return f"no interval: {why}" if why else "no interval"
    return f"{shape(low)}{to}{shape(high)}"


def above(value: float | None, limit: float = 0.0) -> bool:
    """Whether an interval's end is above `limit`; one that is missing is not."""
    return value is not None and value > limit


def below(value: float | None, limit: float = 0.0) -> bool:
    return value is not None and value < limit


def apart(value: float | None, unit: str = "") -> str:
    """A difference of a metric with its sign: in points of a score, else three digits of its own
    `unit`."""
    if value is None or not unit:
        return points(value)
    text = three(abs(value))
    return text if not value else _minus(f"{'+' if value > 0 else '-'}{text}")


def format_size(value: float, unit: str = "") -> str:
    """How large a difference is: 14.7 points; 2.79 bits a byte."""
    return f"{apart(abs(value), unit).lstrip('+')} {unit or 'points'}"


@_or_dash
def tenths(value: float) -> str:
    """A difference that is in points already, with its sign: +8.0."""
    text = f"{value:+.1f}"
    return _minus(text) if float(text) else "0.0"


@_or_dash
def p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


@_or_dash
def count(value: float) -> str:
    return _minus(f"{value:,.0f}")


@_or_dash
def milliseconds(value: float) -> str:
    return three(value * 1e3)


@_or_dash
def megabytes(value: float) -> str:
    return three(value / 1e6)


@_or_dash
def duration(value: float) -> str:
    """Seconds in the unit that suits: 12.0 ms, 3.40 s, 5.0 min, 2.0 h."""
    if value < 1e-3:
        return f"{three(value * 1e6)} µs"
    if value < 1:
        return f"{three(value * 1e3)} ms"
    if value < 120:
        return f"{three(value)} s"
    return f"{value / 60:.1f} min" if value < 7200 else f"{value / 3600:.1f} h"


def equals_p(value: float | None) -> str:
    """A p-value inside a sentence: `p < 0.001` or `p = 0.031`."""
    text = p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def rough(value: int) -> str:
    """A forecast, to two significant digits: about 2,900; more than a million."""
    if value >= 1_000_000:
        return "more than a million"
    places = max(0, len(str(value)) - 2)
    return f"about {round(value, -places):,}"


def rough_range(few: int, most: int | None) -> str:
    """A forecast as a range, each end to two significant digits: about 2,900 to 7,100; about 2,900
    or more."""
    first = rough(few) if few else "a few"
    if most is None or most >= 1_000_000:
        return f"{first} or more"
    last = rough(most).removeprefix("about ") if most else "a few"
    return first if first.removeprefix("about ") == last else f"{first} to {last}"


FORMATS: dict[str, Callable[[float | None], str]] = {
    "score": score,
    "signed": format_signed,
    "points": points,
    "tenths": tenths,
    "p": p_value,
    "count": count,
    "three": three,
    "amount": amount,
    "ms": milliseconds,
    "mb": megabytes,
}
# what a shape multiplies its number by
SCALES = {"points": 100.0, "ms": 1e3, "mb": 1e-6}


def fewer_rows(found: Mapping[str, Any], key: str) -> list[str]:
    """A sentence where a question beside the scores asked fewer rows than its settings wish."""
    if found["rows"] == found["wished"]:
        return []
    asked, wished = count(found["rows"]), count(found["wished"])
    return [
        f"{asked} of {wished} rows were asked: all would have taken longer than"
        f" evaluate.{key}.minutes."
    ]
