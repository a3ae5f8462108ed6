"""A passage with several blanks, the options of all of them or of each, and a list of what is
right: one row a blank.

What it is for   `[BLANK1]`, `<blank2>`, `(3)`, or blanks that are alike, `____`; one list of
                 options for all blanks, or a list of lists; answers as places, letters or texts
Made             `question` names the blank, `choices` are its options, `answer` says which is
                 right; the passage is the context, and the rows of one stay together. Blanks that
                 are alike are numbered
Source           Xie et al. (2018), CLOTH, aclanthology.org/D18-1257; Cui et al. (2020), CMRC 2019,
                 aclanthology.org/2020.coling-main.589
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.findings import rows as count_rows
from assay.data.reading.lettered_options import is_named_as_it_is
from assay.data.reading.read_file import RawRow, RawTable

LOOKED_AT = 20
MOSTLY = 0.9
_OPTIONS = ("choices", "options", "candidates", "sentences")
_ANSWERS = ("answers", "answer", "labels", "label")
_NUMBERED = re.compile(r"[\[<({]+\s*(?:[A-Za-z]+[ _-]?)?(\d{1,3})\s*[\]>)}]+|_+\(?(\d{1,3})\)?_+")
_ALIKE = re.compile(r"_{2,}|(?<!\S)_(?!\w)|\[(?:BLANK|MASK)\]|<(?:blank|mask)>", re.IGNORECASE)


def unfold_blanks(table: RawTable, named: set[str]) -> RawTable:
    """The table with one row for each blank."""
    by_key = {name.casefold(): name for name in table.names}
    options = next((by_key[key] for key in _OPTIONS if key in by_key), None)
    answers = next((by_key[key] for key in _ANSWERS if key in by_key), None)
    if options is None or answers is None or is_named_as_it_is(table, named):
        return table
    sample = [raw.fields for raw in table.rows[:LOOKED_AT]]
    for text in table.names:
        fits = [bool(_blanks(row, text, options, answers)) for row in sample]
        if sum(fits) < max(1, MOSTLY * len(fits)):
            continue
        each = [_blanks(raw.fields, text, options, answers) for raw in table.rows]
        if sum(map(bool, each)) >= MOSTLY * len(each) and max(map(len, each)) > 1:
            return _unfolded(table, (text, options, answers), each)
    return table


def _blanks(
    row: Mapping[str, Any], text: str, options: str, answers: str
) -> list[tuple[str, str, list[str], Any]]:
    """(passage, mark, options, answer) of each blank of a row; [] where they do not fit."""
    passage, listed, said = row.get(text), row.get(options), row.get(answers)
    if not isinstance(passage, str) or not isinstance(listed, list) or not isinstance(said, list):
        return []
    if not said or any(isinstance(one, list | Mapping) for one in said):
        return []
    marks = [*dict.fromkeys(one[0] for one in _NUMBERED.finditer(passage))]
    if len(marks) != len(said):
        alike = [*_ALIKE.finditer(passage)]
        if len(alike) != len(said):
            return []
        marks = [f"[{number}]" for number in range(1, len(said) + 1)]
        numbers = iter(marks)
        passage = _ALIKE.sub(lambda _: next(numbers), passage)
    own = [isinstance(one, list) for one in listed]
    each = listed if all(own) else [listed] * len(said)
    if any(own) != all(own) or len(each) != len(said):
        return []
    if not all(len(one) > 1 and all(isinstance(text, str) for text in one) for one in each):
        return []
    return [(passage, *rest) for rest in zip(marks, each, said, strict=True)]


def _unfolded(
    table: RawTable, used: tuple[str, str, str], each: Sequence[Sequence[tuple[Any, ...]]]
) -> RawTable:
    text = used[0]
    rows, left = [], 0
    for raw, blanks in zip(table.rows, each, strict=True):
        rest = {name: value for name, value in raw.fields.items() if name not in used[1:]}
        left += not blanks
        for passage, mark, options, answer in blanks:
            made = {"question": mark, "choices": options, "answer": answer}
            rows.append(RawRow(raw.source, {**rest, text: passage, **made}))
    names = dict.fromkeys(name for raw in rows for name in raw.fields)
    told = f"{count_rows(len(table.rows))} hold {len(rows):,} blanks, each a row"
    told += f"; {count_rows(left)} whose answers do not fit were left out" if left else ""
    roles = {"question": "question", "choices": "choices", "answer": "answer", "context": text}
    notes = [*table.notes, f"{table.place}: '{printable(text)}': {told}"]
    return replace(table, rows=rows, names=tuple(names), notes=notes, roles=roles | {"group": text})
