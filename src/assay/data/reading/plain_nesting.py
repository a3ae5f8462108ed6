"""Lists and objects around a value that say nothing themselves, taken away.

What it is for   a list that holds one list of turns or of rows in every row, `[[{...}, {...}]]`; an
                 object that holds the row, beside numbers and marks of it: `{"_id": "1", "_source":
                 {"body": ..., "category": ...}}`
Watch out        a list that holds several lists in some row stays
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.opened_objects import QUESTIONS
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks import column_names
from assay.tasks.columns import as_text, words_of

LOOKED_AT = 20
DEEPEST = 4
_WRITTEN = 3  # words of a text, on average
_TOLD = {*column_names.LABEL, *column_names.ANSWER, *column_names.TEXT}


def unwrap_lists(table: RawTable, named: set[str]) -> RawTable:
    """The table without lists of one list."""
    for _ in range(DEEPEST):
        some = [raw.fields for raw in table.rows[:LOOKED_AT]]
        lists = [
            name for name in table.names if some and all(_one_list(row.get(name)) for row in some)
        ]
        every = [raw.fields for raw in table.rows]
        lists = [name for name in lists if all(_one_list(row.get(name)) for row in every)]
        if not lists:
            break
        made = [
            {name: value[0] if name in lists else value for name, value in row.items()}
            for row in every
        ]
        told = "a list that holds one list was read as it"
        table = _with_rows(table, made, f"{', '.join(map(_quoted, lists))}: {told}")
    return table


def unwrap_objects(table: RawTable, named: set[str]) -> RawTable:
    """The table without objects that hold the row, or one text."""
    for _ in range(DEEPEST):
        some = [raw.fields for raw in table.rows[:LOOKED_AT]]
        single = [name for name in table.names if some and _single(name, some, named)]
        held = "" if single else _envelope(some, named)
        if single:
            made = [
                {
                    name: _only(value) if name in single else value
                    for name, value in raw.fields.items()
                }
                for raw in table.rows
            ]
            told = f"{', '.join(map(_quoted, single))}: an object with one field was read as it"
        elif held:
            made = [_opened(raw.fields, held) for raw in table.rows]
            told = f"{_quoted(held)} holds the fields of each row"
        else:
            break
        table = _with_rows(table, made, told)
    return table


def _quoted(name: str) -> str:
    return f"'{printable(name)}'"


def _with_rows(table: RawTable, made: Sequence[dict[str, Any]], told: str) -> RawTable:
    rows = [RawRow(raw.source, fields) for raw, fields in zip(table.rows, made, strict=True)]
    names = tuple(dict.fromkeys(name for fields in made for name in fields))
    return replace(table, rows=rows, names=names, notes=[*table.notes, f"{table.place}: {told}"])


def _one_list(value: Any) -> bool:
    """A list of one list of objects."""
    inner = value[0] if isinstance(value, list) and len(value) == 1 else None
    return isinstance(inner, list) and bool(inner) and all(isinstance(e, Mapping) for e in inner)


def _single(name: str, some: Sequence[Mapping[str, Any]], named: set[str]) -> bool:
    """Is the field an object of the same one text in every row, under a name that says what it
    is?"""
    objects = [row.get(name) for row in some]
    if any(one.startswith(f"{name}.") for one in named) or not _TOLD & set(words_of(name)):
        return False
    if not all(isinstance(one, Mapping) and len(one) == 1 for one in objects):
        return False
    keys = {key for one in objects if one for key in one}
    texts = [_only(one) for one in objects]
    said = len(keys) == 1 and all(isinstance(text, str) for text in texts)
    return said and "." not in min(keys) and len(set(texts)) > 1


def _only(value: Any) -> Any:
    return next(iter(value.values())) if isinstance(value, Mapping) and len(value) == 1 else value


def _envelope(some: Sequence[Mapping[str, Any]], named: set[str]) -> str:
    """The one object of each row that has its texts, where what stands beside it has none; ""."""
    if not some:
        return ""
    names = list(dict.fromkeys(name for row in some for name in row))
    objects = [name for name in names if any(isinstance(row.get(name), Mapping) for row in some)]
    if len(objects) != 1 or any(
        isinstance(row.get(name), list) and row[name] for row in some for name in names
    ):
        return ""
    (held,) = objects
    if held.casefold() in (*column_names.CONTEXT, *QUESTIONS):
        return ""  # a passage or question with what belongs to it
    if any(one == held or one.startswith(f"{held}.") for one in named):
        return ""
    beside = [name for name in names if name != held]
    if not all(isinstance(row.get(held), Mapping) for row in some):
        return ""
    if any(_TOLD & set(words_of(name)) or _is_written(some, name) for name in beside):
        return ""
    inside = [row[held] for row in some]
    keys = list(dict.fromkeys(key for one in inside for key in one))
    # Rows under names that differ from row to row are no fields.
    shared = all(sum(key in one for one in inside) > len(some) / 2 for key in keys)
    deeper = any(isinstance(one.get(key), Mapping | list) for one in inside for key in keys)
    told = any(_is_written(inside, key) for key in keys)
    wanted = held.startswith("_") or deeper or len(keys) > 2
    return held if shared and wanted and (told or deeper) and len(keys) > 1 else ""


def _is_written(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    texts = [as_text(row.get(name)) for row in rows if isinstance(row.get(name), str)]
    return bool(texts) and sum(len(text.split()) for text in texts) >= _WRITTEN * len(texts)


def _opened(row: Mapping[str, Any], held: str) -> dict[str, Any]:
    inside = row.get(held)
    beside = {name: value for name, value in row.items() if name != held}
    return {**beside, **inside} if isinstance(inside, Mapping) else dict(row)
