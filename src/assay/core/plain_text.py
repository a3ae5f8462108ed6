"""Text as people read it in a terminal: nothing in it that steers one, rows of cells as aligned
lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

# C0 and C1 controls but the line break, marks that turn the writing direction, lone surrogates.
_CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(text: str) -> str:
    """The text without anything that steers a terminal: a tab becomes a space, other controls
    become �."""
    return _CONTROL.sub(lambda match: " " if match[0] == "\t" else "\ufffd", text)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as aligned lines; the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        cells = [
            f"{row[0]:<{widths[0]}}",
            *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
