"""Rows to files that people fill in: CSV for spreadsheets, or JSON lines.

Columns     row ("7 of 50"), id, text, context, current (the label it has), label (to be filled in),
            annotator; in a sheet of disputes also votes. The allowed labels stand in a file beside
            it, one a line
CSV         as core/spreadsheet.py writes it: what a spreadsheet would compute or rewrite is
            guarded, and comes back exact
Watch out   a cell of a spreadsheet holds 32,767 characters: longer texts are cut in CSV, and JSON
            lines has them whole
"""

import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from assay.core import store
from assay.core.errors import DataError, Problem, UsageError
from assay.core.spreadsheet import MARK, csv_line, escape_cell
from assay.core.types import Example

PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
COLUMNS = ("row", "id", "text", "context", "current", "label", "annotator")
LONGEST = 32_000  # characters of a cell
CUT = " […]"


def cut(text: str) -> str:
    """As much of a text as a cell of a spreadsheet holds."""
    return text if len(text) <= LONGEST else text[:LONGEST] + CUT


def deal(
    rows: Sequence[Example], annotators: Sequence[str], overlap: float, seed: int
) -> dict[str, list[Example]]:
    """Who gets which rows, each in the order of `rows`.

    A share `overlap` of the rows, drawn with the seed, goes to everybody, for agreement; the others
    go to one annotator each, in turn.
    """
    if len(annotators) < 2:
        return {name: list(rows) for name in annotators or ("",)}
    shared = set(random.Random(seed).sample(range(len(rows)), round(overlap * len(rows))))
    dealt: dict[str, list[Example]] = {name: [] for name in annotators}
    turn = 0
    for at, row in enumerate(rows):
        if at in shared:
            for own in dealt.values():
                own.append(row)
        else:
            dealt[annotators[turn % len(annotators)]].append(row)
            turn += 1
    return dealt


def cells(
    rows: Sequence[Example],
    annotator: str,
    *,
    blind: bool = False,
    votes: Mapping[str, str] | None = None,
) -> list[dict[str, str]]:
    """The lines of a sheet. `blind` leaves the current label out; `votes` has what was said, by
    row."""
    lines = []
    for at, row in enumerate(rows, 1):
        line = dict.fromkeys(COLUMNS, "")
        line |= {
            "row": f"{at} of {len(rows)}",
            "id": row.id,
            "text": row.text,
            "annotator": annotator,
        }
        line["context"] = "\n\n".join(document.text for document in row.context)
        line["current"] = "" if blind else row.target or ""
        lines.append(line | ({"votes": votes[row.id]} if votes is not None else {}))
    return lines


def refuse_names(names: Sequence[str], option: str) -> None:
    """C073, where one of the people is named twice or by what is no part of a file's name."""
    if all(PERSON.fullmatch(name) for name in names) and len(set(names)) == len(names):
        return
    told = f"must be names of 1 to 40 letters, digits, - and _, each once; got {', '.join(names)!r}"
    raise UsageError(Problem("C073", told, option))


def sheet_path(out: Path, annotator: str) -> Path:
    """`tasks.csv` for anna is `tasks.anna.csv`."""
    return out.with_name(f"{out.stem}.{annotator}{out.suffix}") if annotator else out


def codebook(out: Path) -> Path:
    return out.with_name(f"{out.stem}.labels.txt")


def refuse_present(paths: Sequence[Path]) -> None:
    """D091: a sheet that is there may have been filled in."""
    problems = [
        Problem(
            "D091",
            "is there already, and may have been filled in",
            str(path),
            help="name another file, or remove it",
        )
        for path in paths
        if path.exists()
    ]
    if problems:
        raise DataError(*problems)


def write(path: Path, lines: Sequence[dict[str, str]]) -> None:
    """Write a sheet; `.jsonl` and `.ndjson` as JSON lines, everything else as CSV."""
    if is_lines(path):
        store.write_lines(path, lines)
        return
    names = list(lines[0]) if lines else list(COLUMNS)
    rows = ([escape_cell(cut(line[name])) for name in names] for line in lines)
    text = "".join(map(csv_line, [names, *rows]))
    store.write_bytes(path, f"{MARK}{text}".encode())


def is_lines(path: Path) -> bool:
    return path.suffix.lower() in (".jsonl", ".ndjson")
