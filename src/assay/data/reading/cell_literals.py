"""Lists and turns that a table holds as text: `["a", "b"]` as JSON writes it, `['a', 'b']` as
Python does.

What it is for   options, tokens, tags and conversations in CSV files
Watch out        written answers stay as they are: a list may be what is to be answered
"""

import ast
import json
import re
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable

MOSTLY = 0.98  # share of the rows that have to be lists
LARGEST = 1 << 20  # characters
_LOOSE = re.compile(r"\[(['\"])(.*)\1\]", re.DOTALL)  # a mark in it that is not escaped
_WRITTEN = {
    "answer",
    "output",
    "completion",
    "target",
    "response",
    "solution",
    "code",
    "expected",
    "text",
    "prompt",
}


def parse_cells(table: RawTable, named: set[str]) -> RawTable:
    """The file with such cells as lists."""
    for name in table.names:
        values = [raw.fields.get(name) for raw in table.rows]
        texts = [value for value in values if isinstance(value, str) and value.strip()]
        if name.casefold() in _WRITTEN or not texts or len(texts) < MOSTLY * len(values):
            continue
        if sum(
            text.lstrip()[:1] == "[" and text.rstrip()[-1:] == "]" for text in texts
        ) < MOSTLY * len(texts):
            continue
        lists = [_list(value) if isinstance(value, str) else value for value in values]
        if sum(isinstance(one, list) for one in lists) < MOSTLY * len(texts):
            continue
        rows = [
            RawRow(
                raw.source,
                {**raw.fields, name: one if isinstance(one, list) else raw.fields.get(name)},
            )
            for raw, one in zip(table.rows, lists, strict=True)
        ]
        note = (
            f"{table.place}: '{printable(name)}' has lists that are written as text; they were"
            " read as lists"
        )
        table = replace(table, rows=rows, notes=[*table.notes, note])
    return table


def _list(text: str) -> Any:
    """The list of texts, of numbers or of objects that a text is; None where it is none."""
    if len(text) > LARGEST:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            loose = _LOOSE.fullmatch(text.strip())
            return loose[2].split(f"{loose[1]}, {loose[1]}") if loose else None
    plain = isinstance(value, list) and all(
        isinstance(one, str | int | float | dict | list) for one in value
    )
    return value if plain else None
