"""The export of Label Studio as rows: `data`'s fields, and what was annotated as `label` or
`entities`.

What it is for   choices become a label, spans become entities, a written text becomes an answer
Watch out        of several annotations of a task the first is taken that was not cancelled, and the
                 others are counted
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import rows
from assay.data.reading.read_file import RawRow, RawTable


def unfold_tasks(table: RawTable, named: set[str]) -> RawTable:
    """The table with plain fields when it is such an export, else as it is."""
    if (
        not table.rows
        or not all(_is_task(raw.fields) for raw in table.rows[:20])
        or named & {"data", "annotations"}
    ):
        return table
    made, several = [], 0
    for raw in table.rows:
        given = [
            one
            for one in _annotations(raw.fields)
            if isinstance(one, Mapping) and not one.get("was_cancelled")
        ]
        several += len(given) > 1
        fields = dict(raw.fields.get("data") or {})
        result = given[0].get("result") if given else None
        fields.update(_annotation_fields(result if isinstance(result, list) else []))
        made.append(RawRow(raw.source, fields))
    spans = any("entities" in raw.fields for raw in made)
    if spans:  # a task without spans is one without pieces
        made = [RawRow(raw.source, {"entities": [], **raw.fields}) for raw in made]
    notes = [*table.notes, f"{table.place}: read as an export of Label Studio"]
    if several:
        notes.append(
            f"{table.place}: {rows(several)} with several annotations; the first of each was taken"
        )
    names = dict.fromkeys(name for raw in made for name in raw.fields)
    return replace(table, rows=made, names=tuple(names), notes=notes)


def _is_task(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("data"), Mapping) and isinstance(
        row.get("annotations", row.get("completions")), list
    )


def _annotations(row: Mapping[str, Any]) -> list[Any]:
    value = row.get("annotations", row.get("completions"))
    return value if isinstance(value, list) else []


def _annotation_fields(result: Sequence[Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for one in result:
        value = one.get("value") if isinstance(one, Mapping) else None
        if not isinstance(value, Mapping):
            continue
        kind = one.get("type")
        if kind == "choices" and isinstance(value.get("choices"), list) and value["choices"]:
            chosen = value["choices"]
            fields.setdefault("label", chosen[0] if len(chosen) == 1 else chosen)
        elif (
            kind in ("labels", "hypertextlabels")
            and isinstance(value.get(kind), list)
            and value[kind]
        ):
            span = {"start": value.get("start"), "end": value.get("end"), "label": value[kind][0]}
            fields.setdefault("entities", []).append(span)
        elif kind == "textarea" and isinstance(value.get("text"), list) and value["text"]:
            fields.setdefault("answer", value["text"][0])
    return fields
