"""Texts with their pieces marked inside: `<PER>Ann</PER> saw [Oslo](LOC)`, or each word with its
tag, `Ann/B-PER saw/O`.

What it is for   lines and cells of which nothing else is asked
Which texts      of one column, where several types come again, or nearly all words have a tag and
                 one of them means outside
Watch out        a text beside another field that could be a label stays as it is
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import columns_of
from assay.tasks.entities import of_run
from assay.tasks.tag_forms import is_marked, outside_tag, plain_tags

LOOKED_AT = 200  # rows
LEAST = 5  # rows with a mark
OFTEN = 0.1  # share of the rows that have one
AGAIN = 2  # times that a type comes, on average
TAGGED = 0.98  # share of the words that have a tag
_HTML = set(
    "a b i u p br em hr li ol ul td tr th div img pre sub sup span code font h1 h2 h3".split()
)
_HTML |= {"strong", "table", "body", "html", "head", "e1", "e2", "s", "unk"}
_FORMS = (
    re.compile(r"<(?P<kind>[A-Za-z][\w-]*)>(?P<said>[^<>]+)</(?P=kind)>"),
    re.compile(
        r"<(?:ENAMEX|TIMEX|NUMEX|entity|ne)[^<>]*?type=[\"']?(?P<kind>\w+)[\"']?[^<>]*>(?P<said>[^<>]+)</\w+>",
        re.I,
    ),
    re.compile(r"\[(?P<said>[^\[\]]+)\]\((?P<kind>[A-Za-z][\w.-]*)\)"),
    re.compile(r"\[(?P<kind>[A-Z][A-Z_-]+) (?P<said>[^\[\]]+)\]"),
    re.compile(r"\{(?P<said>[^{}|]+)\|(?P<kind>[A-Za-z][\w-]*)\}"),
)
_BETWEEN = "/|\\_:"

Spans = list[dict[str, Any]]
Marked = Callable[[str], tuple[str, Spans]]


def read_inline(table: RawTable, named: set[str]) -> RawTable:
    """The table with the plain text and its `entities`, where it is of this form."""
    first = [raw.fields for raw in table.rows[:LOOKED_AT]]
    if {*table.roles} - {"text"} or len(first) < LEAST:
        return table
    texts = [
        name for name in table.names if all(isinstance(r.get(name), str | None) for r in first)
    ]
    for name in texts:
        values = [row.get(name) or "" for row in first]
        marked = _marked(values) or _tagged(values)
        if marked is not None and _alone(table, name):
            return _read(table, name, marked)
    return table


def _alone(table: RawTable, name: str) -> bool:
    """Is every other field a number of the row, or the same in all?"""
    others = [c for c in columns_of([r.fields for r in table.rows[:LOOKED_AT]]) if c.name != name]
    return all(c.technical or c.distinct < 2 or (c.share == 1 and not c.prose) for c in others)


def _marked(values: Sequence[str]) -> Marked | None:
    for form in _FORMS:
        found = [[*form.finditer(value)] for value in values]
        kinds = Counter(match["kind"] for some in found for match in some)
        marked = sum(map(bool, found))
        if marked < max(LEAST, OFTEN * len(values)) or {k.casefold() for k in kinds} & _HTML:
            continue
        if sum(kinds.values()) >= AGAIN * len(kinds):
            return lambda text, form=form: _cut(text, form)
    return None


def _cut(text: str, form: re.Pattern[str]) -> tuple[str, Spans]:
    plain, spans, last = "", list[dict[str, Any]](), 0
    for match in form.finditer(text):
        plain += text[last : match.start()]
        said = match["said"].strip()
        spans.append({"start": len(plain), "end": len(plain) + len(said), "label": match["kind"]})
        plain += said
        last = match.end()
    return plain + text[last:], spans


def _tagged(values: Sequence[str]) -> Marked | None:
    words = [word for value in values for word in value.split()]
    for mark in _BETWEEN:
        pairs = [pair for word in words if all(pair := word.rpartition(mark)[::2])]
        tags = [tag for _, tag in pairs]
        counts = Counter(tags)
        if (
            len(pairs) < max(TAGGED * len(words), LEAST)
            or (outside_tag(counts) or "") not in counts
        ):
            continue
        if is_marked(tags) or (1 < len(counts) <= len(tags) / 5):
            return lambda text, mark=mark: _untagged(text, mark, plain_tags(tags))
    return None


def _untagged(text: str, mark: str, plain: dict[str, str]) -> tuple[str, Spans]:
    cut = [word.rpartition(mark) for word in text.split()]
    pairs = [(word, tag) if word else (tag, "O") for word, _, tag in cut]
    whole, places = "", []
    for word, _ in pairs:
        whole += " " * bool(whole)
        places.append((len(whole), len(whole) + len(word)))
        whole += word
    runs = of_run([plain.get(tag, tag) for _, tag in pairs])
    return whole, [
        {"start": places[first][0], "end": places[last - 1][1], "label": kind}
        for first, last, kind in runs
    ]


def _read(table: RawTable, name: str, marked: Marked) -> RawTable:
    made = []
    for raw in table.rows:
        text, spans = marked(raw.fields.get(name) or "")
        made.append(RawRow(raw.source, {**raw.fields, name: text, "entities": spans}))
    told = (
        f"{table.place}: '{printable(name)}' has its pieces marked inside; they were read as spans"
    )
    return replace(
        table,
        rows=made,
        names=tuple(dict.fromkeys([*table.names, "entities"])),
        notes=[*table.notes, told],
        roles={"text": name, "entities": "entities"},
    )
