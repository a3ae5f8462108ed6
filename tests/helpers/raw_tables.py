"""Data files as they are written and read: rows as plain objects."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from assay.data.reading.load import LoadedExamples, load
from assay.data.reading.read_file import RawRow, RawTable, read
from helpers.toy import write_rows


def raw_table(rows: Sequence[dict[str, Any]], place: str = "rows.jsonl", **more: Any) -> RawTable:
    """The rows as a reader gives them, each on a line of its own."""
    names = dict.fromkeys(name for row in rows for name in row)
    raw = [RawRow(f"{place}:{line}", row) for line, row in enumerate(rows, 1)]
    return RawTable(place, raw, tuple(names), [], **more)


def written(path: Path, value: Any) -> Path:
    """The file, with a text as it is and anything else as JSON."""
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def fields_of(path: Path, **more: Any) -> list[dict[str, Any]]:
    return [row.fields for row in read(path, base=path.parent, **more).rows]


def lines_of(path: Path) -> list[int]:
    """The line that each row is named by."""
    return [int(row.source.rpartition(":")[2]) for row in read(path, base=path.parent).rows]


# Texts under two labels, as a file of them has them.
LABELLED = [
    {"text": f"a text about {what} and {i}", "label": "ab"[i % 2]}
    for i, what in enumerate(["sea", "hay"] * 6)
]


def loaded(folder: Path, *rows: dict[str, Any], **options: Any) -> LoadedExamples:
    """The examples of a file of these rows."""
    write_rows(folder / "train.jsonl", list(rows))
    return load({"data": ["train.jsonl"]}, base=folder, **options)


# Cells of any characters that a file may hold.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
ROWS = st.lists(st.fixed_dictionaries({"text": TEXTS, "the label": TEXTS}), min_size=1, max_size=6)
