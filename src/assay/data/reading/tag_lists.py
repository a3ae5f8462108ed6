"""Lists of words beside lists of as many tags, under any names and with tags of any form.

What it is for   `words` and `labels`, `sentence` and `ner`; tags such as `0`, `B_PER` and `PER-B`
                 become `O` and `B-PER`
Which columns    the tags begin pieces (B-, S-), or the most frequent of them means outside
Watch out        tags that are numbers are codes: `value_names` has their names
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.measured_spans import TARGETS
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.tag_forms import is_marked, outside_tag, plain_tags

LOOKED_AT = 20  # rows
_MANY = 2  # of a row, on average: of one tag each, they may be codes of things
MOSTLY = 0.9  # share of the rows whose words and tags are as many
FEW = 0.2  # share of different tags
SHAPED = ("ner_tags", "tags", "labels")  # beside `tokens`: see `shapes.tokens_tags`


def plain_lists(table: RawTable, named: set[str]) -> RawTable:
    """The table with tags in the usual form, where it has such lists."""
    first = [raw.fields for raw in table.rows[:LOOKED_AT]]
    if TARGETS & set(table.roles) or not first:
        return table
    for name in reversed(table.names):
        marks = [_tags(row.get(name)) for row in first]
        tags = [tag for some in marks for tag in some]
        if not all(marks) or len(tags) < _MANY * len(first):
            continue
        listed = [one for one in table.names if one != name and _even(first, one, name)]
        if is_marked(tags) or (listed and _has_outside(tags)):
            return _written(table, max(listed, key=_variety(first), default=""), name)
    return table


def _variety(rows: Sequence[Mapping[str, Any]]) -> Callable[[str], int]:
    return lambda name: len({word for row in rows for word in row[name]})


def _written(table: RawTable, text: str, name: str) -> RawTable:
    """The tags of `name` in the usual form, and where `text` has their words, the roles."""
    plain = plain_tags(tag for raw in table.rows for tag in _tags(raw.fields.get(name)))
    changed = {tag: to for tag, to in plain.items() if tag != to}
    known = not text or (text == "tokens" and name in SHAPED)
    if known and not changed:
        return table
    made = [
        RawRow(raw.source, {**raw.fields, name: [plain[t] for t in _tags(raw.fields.get(name))]})
        if changed
        else raw
        for raw in table.rows
    ]
    notes = [*table.notes]
    if changed:
        tag, to = next(iter(changed.items()))
        told = f"tags of '{printable(name)}' such as '{printable(tag)}' were read as '{to}'"
        notes.append(f"{table.place}: {told}")
    roles = {"text": text, "entities": name} if text else {}
    return replace(table, rows=made, notes=notes, roles={**table.roles, **roles})


def _tags(value: Any) -> list[str]:
    """The tags, or words, of a cell: a list of texts, or one text with blanks between them."""
    some = value.split() if isinstance(value, str) else value
    return some if isinstance(some, list) and all(isinstance(one, str) for one in some) else []


def _even(rows: Sequence[Mapping[str, Any]], words: str, tags: str) -> bool:
    """Is the first a list of words, as many as there are tags in nearly all rows?"""
    if not all(isinstance(row.get(words), list) and _tags(row[words]) for row in rows):
        return False
    even = sum(len(row[words]) == len(_tags(row[tags])) for row in rows)
    return even >= MOSTLY * len(rows)


def _has_outside(tags: Sequence[str]) -> bool:
    counts = Counter(tags)
    few = 1 < len(counts) <= max(3, FEW * len(tags))
    return few and bool(outside := outside_tag(counts)) and outside in counts
