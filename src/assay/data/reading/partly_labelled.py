"""Tables in which only some rows have their label yet: the rows that have one.

What it is for   a corpus of which a part was annotated: the others have nothing to learn from
Which column     the one column that would be a target if all rows had it, where no other could be
                 one
Watch out        the rows without a label are left out and counted (D206)
"""

from dataclasses import replace

from assay.data.reading.findings import printable, rows
from assay.data.reading.read_file import RawTable
from assay.tasks.columns import Column, as_text, columns_of
from assay.tasks.target_candidates import candidates

LEAST = 20  # rows with a label
FULL = 0.95  # share of the rows from which on a column counts as full: see `Column.full`
LOOKED_AT = 20_000  # rows


def keep_labelled(table: RawTable, named: set[str]) -> RawTable:
    """The rows with a label, where it is such a table; else as it is."""
    sparse = [] if table.roles else [name for name in table.names if _sparse(table, name)]
    if not sparse:
        return table
    every = [raw.fields for raw in table.rows[:LOOKED_AT]]
    found = columns_of(every)
    texts = [column for column in found if column.full and column.prose]
    if not texts or candidates(found, every, {}, None, set()):
        return table
    able = [name for name in sparse if _may_be_label(table, name, {text.name for text in texts})]
    if len(able) != 1 or not named <= {*able, *(text.name for text in texts)}:
        return table
    kept = [raw for raw in table.rows if as_text(raw.fields.get(able[0])).strip()]
    left = rows(len(table.rows) - len(kept))
    told = f"D206 {table.place}: {left} without '{printable(able[0])}' were left out"
    return replace(table, rows=kept, notes=[*table.notes, told])


def _sparse(table: RawTable, name: str) -> bool:
    values = [raw.fields.get(name) for raw in table.rows]
    filled = sum(bool(as_text(one).strip()) for one in values if not isinstance(one, list | dict))
    return LEAST <= filled < FULL * len(values)


def _may_be_label(table: RawTable, name: str, texts: set[str]) -> bool:
    """Is it, where it is filled, a target beside one of these texts?"""
    some = [raw.fields for raw in table.rows if as_text(raw.fields.get(name)).strip()]
    some = [{key: row.get(key) for key in (*texts, name)} for row in some[:LOOKED_AT]]
    column: Column = next(one for one in columns_of(some) if one.name == name)
    way = candidates(columns_of(some), some, {}, None, texts)
    return (column.labels or column.scale) and any(one.target == name for one in way)
