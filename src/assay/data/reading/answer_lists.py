"""Several accepted answers of a question that stand in objects, as a list of texts: the first is
the target.

What it is for   `{"value": "Oslo", "aliases": ["Oslo", "Christiania"]}` and `[{"text": "Oslo"},
                 {"text": "in Oslo"}]`
Watch out        objects with places of characters, or with turns, are none
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable

FIELDS = (
    "answers",
    "answer",
    "references",
    "targets",
    "gold",
    "golds",
    "correct_answers",
    "answer_list",
)
TEXTS = ("text", "value", "answer", "content", "answer_text", "input_text")
ALIASES = ("aliases", "alternatives", "alternates", "synonyms", "answers", "accepted")
MOSTLY = 0.9


def flatten_answers(table: RawTable, named: set[str]) -> RawTable:
    """The file with such answers as lists of texts."""
    for name in table.names:
        if name.casefold() not in FIELDS:
            continue
        values = [_texts(raw.fields.get(name)) for raw in table.rows]
        there = [raw.fields.get(name) not in (None, "", []) for raw in table.rows]
        if not any(there) or sum(one is not None for one in values) < MOSTLY * sum(there):
            continue
        rows = [
            RawRow(raw.source, raw.fields if one is None else {**raw.fields, name: one})
            for raw, one in zip(table.rows, values, strict=True)
        ]
        note = (
            f"{table.place}: '{printable(name)}' has accepted answers as objects; their texts"
            " were taken"
        )
        table = replace(table, rows=rows, notes=[*table.notes, note])
    return table


def _texts(value: Any) -> list[str] | None:
    if isinstance(value, Mapping):
        first = next((value[name] for name in TEXTS if isinstance(value.get(name), str)), None)
        others = next((value[name] for name in ALIASES if isinstance(value.get(name), list)), None)
        if first is None or others is None or not all(isinstance(one, str) for one in others):
            return None
        return list(dict.fromkeys([first, *others]))
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        if any({"role", "from", "speaker", "start", "label", "type"} & set(one) for one in value):
            return None
        texts = [
            next((one[name] for name in TEXTS if isinstance(one.get(name), str)), None)
            for one in value
        ]
        return [text for text in texts if text is not None] if None not in texts else None
    return None
