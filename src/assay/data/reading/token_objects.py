"""Texts whose words are objects, each with its tag: `{"orth": "Oslo", "ner": "U-LOC"}`, as spaCy 2
and CoreNLP write them.

What it is for   one row a text, with `text` and `entities`; where the words do not stand in the
                 text, or there is none, `tokens` and `ner_tags`
Which texts      what has `raw` or `text` around its sentences, else each list of tokens
Source           spacy.io/api/data-formats#json-input; the JSON of stanfordnlp.github.io/CoreNLP
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from assay.data.reading.findings import rows
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.entities import of_run
from assay.tasks.tag_forms import plain_tags

LOOKED_AT = 20  # rows
_AROUND = ("paragraphs", "sentences", "sents")
_LISTS = (*_AROUND, "tokens")
_WORD = ("orth", "originalText", "word", "form", "text", "token")
_TAG = ("ner", "ner_tag", "ne", "iob", "bio", "entity")


class _Text(NamedTuple):
    raw: str  # "" where only its words are known
    words: list[str]
    tags: list[str]


def join_tokens(table: RawTable, named: set[str]) -> RawTable:
    """The table with a row for each such text, where it is of this form."""
    first = [raw.fields for raw in table.rows[:LOOKED_AT]]
    lists = all(isinstance(row.get(n), list) for row in first for n in _LISTS if n in row)
    if not lists or not any(map(_texts, first)):
        return table
    read = [(raw, text) for raw in table.rows for text in _texts(raw.fields)]
    held = sum(any(name in raw.fields for name in _LISTS) for raw in table.rows)
    plain = plain_tags(tag for _, text in read for tag in text.tags)
    if held < len(table.rows) or set(plain.values()) <= {"O"}:
        return table
    read = [(raw, one._replace(tags=[plain[tag] for tag in one.tags])) for raw, one in read]
    spans = [_spans(text) for _, text in read]
    whole = None not in spans
    made = []
    for (raw, text), found in zip(read, spans, strict=True):
        plain = {name: one for name, one in raw.fields.items() if isinstance(one, str | int)}
        told: dict[str, Any] = {"tokens": text.words, "ner_tags": text.tags}
        if whole:
            told = {"text": text.raw, "entities": found}
        made.append(RawRow(raw.source, plain | told))
    names = ("text", "entities") if whole else ("tokens", "ner_tags")
    others = [name for name in made[0].fields if name not in names]
    note = f"{table.place}: {rows(len(table.rows))} hold the tagged words of {len(made):,} texts"
    return replace(
        table,
        rows=made,
        names=(*names, *others),
        notes=[*table.notes, note],
        roles={"text": names[0], "entities": names[1]},
    )


def _texts(row: Mapping[str, Any]) -> list[_Text]:
    """The texts of a row, or of what is in it; [] where words have no tags."""
    if tokens := _objects(row.get("tokens")):
        words, tags = ([_value(one, names) for one in tokens] for names in (_WORD, _TAG))
        tagged = all(words) and any(tag is not None for tag in tags)
        plain = ["O" if tag in (None, "", "-") else str(tag) for tag in tags]
        return [_Text(_raw(row), [str(word) for word in words], plain)] if tagged else []
    inside = [text for name in _AROUND for one in _objects(row.get(name)) for text in _texts(one)]
    if not inside or not _raw(row):
        return inside
    words = [word for text in inside for word in text.words]
    return [_Text(_raw(row), words, [tag for text in inside for tag in text.tags])]


def _objects(value: Any) -> Sequence[Mapping[str, Any]]:
    objects = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    return objects if isinstance(value, list) and len(objects) == len(value) else []


def _value(token: Mapping[str, Any], names: Sequence[str]) -> str | None:
    plain = {name.casefold(): value for name, value in token.items() if isinstance(value, str)}
    return next((plain[key] for name in names if (key := name.casefold()) in plain), None)


def _raw(row: Mapping[str, Any]) -> str:
    return _value(row, ("raw", "text")) or ""


def _spans(text: _Text) -> list[dict[str, Any]] | None:
    """The named pieces by their places; None where a word does not stand in the text."""
    places, at = [], 0
    for word in text.words:
        start = text.raw.find(word, at)
        if start < 0:
            return None
        at = start + len(word)
        places.append((start, at))
    return [
        {"start": places[first][0], "end": places[last - 1][1], "label": kind}
        for first, last, kind in of_run(text.tags)
    ]
