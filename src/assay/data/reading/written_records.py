"""Records that belong to a text, written out as one line where they are what is to be answered.

What it is for   the lists of `literal_lines` and `record_cells` that are no pieces of the text
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.data.reading.record_roles import RECORDS
from assay.tasks.columns import as_text
from assay.tasks.entities import NONE

_PARTS, _RECORDS = ", ", "; "


def write_records(table: RawTable, named: set[str]) -> RawTable:
    """The table with the records as one line each row, where they are what is to be answered."""
    if table.roles.get("answer") != RECORDS or not any(
        isinstance(raw.fields.get(RECORDS), list) for raw in table.rows[:20]
    ):
        return table
    rows = [
        RawRow(raw.source, {**raw.fields, RECORDS: _line(raw.fields.get(RECORDS))})
        for raw in table.rows
    ]
    note = (
        f"{table.place}: '{printable(RECORDS)}' were written out, {_RECORDS.strip()} between them"
    )
    return replace(table, rows=rows, notes=[*table.notes, note])


def _line(value: Any) -> str:
    records = value if isinstance(value, list) else [value]
    return _RECORDS.join(map(_written, records)) or NONE


def _written(record: Any) -> str:
    parts = [*record.values()] if isinstance(record, Mapping) else record
    if not isinstance(parts, list):
        return as_text(parts)
    return _PARTS.join(
        json.dumps(one, ensure_ascii=False) if isinstance(one, list | Mapping) else as_text(one)
        for one in parts
    )
