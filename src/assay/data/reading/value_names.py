"""Numbers that stand for names, where the file says which: `{"label_names": ["O", "B-place"],
"data": [...]}`.

What it is for   class numbers become the names that stand beside the rows: a list by place, or an
                 object from number to name or from name to number
Which field      one whose name is in the list's (`ner_tags` of `ner_tags_names`), else the only one
                 that fits
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import words_of

MOST = 2000  # names
_NAMED = {
    "names",
    "name",
    "labels",
    "label",
    "classes",
    "class",
    "tags",
    "tag",
    "id2label",
    "label2id",
    "features",
}
_NAMED |= {"categories", "mapping", "map", "vocab", "vocabulary", "intents", "int2str", "targets"}


def with_names(table: RawTable, named: set[str]) -> RawTable:
    """The file with names for numbers."""
    for key, value in table.beside.items():
        for path, names in _lists(key, value):
            fits = [field for field in table.names if _numbers(table, field, len(names), names)]
            own = [field for field in fits if set(words_of(field)) & set(words_of(path))]
            chosen = own if own else fits
            if len(chosen) == 1:
                table = _replace_values(table, chosen[0], names, path)
    return table


def _lists(key: str, value: Any, path: str = "") -> list[tuple[str, dict[int, str]]]:
    """(where it stands, number -> name) of the lists of names in a value."""
    path = f"{path}.{key}" if path else key
    known = bool(
        _NAMED & {word for part in path.split(".") for word in (*words_of(part), part.casefold())}
    )
    if (
        isinstance(value, list)
        and known
        and 2 <= len(value) <= MOST
        and all(isinstance(one, str) for one in value)
    ):
        return [(path, dict(enumerate(value)))]
    if isinstance(value, Mapping) and known and 2 <= len(value) <= MOST:
        if all(str(key).isdigit() and isinstance(one, str) for key, one in value.items()):
            return [(path, {int(key): one for key, one in value.items()})]
        if all(isinstance(one, int) and not isinstance(one, bool) for one in value.values()):
            return [(path, {one: str(key) for key, one in value.items()})]
    if isinstance(value, Mapping) and path.count(".") < 4:
        return [found for inner, one in value.items() for found in _lists(str(inner), one, path)]
    return []


def _numbers(table: RawTable, field: str, count: int, names: Mapping[int, str]) -> bool:
    """Are the field's values such numbers, or lists of them, in nearly all rows?"""
    values = [
        value for raw in table.rows[:2000] if (value := raw.fields.get(field)) not in (None, "", [])
    ]
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    fit = [type(one) is int and one in names for one in flat]
    return bool(fit) and all(fit) and len(set(flat)) > 1


def _replace_values(table: RawTable, field: str, names: Mapping[int, str], path: str) -> RawTable:
    def name(value: Any) -> Any:
        if isinstance(value, list):
            return [name(one) for one in value]
        return names.get(value, value) if isinstance(value, int) else value

    rows = [
        RawRow(raw.source, {**raw.fields, field: name(raw.fields.get(field))}) for raw in table.rows
    ]
    note = (
        f"{table.place}: the numbers of '{printable(field)}' were read as the names in"
        f" '{printable(path)}'"
    )
    return replace(table, rows=rows, notes=[*table.notes, note])
