"""The official splits of one file: lists by their names, or a column that says of each row which it
belongs to.

What it is for   `{"train": [...], "test": [...]}` and a column `split` of `train` and `test` are
                 splits as given
Watch out        a file whose rows are all of one split, or that has no train, is not split: its
                 rows are to be divided
"""

from collections.abc import Iterator
from dataclasses import replace

from assay.core.errors import DataError, Problem
from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.data.reading.split_names import COLUMNS, SPLIT_NAMES
from assay.tasks.columns import as_text


def split_table(
    table: RawTable, split: str, *, whole: bool, named: set[str]
) -> Iterator[tuple[str, RawTable]]:
    """(split, its rows) of a file.

    Args:
        split: the one that the file is listed under.
        whole: it is not listed under a split, so that its own splits count.
        named: fields that the project gives a role.

    Raises:
        DataError: D002, the file has splits, and not this one.
    """
    parts = _of_starts(table) if table.starts else {}
    if not whole:
        if not parts:
            yield split, table
        elif split not in parts:
            told = f"has no rows of {split}; it has {', '.join(parts)}"
            raise DataError(
                Problem(
                    "D002", told, table.place, "list it under a split that it has, or under data"
                )
            )
        else:
            yield split, replace(table, rows=parts[split])
        return
    column = None if parts else _column(table, named)
    if column is not None:
        for raw in table.rows:
            rest = {name: value for name, value in raw.fields.items() if name != column}
            parts.setdefault(SPLIT_NAMES[as_text(raw.fields[column]).strip().lower()], []).append(
                RawRow(raw.source, rest)
            )
        counted = ", ".join(f"{name} {len(rows):,}" for name, rows in parts.items())
        note = f"{table.place}: '{printable(column)}' names the official splits: {counted}"
        names = tuple(name for name in table.names if name != column)
        table = replace(table, names=names, notes=[*table.notes, note])
    if "train" not in parts or len(parts) < 2:
        yield split, table
        return
    notes = table.notes
    for name in ("train", "val", "test"):
        if name in parts:
            yield name, replace(table, rows=parts[name], notes=notes)
            notes = []


def _of_starts(table: RawTable) -> dict[str, list[RawRow]]:
    parts: dict[str, list[RawRow]] = {}
    ends = [*(at for _, at in table.starts[1:]), len(table.rows)]
    for (name, start), end in zip(table.starts, ends, strict=True):
        if end > start:
            parts.setdefault(name, []).extend(table.rows[start:end])
    return parts


def _column(table: RawTable, named: set[str]) -> str | None:
    """The field whose values are names of splits, train among them."""
    for name in table.names:
        if name.casefold() not in COLUMNS or name in named:
            continue
        values = {as_text(raw.fields.get(name)).strip().lower() for raw in table.rows}
        splits = {SPLIT_NAMES.get(value, "") for value in values}
        if "" not in splits and "train" in splits and len(splits) > 1:
            return name
    return None
