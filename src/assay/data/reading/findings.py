"""What reading a file turns up, and how a line of it is shown.

What it is for   all problems of a file are collected, then raised at once
Watch out        text from files is escaped before it is shown: it could steer the terminal
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.core.errors import DataError, Problem

# A file of the hub's cache, named as the project file names it.
_CACHED = re.compile(r"/datasets--([^/]+)/snapshots/[0-9a-f]{40}((?:/.*)?)\Z")
KEPT = 1000  # problems of one file that are kept
ENOUGH = 10  # rows of a file of which one may be bad, whatever its share
INSIDE = ("D008", "D009")  # problems of a line of text, which may be any line of a row
SHOWN = 3  # lines that a warning names


def printable(text: str) -> str:
    """The text with everything that could steer a terminal or hide written out as an escape."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )


def excerpt(text: str, at: int | None = None, width: int = 76) -> str:
    """A line cut to a readable width; with `at`, a second line points at that character."""
    text = text.rstrip("\r\n")
    start = max(0, (at or 0) - width // 2) if len(text) > width else 0
    before = ("…" if start else "") + printable(text[start : at or 0])
    cut = printable(text[start : start + width])
    line = ("…" if start else "") + cut + ("…" if len(text) > start + width else "")
    return line if at is None else f"{line}\n{' ' * len(before)}^"


def display_path(path: Path, base: Path) -> str:
    """How a file is named in messages and in what is kept of its rows: relative to the project's
    folder where the two have more in common than the root, so that exam, ledger and report are the
    same wherever a repository with both lies."""
    if hub := _CACHED.search(path.as_posix()):
        return printable(f"hf://{hub[1].replace('--', '/', 1)}{hub[2]}")
    near = path.is_absolute() and base.is_absolute() and path.parts[:2] == base.parts[:2]
    return printable(os.path.relpath(path, base) if near else str(path))


def refuse_name(path: Path, place: str) -> None:
    """Refuse a path that is not UTF-8: a project file and a report, which name it, are.

    Raises:
        DataError: D003.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in str(path)):
        text = "has bytes in its name or its folder's that are not UTF-8"
        raise DataError(Problem("D003", text, place, "rename it: mv OLD NEW"))


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that could not be used, and why."""

    source: str  # "train.csv:17"
    code: str
    text: str
    help: str = ""

    @property
    def line(self) -> dict[str, Any]:
        """The row's line in the ledger; see `data/ledger.py`."""
        file, _, number = self.source.rpartition(":")
        reason = f"{self.code}: {self.text}"
        place = {"file": file, "line": int(number), "id": self.source}
        return place | {"step": "read", "action": "set aside", "reason": reason, "kept": ""}


@dataclass(slots=True)
class Findings:
    """What reading one file turned up: problems that stop, warnings that are counted, notes that
    are said once."""

    place: str
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # official splits in the file, each with its first row
    starts: list[tuple[str, int]] = field(default_factory=list)
    # role -> field, where the form of the file says it
    roles: dict[str, str] = field(default_factory=dict)
    # lists and objects of a file that stand beside its rows
    beside: dict[str, Any] = field(default_factory=dict)
    # "dates" or "numbers" -> first line whose time is written so
    clocks: dict[str, int] = field(default_factory=dict)
    # line of a row -> code, text and help of its first problem
    bad: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    marked: int = 0  # problems so far
    whole: bool = False  # something is wrong that is no matter of single rows
    _stops: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    _warns: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def problem(
        self,
        code: str,
        text: str,
        line: int = 0,
        *,
        help: str = "",
        excerpt: str = "",
        whole: bool = False,
    ) -> None:
        """What is wrong with the row of a line; without one, or with `whole`, with the file."""
        self._mark(code, text, 0 if whole else line, help)
        if len(self.problems) < KEPT:
            place = f"{self.place}:{line}" if line else self.place
            self.problems.append(Problem(code, text, place, help, excerpt))

    def count(self, code: str, text: str, line: int, help: str = "") -> None:
        """One problem for all rows that share it, with the first row's line and the number of
        rows."""
        self._mark(code, text, line, help)
        self._stops.setdefault((code, text, help), [line, 0])[1] += 1

    def _mark(self, code: str, text: str, line: int, help: str) -> None:
        self.marked += 1
        self.whole |= not line
        # what is wrong with the row tells more
        if line and self.bad.get(line, INSIDE)[0] in INSIDE:
            self.bad[line] = (code, text, help)

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

    def settle(self, total: int = 0, share: float = 0.0, bad: int = 0) -> list[Aside]:
        """Raise all problems at once, if there are any; or set the rows that have them aside, where
        these are few.

        Args:
            total: rows of the file, bad ones among them. share: of them that may be bad, in [0, 1].
            bad: how many are, where several rows have one line.
        """
        bad = max(bad, len(self.bad))
        few = bad <= max(share * total, int(total >= ENOUGH)) if share else False
        if self.bad and few and not self.whole:
            aside = [Aside(f"{self.place}:{line}", *why) for line, why in sorted(self.bad.items())]
            self.problems.clear()
            self._stops.clear()
            return aside
        for (code, text, way_out), (line, n) in self._stops.items():
            told = f"{text} ({rows(n)})"
            if len(self.problems) < KEPT:
                self.problems.append(
                    Problem(code, told, f"{self.place}:{line}" if line else self.place, way_out)
                )
        self._stops.clear()
        if self.problems and share and total > bad > 0 and not self.whole:
            told = f"{bad:,} of {total:,} rows cannot be used; up to {share:.0%} are set aside"
            help = (
                "mend them, or set them aside: --set"
                f" data.bad_rows={bad / max(1, total) + 0.005:.2f}"
            )
            self.problems.append(Problem("D230", told, self.place, help))
        if self.problems:
            raise DataError(*self.problems)
        return []


def aside_warnings(aside: Sequence[Aside]) -> list[dict]:
    """The warning D230: rows of each file that were set aside, by what is wrong with them."""
    files: dict[str, dict[str, list[Aside]]] = {}
    for one in aside:
        files.setdefault(one.source.rpartition(":")[0], {}).setdefault(one.code, []).append(one)
    parts = []
    for place, codes in files.items():
        n = sum(map(len, codes.values()))
        parts.append(
            f"{place}: {rows(n)} set aside:"
            f" {'; '.join(_kind(code, some) for code, some in codes.items())}"
        )
    text = f"{'; '.join(parts)}. To stop instead: data: {{strict: true}}"
    return [{"code": "D230", "count": len(aside), "text": text}] if aside else []


def _kind(code: str, some: Sequence[Aside]) -> str:
    lines = [one.source.rpartition(":")[2] for one in some]
    more = f" and {len(lines) - SHOWN:,} more" if len(lines) > SHOWN else ""
    first = some[0]
    way_out = f": {first.help}" if first.help else ""
    return (
        f"{code} {first.text} (line{'s' * (len(lines) > 1)}"
        f" {', '.join(lines[:SHOWN])}{more}){way_out}"
    )


def rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n:,} rows"
