"""Sheets of a blind rating, out and back: CSV for spreadsheets, or JSON lines, as in
data/annotation/export_sheet.py.

Columns   row ("7 of 66"), id, question, context, A, B, choice (A, B, tie or bad), reasons (of
          `REASONS`, with a comma between them), note, reviewer
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.audits.human_review.pairwise import ReviewItem
from assay.audits.human_review.tally import CHOICES, Rating
from assay.core.errors import DataError, Problem, did_you_mean
from assay.core.spreadsheet import bare
from assay.data.annotation.export_sheet import write
from assay.data.reading.read_file import read
from assay.tasks.columns import as_text

__all__ = ["lines", "read_sheet", "write"]

REASONS = ("wrong", "incomplete", "style", "unsafe", "format")
_WORDS = {
    "a": "A",
    "b": "B",
    "tie": "tie",
    "0": "tie",
    "equal": "tie",
    "bad": "bad",
    "both bad": "bad",
    "x": "bad",
}


def lines(items: Sequence[ReviewItem], reviewer: str) -> list[dict[str, str]]:
    """The lines of one reviewer's sheet."""
    return [
        {
            "row": f"{at} of {len(items)}",
            "id": item.id,
            "question": item.question,
            "context": item.context,
            "A": item.a,
            "B": item.b,
            "choice": "",
            "reasons": "",
            "note": "",
            "reviewer": reviewer,
        }
        for at, item in enumerate(items, 1)
    ]


def read_sheet(
    path: Path, items: Mapping[str, ReviewItem], encoding: str | None
) -> tuple[list[Rating], list[Problem]]:
    """The ratings of a filled sheet, and what is wrong with it. Lines without a choice are open,
    and left out. Who filled it in stands in its column reviewer, else in its name: `rate.anna.csv`
    is anna's.

    Raises:
        DataError: as `read`; D027, it has no columns id and choice.
    """
    table = read(path, encoding=encoding, base=Path.cwd())
    lacks = [name for name in ("id", "choice") if name not in table.names]
    if lacks:
        help = (
            f"there are: {', '.join(table.names[:12])}; write a sheet with assay review PROJECT"
            " --out SHEET"
        )
        raise DataError(Problem("D027", f"no column {' and '.join(lacks)}", table.place, help=help))
    found, problems = [], []
    for row in table.rows:
        cells = {name: bare(as_text(value).strip()) for name, value in row.fields.items()}
        said = cells.get("choice", "")
        if not said:
            continue
        if cells["id"] not in items:
            help = "take the sheet into the project that wrote it"
            problems.append(
                Problem(
                    "D087", f"nothing with the id '{cells['id']}' was shown here", row.source, help
                )
            )
            continue
        choice = _WORDS.get(said.casefold())
        if choice is None:
            text = f"'{said}' is no choice{did_you_mean(said, CHOICES)}"
            problems.append(
                Problem("D025", text, row.source, f"write {', '.join(CHOICES)}, or leave it empty")
            )
            continue
        who = cells.get("reviewer") or path.stem.rpartition(".")[2]
        found.append(Rating(cells["id"], who, choice, _reasons(cells), cells.get("note", "")))
    return found, problems


def _reasons(cells: Mapping[str, Any]) -> tuple[str, ...]:
    """Words of `REASONS`; others are kept as they are."""
    parts = re.split(r"[,;|]", cells.get("reasons", ""))
    return tuple(dict.fromkeys(part.strip().casefold() for part in parts if part.strip()))
