"""What is said when a file that is read back is not as it was written: one note with a code and the
file's place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Tell = Callable[[dict[str, Any]], None]

WRONG = {
    "R170": "it is not what was written here",
    "R171": "it is of an older version of assay",
    "R172": "the last line is cut off",
}


def silent(event: dict[str, Any]) -> None:
    """The `tell` of a caller that does not watch."""


def tell_damage(tell: Tell, place: Path | str, then: str, code: str = "R170") -> None:
    """Args:
    place: the file, or "file:line". then: what becomes of it.
    """
    tell({"event": "note", "code": code, "text": f"{code} {place}: {WRONG[code]}; {then}"})
