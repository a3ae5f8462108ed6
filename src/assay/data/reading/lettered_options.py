"""A question that shows its options itself, each with its letter, beside a letter that says which
is right.

What it is for   `Which?\n(A) red\n(B) blue` and `B`: the options become a list, and the question
                 goes without them
Forms            a line each, or one after the other; `(A)`, `A)`, `A.`, `A:`, `[A]`, small letters
                 too; the answer is the letter with any marks, perhaps with the option's text
                 behind it, or that text alone
Watch out        the letters begin with A and leave none out. What stands behind the options, such
                 as `Answer:`, is left out where it is a line or two that asks for the letter
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import as_text, words_of
from assay.tasks.options import LETTERS

LOOKED_AT = 20
MOSTLY = 0.9
_MARKS = (
    re.compile(r"(?m)^[ \t]*[(\[]([A-Ja-j])[)\]][.:]?[ \t]+(?=\S)"),  # (A) ...
    re.compile(r"(?m)^[ \t]*\**([A-Ja-j])\**[).:]\**[ \t]+(?=\S)"),  # A) ...
    re.compile(r"(?<!\S)[(\[]([A-Ja-j])[)\]][.:]?[ \t]+(?=\S)"),  # ... (A) ... (B) ...
    re.compile(r"(?<!\S)([A-J])[).:][ \t]+(?=\S)"),  # ... A) ... B) ...
)
_HEAD = re.compile(
    r"\s*\b(?:the |answer |possible )?(?:choices|options|alternatives|answers)(?: are)?:?\s*\Z",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\W*(?:(?:the )?(?:correct )?answer(?: is)?\W+)?([A-Ja-j])(?:\W*|\W+(\S.*))",
    re.DOTALL | re.IGNORECASE,
)
_BEHIND = re.compile(r"\n[ \t]*\n|\n(?=\W*(?:the )?(?:correct )?answer\b)", re.IGNORECASE)
_NOT = {"not", "wrong", "incorrect", "rejected", "false", "bad", "worst", "other"}


class Shown(NamedTuple):
    """A question, and the options that it showed."""

    question: str
    options: list[str]


def cut_options(table: RawTable, named: set[str]) -> RawTable:
    """The table with the options of its questions as a list."""
    sample = [raw.fields for raw in table.rows[:LOOKED_AT]]
    taken = {"choices", "options"} & {name.casefold() for name in table.names}
    if not sample or taken or is_named_as_it_is(table, named):
        return table
    for name in table.names:
        if sum(shown(row.get(name)) is not None for row in sample) < MOSTLY * len(sample):
            continue
        read = [shown(raw.fields.get(name)) for raw in table.rows]
        if sum(one is not None for one in read) < MOSTLY * len(read):
            continue
        goals = [one for one in table.names if one != name]
        for goal in sorted(goals, key=lambda one: bool(_NOT & set(words_of(one)))):
            values = [raw.fields.get(goal) for raw in table.rows]
            letters = [
                letter(value, one.options) if one else ""
                for value, one in zip(values, read, strict=True)
            ]
            if sum(map(bool, letters)) >= MOSTLY * len(letters) and len({*letters} - {""}) > 1:
                return _cut(table, name, goal, read, letters)
    return table


def is_named_as_it_is(table: RawTable, named: set[str]) -> bool:
    """Does the project name fields, and only ones that the file itself has? Then it was not begun
    from what a form makes of the file."""
    return bool(named) and named <= {*table.names}


def shown(text: object) -> Shown | None:
    """A text without the lettered options at its end, and these; None where it has none."""
    if not isinstance(text, str):
        return None
    for mark in _MARKS:
        marks = [*mark.finditer(text)]
        starts = [at for at, one in enumerate(marks) if one[1] in "Aa"]
        for at in reversed(starts):
            run = marks[at:]
            case = LETTERS if run[0][1] == "A" else "".join(LETTERS).lower()
            if len(run) < 2 or [one[1] for one in run] != [*case[: len(run)]]:
                continue
            ends = [one.start() for one in run[1:]] + [len(text)]
            options = [text[one.end() : end].strip() for one, end in zip(run, ends, strict=True)]
            options[-1] = _BEHIND.split(options[-1], maxsplit=1)[0]
            between = " \t\n,;" if mark in _MARKS[2:] else None
            options = [one.strip(between) for one in options]
            question = _HEAD.sub("", text[: run[0].start()]).strip()
            if question and all(options) and len(set(options)) == len(options):
                return Shown(question, options)
    return None


def letter(value: object, options: Sequence[str]) -> str:
    """The letter that an answer names; "" where it names none of the options."""
    text = as_text(value).strip()
    folded = [" ".join(one.split()).casefold() for one in options]
    same = " ".join(text.split()).casefold()
    if folded.count(same) == 1:
        return LETTERS[folded.index(same)]
    said = _SAID.fullmatch(text)
    at = LETTERS.index(said[1].upper()) if said else len(options)
    if said is None or at >= len(options):
        return ""
    more = " ".join((said[2] or "").split()).casefold()
    return LETTERS[at] if not more or more == folded[at] else ""


def _cut(
    table: RawTable, name: str, goal: str, read: Sequence[Shown | None], letters: Sequence[str]
) -> RawTable:
    rows = []
    for raw, one, right in zip(table.rows, read, letters, strict=True):
        fields = {**raw.fields, "choices": one and one.options, goal: right or None}
        rows.append(RawRow(raw.source, fields | ({name: one.question} if one else {})))
    by_key = {one.casefold(): one for one in table.names}
    told = by_key.get("instruction") if name.casefold() == "input" else None
    roles = {"question": told or name, **({"input": name} if told else {})}
    roles |= {"choices": "choices", "answer": goal}
    note = (
        f"{table.place}: the options that '{printable(name)}' shows were cut out of it as"
        f" 'choices'; '{printable(goal)}' names one by its letter"
    )
    names = (*table.names, "choices")
    return replace(table, rows=rows, names=names, notes=[*table.notes, note], roles=roles)
