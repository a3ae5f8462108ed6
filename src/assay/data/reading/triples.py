"""Facts in lists, such as triples of a graph, as lines of text: what a sentence is written from.

What it is for   `[["Oslo", "capital of", "Norway"]]` and `[{"subject": ..., "property": ...,
                 "object": ...}]` beside the sentences that say them, where no field is a text
Becomes          a line a fact, `Oslo | capital of | Norway`; texts in objects become a list
Watch out        rows that have a text of their own stay
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import as_text

LOOKED_AT = 20
_TEXTS = ("text", "lex", "sentence", "content", "value", "comment", "reference")
_PARTS = {"subject", "object"}


def write_triples(table: RawTable, named: set[str]) -> RawTable:
    """The table with the facts and the sentences as texts."""
    some = [raw.fields for raw in table.rows[:LOOKED_AT]]
    facts = [name for name in table.names if some and all(_lines(row.get(name)) for row in some)]
    said = [name for name in table.names if some and all(_said(row.get(name)) for row in some)]
    written = any(
        isinstance(row.get(name), str) and len(row[name].split()) > 2
        for row in some
        for name in table.names
        if name not in (*facts, *said)
    )
    if len(facts) != 1 or len(said) != 1 or written or facts == said:
        return table
    made = [
        RawRow(
            raw.source,
            raw.fields
            | {
                facts[0]: "\n".join(_lines(raw.fields.get(facts[0]))),
                said[0]: _said(raw.fields.get(said[0])),
            },
        )
        for raw in table.rows
    ]
    told = f"{table.place}: '{printable(facts[0])}' has facts, a line each"
    roles = {"question": facts[0], "answer": said[0]}
    return replace(table, rows=made, notes=[*table.notes, told], roles=roles)


def _lines(value: Any) -> list[str]:
    """Each fact as a line; [] where they are none."""
    if not isinstance(value, list):
        return []
    facts = [
        [*one.values()] if isinstance(one, Mapping) and one.keys() >= _PARTS else one
        for one in value
    ]
    if not all(isinstance(one, list) and 3 <= len(one) <= 4 for one in facts):
        return []
    if not all(isinstance(part, str) for one in facts for part in one):
        return []
    return [" | ".join(map(as_text, one)) for one in facts]


def _said(value: Any) -> list[str]:
    """The texts of a list of them, or of objects; [] where they are none."""
    some = value if isinstance(value, list) else [value]
    texts = [
        next((one[key] for key in _TEXTS if key in one), None) if isinstance(one, Mapping) else one
        for one in some
    ]
    said = [one for one in texts if isinstance(one, str)]
    long = len(said) == len(texts) and any(len(one.split()) > 2 for one in said)
    return said if long else []
