"""What reading a file turns up, and how a line of it is shown.

What it is for   all problems of a file are collected, then raised at once
Watch out        text from files is escaped before it is shown: it could steer the terminal
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.errors import DataError, Problem

# A file of the hub's cache, named as the project file names it.
_CACHED = re.compile(r"/datasets--([^/]+)/snapshots/[0-9a-f]{40}((?:/.*)?)\Z")
KEPT = 1000  # problems of one file that are kept


def printable(text: str) -> str:
    """The text with everything that could steer a terminal or hide written out as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def excerpt(text: str, at: int | None = None, width: int = 76) -> str:
    """A line cut to a readable width; with `at`, a second line points at that character."""
    text = text.rstrip("\r\n")
    start = max(0, (at or 0) - width // 2) if len(text) > width else 0
    before = ("…" if start else "") + printable(text[start : at or 0])
    cut = printable(text[start : start + width])
    line = ("…" if start else "") + cut + ("…" if len(text) > start + width else "")
    return line if at is None else f"{line}\n{' ' * len(before)}^"


def shown(path: Path, base: Path) -> str:
    """How a file is named in messages: relative to the project's folder where it lies in it or beside it, so that the
    ledger and the report are the same wherever the project lies."""
    if hub := _CACHED.search(path.as_posix()):
        return printable(f"hf://{hub[1].replace('--', '/', 1)}{hub[2]}")
    near = path.is_absolute() and base.is_absolute() and path.is_relative_to(base.parent)
    return printable(os.path.relpath(path, base) if near else str(path))


@dataclass(slots=True)
class Findings:
    """What reading one file turned up: problems that stop, warnings that are counted, notes that are said once."""

    place: str
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    starts: list[tuple[str, int]] = field(default_factory=list)  # official splits in the file, each with its first row
    roles: dict[str, str] = field(default_factory=dict)  # role -> field, where the form of the file says it
    beside: dict[str, Any] = field(default_factory=dict)  # lists and objects of a file that stand beside its rows
    clocks: dict[str, int] = field(default_factory=dict)  # "dates" or "numbers" -> first line whose time is written so
    _stops: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    _warns: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def problem(self, code: str, text: str, line: int = 0, *, help: str = "", excerpt: str = "") -> None:
        if len(self.problems) < KEPT:
            place = f"{self.place}:{line}" if line else self.place
            self.problems.append(Problem(code, text, place, help, excerpt))

    def count(self, code: str, text: str, line: int, help: str = "") -> None:
        """One problem for all rows that share it, with the first row's line and the number of rows."""
        self._stops.setdefault((code, text, help), [line, 0])[1] += 1

    def warn(self, code: str, text: str, line: int) -> None:
        """A warning for all rows that share it."""
        self._warns.setdefault((code, text), [line, 0])[1] += 1

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    @property
    def warnings(self) -> list[dict]:
        return [
            {"code": code, "count": n, "text": f"{self.place}:{line}: {text} ({rows(n)})"}
            for (code, text), (line, n) in self._warns.items()
        ]

    def settle(self) -> None:
        """Raise all problems at once, if there are any."""
        for (code, text, way_out), (line, n) in self._stops.items():
            self.problem(code, f"{text} ({rows(n)})", line, help=way_out)
        self._stops.clear()
        if self.problems:
            raise DataError(*self.problems)


def rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n:,} rows"
