"""Columns that are named alike but for a number and for being right or wrong: the options of a
question.

What it is for   `correct1`, `correct2`, `incorrect1`; `right_answer`, `wrong_answer_1`;
                 `TrueReply`, `FalseReply2`
Order            by a hash of the texts, so that the right ones stand at any place alike
Watch out        of several right ones each is accepted. Numbers and flags that are called so are
                 counts or verdicts, and no options; a right text beside one wrong one without a
                 word for an answer may be a correction
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assay.core.sampling import hash_rank
from assay.data.reading.findings import printable
from assay.data.reading.option_forms import MOSTLY, flag_of
from assay.data.reading.option_rows import ANSWERS
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import as_text, words_of

LOOKED_AT = 20
_RIGHT, _WRONG = {"correct", "right", "true"}, {"incorrect", "wrong", "false"}
_SAID = {"answer", "option", "choice", "response", "reply", "ending", "completion", "solution"}


def gather_sides(table: RawTable, named: set[str]) -> RawTable:
    """The table with such columns as a list of options, and which of them are right."""
    for stem, (right, wrong) in _stems(table.names).items():
        used = [*right, *wrong]
        rows = [raw.fields for raw in table.rows]
        numbered = len(used) > 2 or any(name[-1:].isdigit() for name in used)
        told = bool(_SAID & set(stem)) or _are_texts(rows[:LOOKED_AT], used)
        if not right or not wrong or set(used) & named or not numbered or not told:
            continue
        sides = [(_texts(row, right), _texts(row, wrong)) for row in rows]
        good = sum(bool(a and b) and not {*a} & {*b} for a, b in sides)
        if "choices" not in table.names and good >= max(1, MOSTLY * len(rows)):
            return _gathered(table, right, wrong, sides)
    return table


def _stems(names: Sequence[str]) -> dict[tuple[str, ...], tuple[list[str], list[str]]]:
    """The words that such names share -> those of the right and those of the wrong ones."""
    stems: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}
    for name in names:
        words = [word for word in words_of(name) if not word.isdigit()]
        sides = [side for side in (_RIGHT, _WRONG) if side & set(words)]
        if len(sides) == 1 and "." not in name:
            stem = tuple(word for word in words if word not in sides[0])
            stems.setdefault(stem, ([], []))[sides[0] is _WRONG].append(name)
    return stems


def _are_texts(rows: Sequence[Mapping[str, object]], names: Sequence[str]) -> bool:
    values = [as_text(row.get(name)).strip() for row in rows for name in names]
    free = [one for one in values if one and flag_of(one) is None]
    return len(set(free)) > len(free) / 3 and not all(
        one.replace(".", "").isdigit() for one in free
    )


def _texts(row: Mapping[str, object], names: Sequence[str]) -> list[str]:
    values = [row.get(name) for name in names]
    if any(isinstance(one, list | Mapping) for one in values):
        return []
    return [*dict.fromkeys(text for one in values if (text := as_text(one).strip()))]


def _gathered(
    table: RawTable,
    right: Sequence[str],
    wrong: Sequence[str],
    sides: Sequence[tuple[list[str], list[str]]],
) -> RawTable:
    goal = right[0] if len(right) == 1 and right[0].casefold() in ANSWERS else "answer"
    used = {*wrong, *right} - {goal}
    rows = []
    for raw, (true, false) in zip(table.rows, sides, strict=True):
        order = sorted([*true, *false], key=lambda text: hash_rank("\0".join(true), text))
        rest = {name: value for name, value in raw.fields.items() if name not in used}
        answer = true[0] if len(true) == 1 else true
        rows.append(RawRow(raw.source, {**rest, "choices": order, goal: answer}))
    names = [name for name in table.names if name not in {*used, goal}]
    shown = ", ".join(map(printable, [*right[:4], *wrong[:4]]))
    note = f"{table.place}: {shown} were put together as 'choices', of which '{goal}' is right"
    return replace(table, rows=rows, names=(*names, "choices", goal), notes=[*table.notes, note])
