"""Numbered columns of texts beside one other text: several references for it, as a list.

What it is for   `toxic_comment`, `neutral_comment1`, `neutral_comment2`, `neutral_comment3`: the
                 first is the target, each of the others is accepted too
Good when        every row has the first, and some rows lack the later ones
Watch out        where all are filled they may be options, sentences, or several answers; where the
                 rows have a label it is about the texts
"""

import re
from dataclasses import replace

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks import column_names
from assay.tasks.columns import as_text, columns_of, rank

LOOKED_AT = 500  # rows
_NAME = re.compile(r"(.*[^\W\d_])[ _.-]?(\d)")
_FULL = 0.95  # share of the rows that have the first
_GAPS = 0.02  # share of them that lack a later one


def gather_references(table: RawTable, named: set[str]) -> RawTable:
    """The table with the numbered texts as one list."""
    stems: dict[str, list[str]] = {}
    for name in table.names:
        if match := _NAME.fullmatch(name):
            stems.setdefault(match[1], []).append(name)
    several = [(stem, some) for stem, some in stems.items() if len(some) > 1]
    if len(several) != 1 or table.roles or several[0][0] in table.names:
        return table
    ((stem, fields),) = several
    found = columns_of([raw.fields for raw in table.rows[:LOOKED_AT]])
    series = [column for column in found if column.name in fields]
    rest = [c for c in found if c.name not in fields and c.filled and not c.technical]
    filled = [column.filled / max(1, column.rows) for column in series]
    if (
        named & {*fields}
        or [c.name for c in rest if c.prose and c.full] != [c.name for c in rest]
        or len(rest) != 1
        or not all(c.prose or not c.filled for c in series)
        or filled[0] < _FULL
        or not any(one < filled[0] - _GAPS for one in filled[1:])
        or rank(replace(series[0], name=stem), column_names.TEXT) >= 1
    ):
        return table
    rows = []
    for raw in table.rows:
        texts = [text for name in fields if (text := as_text(raw.fields.get(name)).strip())]
        left = {name: value for name, value in raw.fields.items() if name not in fields}
        rows.append(RawRow(raw.source, left | {stem: [*dict.fromkeys(texts)]}))
    names = (*(name for name in table.names if name not in fields), stem)
    told = f"the {len(fields)} columns of '{printable(stem)}' are the texts that are accepted"
    notes = [*table.notes, f"{table.place}: {told} for '{printable(rest[0].name)}'"]
    roles = {"question": rest[0].name, "answer": stem}
    return replace(table, rows=rows, names=names, notes=notes, roles=roles)
