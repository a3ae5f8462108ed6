"""Labels of several people in a list of objects: the label that most of them give.

What it is for   `responses: [{"worker_id": 1, "response": "yes"}, {"worker_id": 3, "response":
                 "no"}]` beside a text; the objects have one field that is no mark of the person
Ties             the one that comes first
Watch out        where another field is named as the label, or the list holds texts, it stays
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks import column_names
from assay.tasks.columns import as_text, words_of

LOOKED_AT = 20
MOST = 12  # labels
_LENGTH = 30  # characters of one
_PEOPLE = {"id", "worker", "annotator", "user", "rater", "time", "date", "name", "judge", "coder"}


def count_votes(table: RawTable, named: set[str]) -> RawTable:
    """The table with one label in place of such a list."""
    if {"label", "labels", "answer"} & {name.casefold() for name in table.names}:
        return table
    for name in table.names:
        some = [raw.fields.get(name) for raw in table.rows[:LOOKED_AT]]
        field = _voted(some) if name not in named else ""
        if not field:
            continue
        votes = [_votes(raw.fields.get(name), field) for raw in table.rows]
        kinds = {vote for one in votes for vote in one}
        if not 2 <= len(kinds) <= MOST or max(map(len, kinds)) > _LENGTH or not all(votes):
            continue
        made = [
            RawRow(
                raw.source,
                {key: value for key, value in raw.fields.items() if key != name}
                | {"label": Counter(one).most_common(1)[0][0]},
            )
            for raw, one in zip(table.rows, votes, strict=True)
        ]
        names = (*(one for one in table.names if one != name), "label")
        told = f"{table.place}: 'label' is what most of '{printable(name)}' say"
        return replace(table, rows=made, names=names, notes=[*table.notes, told])
    return table


def _voted(values: list[Any]) -> str:
    """The one field of the objects that says something about the row; ""."""
    if not values or not all(isinstance(value, list) and value for value in values):
        return ""
    objects = [one for value in values for one in value]
    if not all(isinstance(one, Mapping) for one in objects) or len(objects) < 2 * len(values):
        return ""
    keys = {key for one in objects for key in one}
    told = [key for key in keys if not _PEOPLE & set(words_of(key))]
    named = {*column_names.LABEL, "response", "vote", "judgement", "annotation", "value"}
    known = len(told) == 1 and len(keys) > 1 and bool(named & set(words_of(told[0])))
    return told[0] if known and all(told[0] in one for one in objects) else ""


def _votes(value: Any, field: str) -> list[str]:
    if not isinstance(value, list):
        return []
    return [as_text(one.get(field)).strip() for one in value if isinstance(one, Mapping)]
