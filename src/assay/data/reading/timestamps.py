"""When a row was written, read from one of its fields.

Read        ISO 8601 dates and times (`2024-05-03`, `2024/05/03`, `2024-05`,
            `2024-05-03T10:20:00Z`), or numbers: a year, a serial number, seconds or milliseconds
            since 1970
Watch out   only the order counts, so dates and numbers cannot stand in one field; a time without a
            zone is UTC. Forms that two countries read differently (`03/05/2024`) are refused
"""

import math
import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

from assay.data.reading.findings import Findings
from assay.tasks.columns import Row, as_text, value_at

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_MONTH = re.compile(r"\d{4}-\d{2}")
_SLASHES = re.compile(r"(\d{4})/(\d{2})/(\d{2})(?!\d)")


class Moment(NamedTuple):
    value: float  # seconds since 1970 for a date, the number itself for a number
    dated: bool


def moment(value: Any) -> Moment | None:
    """The moment that a field names, or None when it cannot be told."""
    if isinstance(value, bool):
        return None
    if isinstance(value, datetime):
        return Moment(_seconds(value), True)
    text = as_text(value).strip()
    if _NUMBER.fullmatch(text):
        number = float(text)
        return Moment(number, False) if math.isfinite(number) else None
    text = _SLASHES.sub(r"\1-\2-\3", text, count=1)
    try:
        return Moment(
            _seconds(datetime.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text)), True
        )
    except ValueError:
        return None


def _seconds(when: datetime) -> float:
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def time_of(row: Row, name: str | None, line: int, found: Findings) -> float | None:
    """When the row was written, by its field `name`; D092 is counted where that cannot be told."""
    if not name:
        return None
    when = moment(value_at(row, name))
    if when is None:
        help = (
            "write 2024-05-03, 2024-05-03T10:20:00Z,"
            " or a number; a row without a time cannot be placed"
        )
        found.count("D092", f"'{name}' is no time", line, help)
        return None
    found.clocks.setdefault("dates" if when.dated else "numbers", line)
    return when.value
