"""The options of a question, in the forms that data sets have them, as one list of texts and a
letter.

What it is for   lists of `{label, text}`, objects `{"A": ..., "B": ...}`, options that say of
                 themselves that they are right, and a right answer beside wrong ones
Order            a right answer beside wrong ones stands among them at a place drawn from a hash of
                 the texts: were it always first, position would give it away
Watch out        an answer that names an option by its own label becomes that option's letter
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.core.sampling import hash_rank
from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import as_text
from assay.tasks.options import LETTERS

OPTIONS = (
    "choices",
    "options",
    "candidates",
    "alternatives",
    "answer_options",
    "answer_choices",
    "endings",
    "answers",
)
READ = ("choices", "options", "candidates")  # names by which options are known
ANSWERS = (
    "answer",
    "answerkey",
    "answer_key",
    "label",
    "correct",
    "correct_answer",
    "correct_option",
    "correct_choice",
)
ANSWERS += (
    "answer_idx",
    "answer_index",
    "answer_id",
    "correct_index",
    "gold",
    "target",
    "key",
    "solution",
)
_TEXT = (
    "text",
    "option",
    "content",
    "value",
    "answer",
    "choice",
    "body",
    "option_text",
    "answer_text",
)
_LABEL = ("label", "letter", "key", "id", "marker", "name", "option_id", "index")
_RIGHT = (
    "is_correct",
    "correct",
    "iscorrect",
    "is_answer",
    "right",
    "is_right",
    "is_true",
    "truth",
)
_CORRECT = ("correct_answer", "right_answer", "best_answer", "correct", "answer", "correct_option")
_WRONG = re.compile(
    r"(distractors?|(incorrect|wrong|false)[ _-]?(answers?|options?|choices?)?)[ _-]?\d*",
    re.IGNORECASE,
)
MOSTLY = 0.9  # share of the rows that have to be of a form

Option = tuple[str, str, bool | None]  # label, text, whether it is right


def list_options(table: RawTable, named: set[str]) -> RawTable:
    """The file with its options as lists of texts."""
    by_key = {name.casefold(): name for name in table.names}
    for key in OPTIONS:
        field = by_key.get(key)
        if field is None:
            continue
        options = [_options(raw.fields.get(field)) for raw in table.rows]
        if options and sum(one is not None for one in options) >= MOSTLY * len(options):
            to = field if key in READ or field in named else "choices"
            return _with_options(table, field, to, options, by_key)
    return _beside_wrong(_resolve_field_names(table, by_key), by_key, named)


def _resolve_field_names(table: RawTable, by_key: Mapping[str, str]) -> RawTable:
    """The text of an option in place of the name of its field: `option_b`."""
    goal = next((by_key[key] for key in ANSWERS if key in by_key), None)
    values = [as_text(raw.fields.get(goal or "")).strip().casefold() for raw in table.rows]
    if (
        goal is None
        or len(set(values)) < 2
        or not all(value in by_key and by_key[value] != goal for value in values)
    ):
        return table
    rows = [
        RawRow(raw.source, {**raw.fields, goal: raw.fields.get(by_key[value])})
        for raw, value in zip(table.rows, values, strict=True)
    ]
    note = f"{table.place}: '{printable(goal)}' names fields; what they say was taken"
    return replace(table, rows=rows, notes=[*table.notes, note])


def _options(value: Any) -> list[Option] | None:
    """The options of one row, or None where they have no form that is turned."""
    if (
        isinstance(value, Mapping)
        and len(value) > 1
        and all(isinstance(one, str) for one in value.values())
    ):
        marks = [str(key).strip().upper() for key in value]
        run = all(len(mark) <= 2 for mark in marks)
        return (
            [(key, one, None) for key, one in zip(marks, value.values(), strict=True)]
            if run
            else None
        )
    if (
        not isinstance(value, list)
        or len(value) < 2
        or not all(isinstance(one, Mapping) for one in value)
    ):
        return None
    made: list[Option] = []
    for one in value:
        folded = {str(key).casefold(): inner for key, inner in one.items()}
        text = next(
            (folded[key] for key in _TEXT if isinstance(folded.get(key), str | int | float)), None
        )
        if text is None or "start" in folded or "role" in folded:
            return None
        label = next(
            (as_text(folded[key]) for key in _LABEL if isinstance(folded.get(key), str | int)), ""
        )
        right = next((_truth(folded[key]) for key in _RIGHT if key in folded), None)
        made.append((label.strip().upper(), as_text(text), right))
    return made if all(one[0] for one in made) or all(one[2] is not None for one in made) else None


def _truth(value: Any) -> bool:
    return as_text(value).strip().casefold() in ("true", "1", "1.0", "yes")


def _with_options(
    table: RawTable,
    field: str,
    to: str,
    options: Sequence[list[Option] | None],
    by_key: Mapping[str, str],
) -> RawTable:
    goal = next((by_key[key] for key in ANSWERS if key in by_key and by_key[key] != field), None)
    flagged = all(one is None or sum(bool(right) for _, _, right in one) == 1 for one in options)
    made_goal = "answer" if flagged and goal is None else None
    rows = []
    for raw, one in zip(table.rows, options, strict=True):
        fields = {(to if name == field else name): value for name, value in raw.fields.items()}
        if one is not None:
            fields[to] = [text for _, text, _ in one]
            if made_goal:
                fields[made_goal] = LETTERS[
                    next(at for at, (_, _, right) in enumerate(one) if right) % len(LETTERS)
                ]
            elif goal is not None:
                fields[goal] = _letter(fields.get(goal), one)
        rows.append(RawRow(raw.source, fields))
    names = [
        *(to if name == field else name for name in table.names),
        *([made_goal] if made_goal else []),
    ]
    note = f"{table.place}: '{printable(field)}' has options as objects; their texts were taken"
    return replace(table, rows=rows, names=tuple(dict.fromkeys(names)), notes=[*table.notes, note])


def _letter(value: Any, options: Sequence[Option]) -> Any:
    """The letter of the option whose label a value is; else the value."""
    labels = [label for label, _, _ in options]
    text = as_text(value).strip().upper()
    return LETTERS[labels.index(text)] if text in labels and len(labels) <= len(LETTERS) else value


def _beside_wrong(table: RawTable, by_key: Mapping[str, str], named: set[str]) -> RawTable:
    """A right answer in one field and wrong ones in others, or in a list."""
    wrong = [name for name in table.names if _WRONG.fullmatch(name) and name not in named]
    right = next(
        (by_key[key] for key in _CORRECT if key in by_key and by_key[key] not in wrong), None
    )
    if not wrong or right is None or "choices" in by_key or not table.rows:
        return table
    rows, turned = [], 0
    for raw in table.rows:
        values = [raw.fields.get(name) for name in wrong]
        texts = [
            as_text(one).strip()
            for value in values
            for one in (value if isinstance(value, list) else [value])
        ]
        texts = [text for text in dict.fromkeys(texts) if text]
        answer = as_text(raw.fields.get(right)).strip()
        turned += bool(texts and answer and answer not in texts)
        # Sorted by their hashes, the right one stands at any place alike.
        order = sorted([*texts, answer], key=lambda text: hash_rank(answer, text))
        rest = {name: value for name, value in raw.fields.items() if name not in wrong}
        rows.append(RawRow(raw.source, {**rest, "choices": order}))
    if turned < MOSTLY * len(rows):
        return table
    names = (*(name for name in table.names if name not in wrong), "choices")
    shown = ", ".join(map(printable, wrong[:4]))
    note = (
        f"{table.place}: '{printable(right)}' and the wrong answers ({shown}) were put together"
        " as 'choices'"
    )
    return replace(table, rows=rows, names=names, notes=[*table.notes, note])
