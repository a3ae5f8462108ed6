"""Two files that belong together row by row by an id: texts in one, labels in the other.

What it is for   a folder whose files have different fields, and one field with the same values
Which field      one of the same name in both before any other; its values differ in all rows of one
                 file at least, and nine tenths of the smaller file's are in the other
Watch out        rows without a partner are left out, and counted (D206)
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.data.reading.findings import printable, rows
from assay.data.reading.judged_collection import join_judgements
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import as_text

Reads = list[tuple[str, Path, RawTable]]
SHARED = 0.9  # of the values of the smaller file
_LEAST = 3  # values


def join_by_id(reads: Reads) -> Reads:
    """The files as they are, or those of a split as one where an id joins them."""
    made: Reads = []
    for split, path, table in join_judgements(reads):
        at = next(
            (i for i, (other, _, one) in enumerate(made) if other == split and _apart(one, table)),
            None,
        )
        key = _key(made[at][2], table) if at is not None else None
        if at is None or key is None:
            made.append((split, path, table))
        else:
            made[at] = (split, made[at][1], _join_rows(made[at][2], table, *key))
    return made


def _apart(first: RawTable, second: RawTable) -> bool:
    """Has each a field that the other lacks?"""
    return bool(set(first.names) - set(second.names)) and bool(set(second.names) - set(first.names))


def _values(table: RawTable, name: str) -> list[str]:
    values = [raw.fields.get(name) for raw in table.rows]
    return (
        []
        if any(isinstance(one, list | Mapping) for one in values)
        else [as_text(one).strip() for one in values]
    )


def _key(first: RawTable, second: RawTable) -> tuple[str, str] | None:
    """The field of each by which they are joined."""
    best: tuple[float, str, str] | None = None
    ours = {name: _values(first, name) for name in first.names}
    theirs = {name: _values(second, name) for name in second.names}
    for name, values in ours.items():
        for other, against in theirs.items():
            if not values or not against or (name != other and _numbers(values)):
                continue
            a, b = set(values) - {""}, set(against) - {""}
            shared = len(a & b) / max(1, min(len(a), len(b)))
            once = (len(a) == len(values)) + (len(b) == len(against))
            if shared < SHARED or not once or len(a & b) < _LEAST:
                continue
            worth = (name == other) + once / 4 + shared / 8
            if best is None or worth > best[0]:
                best = (worth, name, other)
    return best[1:] if best else None


def _numbers(values: Sequence[str]) -> bool:
    return all(value.replace(".", "").isdigit() for value in values)


def _join_rows(first: RawTable, second: RawTable, name: str, other: str) -> RawTable:
    """The rows of the file whose field comes again, or of the first, with the fields of the
    other."""
    counts = Counter(_values(second, other))
    if max(counts.values(), default=0) > 1:
        first, second, name, other = second, first, other, name
    found = {as_text(raw.fields.get(other)).strip(): raw.fields for raw in second.rows}
    both = {field for field in second.names if field in first.names and field != other}
    made, used = [], set()
    for raw in first.rows:
        key = as_text(raw.fields.get(name)).strip()
        if key in found:
            used.add(key)
            made.append(
                RawRow(
                    raw.source, {**raw.fields, **_more(raw.fields, found[key], both, other, name)}
                )
            )
    names = dict.fromkeys(field for row in made for field in row.fields)
    left = (len(first.rows) - len(made), len(found) - len(used))
    shown = (
        f"'{printable(name)}'" if name == other else f"'{printable(name)}' and '{printable(other)}'"
    )
    notes = [
        *first.notes,
        *second.notes,
        f"{first.place}: joined with {second.place} by {shown}: {rows(len(made))}",
    ]
    if any(left):
        told = (
            f"{rows(left[0])} of it and {rows(left[1])} of {second.place} have no partner, and"
            " were left out"
        )
        notes.append(f"D206 {first.place}: {told}")
    roles = {**second.roles, **first.roles}
    return replace(first, rows=made, names=tuple(names), notes=notes, roles=roles)


def _more(
    own: Mapping[str, Any], theirs: Mapping[str, Any], both: set[str], key: str, name: str
) -> dict[str, Any]:
    """The other file's fields; one that both have, with other values, gets a name of its own."""
    return {
        (field if field not in both else f"{field}_2"): value
        for field, value in theirs.items()
        if not (field == key and key == name) and not (field in both and own.get(field) == value)
    }
