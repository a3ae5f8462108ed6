"""A column for each label that says whether the text has it: toxic, obscene, insult, ... beside a
comment.

How         at least three columns hold yes and no alone (1 and 0, true and false, x and nothing),
            or one column holds such objects. Their names become the list `labels`; where every row
            has exactly one, the text `label`
Unknown     -1 in all of them, as test files of contests have it: the row has no labels
Watch out   beside a column that is named like a target, or without a column of texts, they stay
            what they are: they say something of the row. So do fewer than six, or any `is_reply`,
            beside a column of a few texts, which may be the target. What the project names stays,
            too
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.ranked_answers import compares
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks import column_names
from assay.tasks.columns import as_text, words_of

LEAST = 3  # columns: one or two are properties
_MANY = 6  # of which nobody has as many properties
_YES, _NO = {"1", "1.0", "true", "yes", "y", "x"}, {"0", "0.0", "false", "no", "n", ""}
_UNKNOWN = {"-1", "-1.0"}
_KNOWN = _YES | _NO | _UNKNOWN
_PROSE = 3  # words of a text, on average
_BEFORE = re.compile(r"[ _.:/-][^ _.:/-]*\Z")  # behind what several names begin with


def gather_flags(table: RawTable, named: set[str]) -> RawTable:
    """The file with the names of its flags in place of the flags."""
    if len(table.rows) < 2 or {"labels", "label"} & set(table.names) or compares(table):
        return table
    objects = [name for name in table.names if name not in named and _is_object(table, name)]
    fields = [name for name in table.names if _says(table, [name])]
    if len(objects) == 1:
        flags = [(objects[0], str(key)) for key in table.rows[0].fields[objects[0]]]
    elif len(fields) >= LEAST and not named & set(fields):
        flags = [(name, "") for name in fields]
    else:
        return table
    gone = {name for name, _ in flags}
    rest = [name for name in table.names if name not in gone]
    targets = {*column_names.LABEL, *column_names.ANSWER, "choices", "options", "candidates"}
    if any(set(words_of(name)[-1:]) & targets for name in rest) or not any(
        _is_prose(table, name) for name in rest
    ):
        return table
    properties = any(words_of(key or name)[:1] in (["is"], ["has"]) for name, key in flags)
    if (properties or len(flags) < _MANY) and any(_is_few(table, name) for name in rest):
        return table
    called = _short([key or name for name, key in flags])
    sets = [_labels(raw.fields, flags, called) for raw in table.rows]
    single = "labels" not in named and all(one is None or len(one) == 1 for one in sets)
    goal = "label" if single else "labels"
    rows = []
    for raw, labels in zip(table.rows, sets, strict=True):
        fields_left = {name: value for name, value in raw.fields.items() if name not in gone}
        value = {} if labels is None else {goal: labels[0] if single else labels}
        rows.append(RawRow(raw.source, fields_left | value))
    shown = ", ".join(map(printable, called[:4])) + (", …" if len(called) > 4 else "")
    what = "the one that is yes in each row" if single else "those that are yes in a row"
    note = (
        f"{table.place}: of the {len(called)} columns of yes and no ({shown}) {what} became"
        f" '{goal}'"
    )
    return replace(table, rows=rows, names=(*rest, goal), notes=[*table.notes, note])


def _says(table: RawTable, path: Sequence[str]) -> bool:
    """Is it yes, no or unknown in every row, and yes or no in some?"""
    told = set()
    for raw in table.rows:
        word = _word(_at(raw.fields, path))
        if word not in _KNOWN:  # mostly in the first row
            return False
        told.add(word)
    return bool(told & (_YES | _NO) - {""})


def _is_object(table: RawTable, name: str) -> bool:
    """Does every row have an object of the same flags there?"""
    first = table.rows[0].fields.get(name)
    if not isinstance(first, Mapping) or len(first) < LEAST:
        return False
    same = all(
        isinstance(one := raw.fields.get(name), Mapping) and one.keys() == first.keys()
        for raw in table.rows
    )
    return same and all(_says(table, [name, key]) for key in first)


def _at(row: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = row
    for part in path:
        value = value.get(part)
    return value


def _word(value: Any) -> str:
    return "?" if isinstance(value, list | Mapping) else as_text(value).strip().casefold()


def _labels(
    row: Mapping[str, Any], flags: Sequence[tuple[str, str]], called: Sequence[str]
) -> list[str] | None:
    """The names of the flags that are set in a row; None where none of them is known."""
    said = [_word(_at(row, (name, key) if key else (name,))) for name, key in flags]
    if all(word in _UNKNOWN for word in said):
        return None
    return [name for name, word in zip(called, said, strict=True) if word in _YES]


def _short(called: list[str]) -> list[str]:
    """The names without what all begin with: `topic_` of `topic_sport`, `topic_music`."""
    first, last = min(called), max(called)  # what these two begin with, all do
    same = next(
        (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other),
        len(first),
    )
    before = _BEFORE.search(first[:same])
    cut = before.start() + 1 if before else 0
    return [name[cut:] for name in called]


def _is_few(table: RawTable, name: str) -> bool:
    """Does the column have a few short texts that come again and again, as labels do?"""
    texts = [
        value.strip() for raw in table.rows[:1000] if isinstance(value := raw.fields.get(name), str)
    ]
    few = {text for text in texts if text}
    plain = any(
        not text.replace(".", "").isdigit() and text.casefold() not in _KNOWN for text in few
    )
    return 2 <= len(few) <= len(texts) // 3 and max(map(len, few)) <= 60 and plain


def _is_prose(table: RawTable, name: str) -> bool:
    texts = [value for raw in table.rows[:1000] if isinstance(value := raw.fields.get(name), str)]
    return bool(texts) and sum(len(text.split()) for text in texts) >= _PROSE * len(texts)
