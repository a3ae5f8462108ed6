"""How results are printed: as one JSON document, as lines, or as a table with aligned columns."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.cli.outcome import say
from assay.core.command_hints import word
from assay.core.plain_text import columns
from assay.core.project_paths import near as near_by

if TYPE_CHECKING:
    from assay.config import Project

# What a narrow terminal does without, first to last.
LEAST = (
    "tokens",
    "disk MB",
    "peak MB",
    "ms p95",
    "adjusted p",
    "n",
    "training s",
    "ms/answer",
    "to baseline",
)
ASKED = 60  # characters of a question that one would type
PLACEHOLDER = "Your question"


def as_document(value: Any) -> None:
    from assay.core.store import to_json

    print(to_json(value, indent=1))


def show(result: Any, as_json: bool) -> None:
    if as_json:
        as_document(result.to_json())
    else:
        for line in result.lines():
            say(line)


def summary(report: Any, project: Project) -> None:
    verdict(report)
    say(f"report  {near(project.report_folder / 'report.html')}")
    if following := next_step(report, project):
        say(f"next    {following}")


def verdict(report: Any) -> None:
    """The last lines of a run and the table of its arms. On a terminal both fit its width;
    elsewhere nothing is left out."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    table = report.table()
    shown = table if width is None else fit_to_width(table, width)
    for line in [*report.summary(min(80, width or 80)), "", *columns(shown)]:
        say(line)
    if left := len(table[0]) - len(shown[0]):
        say(f"{left} more column{'s' * (left != 1)} in the report")
    say("")


def fit_to_width(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """The table without the columns that matter least, as many as have to go for it to fit.

    Args:
        rows: the header first.
    """
    kept = [list(row) for row in rows]
    for name in LEAST:
        if max(map(len, columns(kept)), default=0) <= width:
            break
        if name in kept[0]:
            at = kept[0].index(name)
            kept = [[*row[:at], *row[at + 1 :]] for row in kept]
    return kept


def next_step(report: Any, project: Project) -> str:
    """A command that asks the recommended arm a question, where a question is a text that can be
    typed. It has a placeholder: rows are the user's, and a terminal is seen by others."""
    arm = next(
        (one for one in report.arms if one.name == report.data["verdict"]["recommended"]), None
    )
    if arm is None or not arm.records or report.data["verdict"].get("state") == "nothing":
        return ""
    asked = [record.question for record in arm.records[:50]]
    plain = [one for one in asked if len(one.messages) == 1 and not one.context and not one.options]
    if not any(0 < len(one.text) <= ASKED for one in plain):
        return ""
    return f'assay ask {word(near_by(project.target))} "{PLACEHOLDER}"'


def near(path: Path) -> str:
    """The path as one would type it here."""
    return str(near_by(path))
