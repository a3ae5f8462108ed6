"""How results are printed: as one JSON document, as lines, or as a table with aligned columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.terminal.outcome import say

if TYPE_CHECKING:
    from assay.config import Project


def as_document(value: Any) -> None:
    from assay.store import to_json

    print(to_json(value, indent=1))


def show(result: Any, as_json: bool) -> None:
    if as_json:
        as_document(result.to_json())
    else:
        for line in result.lines():
            say(line)


def summary(report: Any, project: Project) -> None:
    for line in report.summary():
        say(line)
    say("")
    for line in columns(report.table()):
        say(line)
    say("")
    say(f"report  {near(project.report_folder / 'report.html')}")


def near(path: Path) -> str:
    """The path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


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
