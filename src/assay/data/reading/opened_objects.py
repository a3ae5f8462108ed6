"""An object that holds what a row asks, opened up: `{"question": {"stem": ..., "choices": [...]}}`.

What it is for   its parts become fields of the row: a question with its options, a passage with its
                 questions; an object that holds nothing but a text becomes the text
Names            a part called `stem` or `text` has the object's name, another one its own
Watch out        an object of which the project names a part stays
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.option_forms import SCORED
from assay.data.reading.option_rows import OPTIONS
from assay.data.reading.read_file import RawRow, RawTable

LOOKED_AT = 20
DEEPEST = 3  # objects around a question
QUESTIONS = ("question", "query", "question_text", "q")
_MAIN = ("stem", "text")  # parts that have the name of what is around them
_ASKED = (*_MAIN, *QUESTIONS, "input", "prompt", "content")
_VALUE = ("label", "value", "$t", "#text", "_", "_text")  # of an object that holds one
_OPTIONS = {*OPTIONS, *SCORED, "references"}


def open_objects(table: RawTable, named: set[str]) -> RawTable:
    """The table with the parts of such objects as fields."""
    table = _unwrapped(table, named)
    for _ in range(DEEPEST):
        rows = [raw.fields for raw in table.rows[:LOOKED_AT]]
        names = [name for name in table.names if _opens(name, [row.get(name) for row in rows])]
        names = [name for name in names if not any(one.startswith(f"{name}.") for one in named)]
        if not names:
            break
        table = _opened(table, names)
    return table


def _unwrapped(table: RawTable, named: set[str]) -> RawTable:
    """The table with values in place of objects that hold one value, as feeds of XML made JSON
    have them: `{"title": {"label": "Lovely"}}`."""
    rows = [raw.fields for raw in table.rows[:LOOKED_AT]]
    names = [
        name
        for name in table.names
        if not any(one.startswith(f"{name}.") for one in named)
        and all(_one_value(row.get(name)) is not None for row in rows)
    ]
    if len(names) < 2:  # a way of writing is the file's, not one field's
        return table
    made = [
        RawRow(
            raw.source,
            {
                name: value if name not in names or found is None else found
                for name, value in raw.fields.items()
                for found in [_one_value(value)]
            },
        )
        for raw in table.rows
    ]
    note = f"{table.place}: objects that hold one value were read as it ({len(names)} fields)"
    return replace(table, rows=made, notes=[*table.notes, note])


def _one_value(value: Any) -> Any:
    """The value in an object that says nothing else; None of all else."""
    if not isinstance(value, Mapping) or set(value) - {*_VALUE, "attributes", "@attributes"}:
        return None
    held = [value[key] for key in _VALUE if key in value]
    return held[0] if len(held) == 1 and isinstance(held[0], str | int | float) else None


def _opens(name: str, values: Sequence[Any]) -> bool:
    """Are these objects that hold a question, or a text alone?"""
    if not values or not all(isinstance(one, Mapping) and one for one in values):
        return False
    if all([*one] == ["text"] and isinstance(one["text"], str) for one in values):
        return True
    asked = next((key for key in _ASKED if all(_has_text(one.get(key)) for one in values)), None)
    if asked in _MAIN and name.casefold() in QUESTIONS:
        return True
    return asked is not None and any(
        all(_holds_more(key, one.get(key)) for one in values) for key in values[0] if key != asked
    )


def _has_text(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, Mapping) and [*value] == ["text"] and isinstance(value["text"], str)
    )


def _holds_more(key: str, value: Any) -> bool:
    """Options of a question, or questions of a text?"""
    if key.casefold() in _OPTIONS:
        return isinstance(value, list | Mapping) and len(value) > 1
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, Mapping) and not set(QUESTIONS).isdisjoint(one) for one in value)
    )


def _opened(table: RawTable, names: Collection[str]) -> RawTable:
    made = [RawRow(raw.source, _fields(raw.fields, names)) for raw in table.rows]
    opened = dict.fromkeys(name for raw in made for name in raw.fields)
    roles = dict(table.roles)
    for name in names:
        first = table.rows[0].fields[name]
        asked = next((key for key in _ASKED if key in first), "")
        if not roles and any(key.casefold() in _OPTIONS for key in first):
            roles = {"question": name if asked in _MAIN else asked}
    shown = ", ".join(f"'{printable(name)}'" for name in names)
    note = f"{table.place}: the parts of {shown} were read as fields of the row"
    return replace(table, rows=made, names=tuple(opened), notes=[*table.notes, note], roles=roles)


def _fields(row: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The row with the parts of the objects in their places."""
    made: dict[str, Any] = {}
    for name, value in row.items():
        if name not in names or not isinstance(value, Mapping):
            made[name] = value
            continue
        main = next((key for key in _MAIN if key in value), None)
        for key, part in value.items():
            to = name if key == main else key
            taken = to in made or (to in row and to != name)
            made[f"{name}_{key}" if taken else to] = part
    return made
