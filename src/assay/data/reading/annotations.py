"""The exports of annotation tools as rows: the fields of a text, and what people said of it.

What it is for   choices become `label` or `labels`, spans `entities`, a written text `answer`;
                 several questions of one kind keep their names
Which answers    those that were submitted. What was skipped, cancelled or rejected, and a draft,
                 do not count; of several people's the most frequent is taken, or the first
Watch out        rows that nobody answered are left out and counted; where that is all of them they
                 stay, as questions
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from assay.data.reading.findings import printable, rows
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import as_text
from assay.tasks.entities import TYPE
from assay.tasks.label_sets import separators_of

LOOKED_AT = 20  # rows
AGAIN = 3  # times that a label comes, on average
_VERDICTS = {"accept", "reject", "ignore"}
_HASHES = {"_input_hash", "_task_hash"}
_CHOSEN = ("choices", "taxonomy", "rating", "number")  # results that say which label
_CALLED = (*TYPE, "name", "category")  # where an object has its label
_BOUNDS = {"start", "end", "begin", "offset", "startOffset", "from", "to", "text", "span"}
_SURE = {"score", "confidence", "probability", "id"}  # what it may have beside it

Row = Mapping[str, Any]
Key = tuple[str, str]  # role, "" for none, and question


class Annotated(NamedTuple):
    """A row: its fields, and the answers that count, those of one person as a list of what they
    hold."""

    fields: dict[str, Any]
    answers: dict[Key, list[list[Any]]]
    people: int


Reader = Callable[[Row], Annotated]


def unfold_annotations(table: RawTable, named: set[str]) -> RawTable:
    """The table with plain fields where it is such an export, else as it is."""
    for tool, reader_of in _TOOLS.items():
        if table.rows and (reader := reader_of(table, named)) is not None:
            return _unfold(table, [reader(raw.fields) for raw in table.rows], tool)
    return table


def _unfold(table: RawTable, read: Sequence[Annotated], tool: str) -> RawTable:
    notes = [*table.notes, f"{table.place}: read as an export of {tool}"]
    questions = not any(row.people for row in read)
    told = [questions or row.people > 0 for row in read]
    if left := told.count(False):
        notes.append(
            f"{table.place}: {rows(left)} that were skipped, rejected or not answered were left out"
        )
    if several := sum(row.people > 1 for row in read):
        notes.append(
            f"{table.place}: {rows(several)} with several annotations; the most frequent was taken,"
            " or the first"
        )
    kept = [(raw, row) for raw, row, there in zip(table.rows, read, told, strict=True) if there]
    made = [dict(row.fields) for _, row in kept]
    keys = dict.fromkeys(key for _, row in kept for key in row.answers)
    for role, question in keys:
        agreed = [_agreed(row.answers.get((role, question), [])) for _, row in kept]
        objects = any(isinstance(one, Mapping) for value in agreed for one in value or [])
        single = not objects and all(len(value or []) <= 1 for value in agreed)
        alone = role and sum(key[0] == role for key in keys) == 1
        name = {"label": "label" if single else "labels"}.get(role, role) if alone else question
        if not role and any(name in fields for fields in made):
            name += "_answer"
        for fields, value in zip(made, agreed, strict=True):
            if value or not single:
                fields[name] = (value or [None])[0] if single else value or []
    names = dict.fromkeys(name for fields in made for name in fields)
    unfolded = [RawRow(raw.source, fields) for (raw, _), fields in zip(kept, made, strict=True)]
    return replace(table, rows=unfolded, names=tuple(names), notes=notes)


def _agreed(said: Sequence[list[Any]]) -> list[Any] | None:
    """What most people said, the first of what equally many did."""
    if len(said) < 2:
        return said[0] if said else None
    written = [json.dumps(value, sort_keys=True, default=str) for value in said]
    return said[written.index(Counter(written).most_common(1)[0][0])]


# --- Label Studio ---------------------------------------------------------------------------------


def _label_studio(table: RawTable, named: set[str]) -> Reader | None:
    there = all(
        isinstance(raw.fields.get("data"), Mapping) and _annotations(raw.fields) is not None
        for raw in table.rows[:LOOKED_AT]
    )
    return _task if there and not named & {"data", "annotations", "completions"} else None


def _annotations(row: Row) -> list[Any] | None:
    value = row.get("annotations", row.get("completions"))
    return value if isinstance(value, list) else None


def _task(row: Row) -> Annotated:
    answers: dict[Key, list[list[Any]]] = {}
    people = 0
    for one in _annotations(row) or []:
        if not isinstance(one, Mapping) or one.get("was_cancelled"):
            continue
        people += 1
        said: dict[Key, list[Any]] = {}
        result = one.get("result")
        for key, parts in map(_result, result if isinstance(result, list) else []):
            said.setdefault(key, []).extend(parts)
        for key, parts in said.items():
            answers.setdefault(key, []).append(parts[:1] if key[0] == "answer" else parts)
    return Annotated(_object(row.get("data")), answers, people)


def _result(one: Any) -> tuple[Key, list[Any]]:
    """What one control says: its role and name, and what was chosen, marked or written there."""
    value = one.get("value") if isinstance(one, Mapping) else None
    if not isinstance(value, Mapping):
        return ("", ""), []
    kind, name = as_text(one.get("type")), as_text(one.get("from_name"))
    held = value.get("text" if kind == "textarea" else kind)
    parts = held if isinstance(held, list) else [] if held is None else [held]
    if kind in _CHOSEN:
        paths = [" / ".join(map(as_text, one)) if isinstance(one, list) else one for one in parts]
        return ("label", name), paths
    if kind.endswith("labels"):
        bounds = {"start": value.get("start"), "end": value.get("end")}
        return ("entities", name), [{**bounds, "label": label} for label in parts]
    return ("answer", name), parts if kind == "textarea" else []


# --- Argilla --------------------------------------------------------------------------------------


def _argilla(table: RawTable, named: set[str]) -> Reader | None:
    """Records with `responses`, the same flattened to `QUESTION.responses`, or a column of
    responses for each question."""
    first = [raw.fields for raw in table.rows[:LOOKED_AT]]
    if all(isinstance(row.get(name), Mapping) for row in first for name in ("fields", "responses")):
        return _record
    flat = [name for name in table.names if f"{name}.status" in table.names]
    flat = [name.removesuffix(".responses") for name in flat if name.endswith(".responses")]
    if flat:
        return partial(_flat_record, questions=flat)
    held = {
        name: [one for row in first for one in _list(row.get(name))]
        for name in table.names
        if name not in named
    }
    questions = [name for name, some in held.items() if some and all(map(_is_response, some))]
    return partial(_old_record, questions=questions) if questions else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _is_response(one: Any) -> bool:
    return isinstance(one, Mapping) and {"value", "status"} <= set(one) <= {
        "value",
        "status",
        "user_id",
    }


def _record(row: Row) -> Annotated:
    around = {"fields", "responses", "suggestions", "vectors", "metadata"}
    fields = {name: value for name, value in row.items() if name not in around}
    fields |= _object(row.get("metadata")) | _object(row.get("fields"))
    given = _object(row.get("responses"))
    return _of_responses(fields, {name: _list(value) for name, value in given.items()})


def _flat_record(row: Row, questions: Sequence[str]) -> Annotated:
    given = {}
    for name in questions:
        values = _list(row.get(f"{name}.responses"))
        states = _list(row.get(f"{name}.responses.status")) or [None] * len(values)
        pairs = zip(values, states, strict=False)
        given[name] = [{"value": value, "status": state} for value, state in pairs]
    return _of_responses(_without(row, questions), given)


def _old_record(row: Row, questions: Sequence[str]) -> Annotated:
    fields = {name: value for name, value in row.items() if name not in questions}
    return _of_responses(
        _without(fields, questions), {name: _list(row.get(name)) for name in questions}
    )


def _without(row: Row, questions: Sequence[str]) -> dict[str, Any]:
    """The fields but for those that say of a question what a model suggested, or who answered."""
    about = tuple(f"{name}{mark}" for name in questions for mark in (".", "-suggestion"))
    return {name: value for name, value in row.items() if not name.startswith(about)}


def _of_responses(fields: dict[str, Any], given: Mapping[str, Sequence[Any]]) -> Annotated:
    answers: dict[Key, list[list[Any]]] = {}
    for name, responses in given.items():
        for one in responses:
            value = one.get("value") if isinstance(one, Mapping) else None
            if value is None or one.get("status") not in (None, "submitted"):
                continue
            parts = value if isinstance(value, list) else [value]
            spans = parts and all(isinstance(part, Mapping) and "start" in part for part in parts)
            answers.setdefault(("entities" if spans else "", name), []).append(parts)
    return Annotated(fields, answers, max(map(len, answers.values()), default=0))


# --- Prodigy --------------------------------------------------------------------------------------


def _prodigy(table: RawTable, named: set[str]) -> Reader | None:
    """Rows that their annotator accepted; where each row asks whether one label is right, its
    verdict is the target."""
    names = set(table.names)
    if (
        not names & _HASHES
        or named & {"accept", "options"}
        or not all(as_text(raw.fields.get("answer")) in _VERDICTS for raw in table.rows[:LOOKED_AT])
    ):
        return None
    labels = {as_text(raw.fields.get("label")) for raw in table.rows}
    if "answer" in named or (len(labels) < 2 and not names & {"accept", "spans"}):
        return _verdict
    asked = {json.dumps(raw.fields.get("options"), default=str) for raw in table.rows}
    return partial(_accepted, spans="spans" in names, options=len(asked) > 1)


def _verdict(row: Row) -> Annotated:
    return Annotated(dict(row), {}, int(row.get("answer") != "ignore"))


def _accepted(row: Row, spans: bool, options: bool) -> Annotated:
    """
    Args:
        spans: the rows have spans. options: they differ from row to row.
    """
    gone = {"answer", "accept", *(() if options else ("options",))}
    fields = {name: value for name, value in row.items() if name not in gone}
    if spans:
        fields["spans"] = _list(row.get("spans"))
    taken = row.get("answer") == "accept"
    answers: dict[Key, list[list[Any]]] = {}
    if "accept" in row and taken:
        texts = {
            as_text(one.get("id")): one.get("text")
            for one in _list(row.get("options"))
            if isinstance(one, Mapping) and not options
        }
        chosen = [as_text(one) for one in _list(row["accept"])]
        named = [texts.get(one) or one if one.isdigit() else one for one in chosen]
        answers["label", "accept"] = [named]
    return Annotated(fields, answers, int(taken))


_TOOLS: dict[str, Callable[[RawTable, set[str]], Reader | None]] = {
    "Label Studio": _label_studio,
    "Argilla": _argilla,
    "Prodigy": _prodigy,
}


# --- labels in objects ----------------------------------------------------------------------------


def name_labels(table: RawTable, named: set[str]) -> RawTable:
    """The table with lists of texts where a column has lists of objects that each name a label and
    nothing else: `[{"displayName": "sport"}]`, or `{"choices": ["sport", "music"]}`."""
    for name in table.names:
        first = [raw.fields.get(name) for raw in table.rows[:LOOKED_AT]]
        objects = any(isinstance(value, Mapping | list) for value in first)
        several = (
            len(separators_of(name)) > 1
        )  # named as labels: what else is said of one is let go
        if not objects or any(_labels(value, several) is None for value in first):
            continue
        sets = [_labels(raw.fields.get(name), several) for raw in table.rows]
        uses = [label for one in sets for label in one or []]
        if None in sets or not uses or len(uses) < AGAIN * len(set(uses)):
            continue
        single = all(one and len(one) == 1 for one in sets)
        made = [
            RawRow(raw.source, {**raw.fields, name: one[0] if one and single else one})
            for raw, one in zip(table.rows, sets, strict=True)
        ]
        note = f"{table.place}: '{printable(name)}' has labels in objects; their names were taken"
        table = replace(table, rows=made, notes=[*table.notes, note])
    return table


def _labels(value: Any, several: bool) -> list[str] | None:
    """The labels that a field names; None where it does not.

    Args:
        several: whether the field's name says that it has labels.
    """
    if value is None or isinstance(value, str):
        return [value] if value else []
    if isinstance(value, Mapping):
        chosen = value.get("choices") if len(value) == 1 else None
        plain = isinstance(chosen, list) and all(isinstance(one, str) for one in chosen)
        return chosen if plain else None
    names = [_label(one, several) for one in value] if isinstance(value, list) else [None]
    return [name for name in names if name] if None not in names else None


def _label(one: Any, several: bool) -> str | None:
    loose = several and isinstance(one, Mapping) and len({*_CALLED} & set(one)) == 1
    loose = loose and not _BOUNDS & set(one)
    if loose and isinstance(one.get("name"), str):
        return one["name"]
    named = [one[name] for name in _CALLED if name in one] if isinstance(one, Mapping) else []
    plain = len(named) == 1 and isinstance(named[0], str)
    return named[0] if plain and set(one) <= {*_CALLED, *_SURE} else None
