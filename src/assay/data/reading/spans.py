"""A text in pieces, some of which have a type: `[{"text": "book "}, {"text": "noon", "entity":
"time"}]`.

What it is for   its pieces joined, and those with a type as spans; marks beside a text are for
                 `measured_spans`
Source           Coucke et al. (2018), Snips, arxiv.org/abs/1805.10190
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.entities import TYPE

_TEXT = "text"
_TYPE = (*TYPE, "polarity", "sentiment", "category")


def with_spans(table: RawTable, named: set[str]) -> RawTable:
    """The table with `text` and `entities` where its rows have them in such a form, else as it
    is."""
    # all of them: one of another form would lose its spans
    rows = [raw.fields for raw in table.rows]
    for name in table.names:
        if rows and name not in named and all(_is_in_pieces(row.get(name)) for row in rows):
            kinds = {_type(piece) for row in rows for piece in row[name]}
            if "" in kinds and len(kinds) > 1:  # options of a question all have a name
                made = [_of_pieces(raw.fields, name) for raw in table.rows]
                return _with(
                    table, made, f"'{printable(name)}' holds texts in pieces, some with a type"
                )
    return table


def _with(table: RawTable, made: list[dict[str, Any]], told: str) -> RawTable:
    rows = [RawRow(raw.source, fields) for raw, fields in zip(table.rows, made, strict=True)]
    names = dict.fromkeys(name for fields in made for name in fields)
    roles = {"text": _TEXT, "entities": "entities"}
    return replace(
        table,
        rows=rows,
        names=tuple(names),
        notes=[*table.notes, f"{table.place}: {told}"],
        roles=roles,
    )


def _type(piece: Mapping[str, Any]) -> str:
    return next(
        (str(piece[name]) for name in _TYPE if isinstance(piece.get(name), str) and piece[name]), ""
    )


def _is_in_pieces(value: Any) -> bool:
    pieces = value if isinstance(value, list) else []
    return bool(pieces) and all(
        isinstance(one, Mapping) and isinstance(one.get(_TEXT), str) and len(one) <= 3
        for one in pieces
    )


def _of_pieces(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    text, found = "", []
    for piece in row[name]:
        if kind := _type(piece):
            found.append({"start": len(text), "end": len(text) + len(piece[_TEXT]), "label": kind})
        text += piece[_TEXT]
    rest = {other: value for other, value in row.items() if other != name}
    return {**rest, _TEXT: text, "entities": found}
