"""The options of a question, in the forms that data sets have them, as one list of texts and a
letter.

What it is for   lists of `{label, text}`, objects `{"A": ..., "B": ...}`, options that say of
                 themselves that they are right (`option_forms`), and a right answer beside wrong
                 ones
Order            a right answer beside wrong ones stands among them at a place drawn from a hash of
                 the texts: were it always first, position would give it away
Watch out        an answer that names an option by its own label becomes that option's letter; of
                 several right options each is accepted
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.core.sampling import hash_rank
from assay.data.reading.findings import printable
from assay.data.reading.option_forms import (
    MOSTLY,
    Option,
    flag_of,
    read_options,
    read_scores,
    scored,
)
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import as_text, words_of
from assay.tasks.options import LETTERS, meaning, right

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
    "correct_answers",
    "correct_options",
    "answer_idx",
    "answer_index",
    "answer_id",
    "correct_index",
    "gold",
    "target",
    "key",
    "solution",
)
_CORRECT = ("correct_answer", "right_answer", "best_answer", "correct", "answer", "correct_option")
_WRONG = re.compile(
    r"(distractors?|(incorrect|wrong|false)[ _-]?(answers?|options?|choices?)?)[ _-]?\d*",
    re.IGNORECASE,
)
_SEVERAL = ("correct_answers", "correct_options")
_CHOICE = {"choice", "choices", "option", "options"}
_NAMED = ("label", "letter", "key", "id", "index")  # in an object that names the right option
LOOKED_AT = 20


def list_options(table: RawTable, named: set[str]) -> RawTable:
    """The file with its options as lists of texts."""
    by_key = {re.sub(r"[ -]", "_", name.casefold()): name for name in table.names}
    by_key |= {name.casefold(): name for name in table.names}
    for key in OPTIONS:
        field = by_key.get(key)
        if field is None:
            continue
        options = _flagged([read_options(raw.fields.get(field)) for raw in table.rows])
        if options and sum(one is not None for one in options) >= MOSTLY * len(options):
            to = field if key in READ or field in named else "choices"
            return _with_options(table, field, to, options, by_key)
    for field in table.names:
        if field not in named and (options := _self_told(table, field)):
            return _with_options(table, field, "choices", options, by_key)
    for field, options in _in_two_columns(table, named):
        return _with_options(table, field, "choices", options, by_key)
    if _are_plain_options(table, by_key, named):
        return _renamed(table, by_key["answers"], "choices")
    return _beside_wrong(_resolve_field_names(table, by_key), by_key, named)


def _self_told(table: RawTable, field: str) -> list[list[Option] | None]:
    """The options of a field of any name that all say whether they are right, in each row at least
    one of either."""
    values = [raw.fields.get(field) for raw in table.rows]
    if not all(isinstance(one, Mapping | list) for one in values[:LOOKED_AT]):
        return []
    read = read_scores if scored(field, values) else read_options
    if not any(read(one) for one in values[:LOOKED_AT]):
        return []
    options = [read(one) for one in values]
    told = [one is not None and {True, False} == {ok for *_, ok in one} for one in options]
    return options if sum(told) >= MOSTLY * len(told) else []


def _in_two_columns(
    table: RawTable, named: set[str]
) -> Iterator[tuple[str, list[list[Option] | None]]]:
    """A list of options, and beside it one that says for each whether it is right:
    `multiple_choice_targets`, `multiple_choice_scores`."""
    lists = [name for name in table.names if _CHOICE & set(words_of(name)) and name not in named]
    for texts in lists:
        for said in lists:
            values = [
                {"text": raw.fields.get(texts), "label": raw.fields.get(said)} for raw in table.rows
            ]
            options = [read_options(one) for one in values]
            told = [one is not None and one[0][2] is not None for one in options]
            if sum(told) >= max(1, MOSTLY * len(told)):
                yield texts, options


def _are_plain_options(table: RawTable, by_key: Mapping[str, str], named: set[str]) -> bool:
    """Are `answers` the options of a question, of which another field names one by its place or
    letter?"""
    field, goal = by_key.get("answers"), next((by_key[k] for k in ANSWERS if k in by_key), None)
    if not field or not goal or field in named or not {"question", "query"} & set(by_key):
        return False
    pairs: list[tuple[Any, list[Any]]] = []
    for raw in table.rows:
        value, texts = raw.fields.get(goal), raw.fields.get(field)
        if not isinstance(value, int | str) or not isinstance(texts, list) or len(texts) < 2:
            return False
        if not all(isinstance(text, str) for text in texts):
            return False
        pairs.append((value, texts))
    how = meaning(pairs)
    told = sum(right(value, texts, how) is not None for value, texts in pairs)
    return how != "text" and told >= MOSTLY * len(pairs) and len({value for value, _ in pairs}) > 1


def _renamed(table: RawTable, old: str, new: str) -> RawTable:
    rows = [
        RawRow(raw.source, {new if name == old else name: v for name, v in raw.fields.items()})
        for raw in table.rows
    ]
    names = tuple(new if name == old else name for name in table.names)
    note = f"{table.place}: '{printable(old)}' are options, of which another field names one"
    return replace(table, rows=rows, names=names, notes=[*table.notes, note])


def _flagged(options: list[list[Option] | None]) -> list[list[Option] | None]:
    """The options, where labels of 0 and 1 are no places: they say which is right. Where all are
    right, they are accepted answers and no options."""
    every = [option for one in options for option in one or []]
    if all(ok for *_, ok in every):
        return []
    if any(flag_of(label) is None or ok is not None for label, _, ok in every):
        return options
    if all([label for label, *_ in one] == ["0", "1"] for one in options if one):
        return options
    return [one and [("", text, flag_of(label)) for label, text, _ in one] for one in options]


def _resolve_field_names(table: RawTable, by_key: Mapping[str, str]) -> RawTable:
    """The text of an option in place of the name of its field: `option_b`."""
    goal = next((by_key[key] for key in ANSWERS if key in by_key), None)
    values = [as_text(raw.fields.get(goal or "")).strip().casefold() for raw in table.rows]
    if (
        goal is None
        or len(set(values)) < 2
        or max(map(len, values)) == 1  # a letter says it as well, where two options are the same
        or not all(value in by_key and by_key[value] != goal for value in values)
    ):
        return table
    rows = [
        RawRow(raw.source, {**raw.fields, goal: raw.fields.get(by_key[value])})
        for raw, value in zip(table.rows, values, strict=True)
    ]
    note = f"{table.place}: '{printable(goal)}' names fields; what they say was taken"
    return replace(table, rows=rows, notes=[*table.notes, note])


def _with_options(
    table: RawTable,
    field: str,
    to: str,
    options: Sequence[list[Option] | None],
    by_key: Mapping[str, str],
) -> RawTable:
    goal = next((by_key[key] for key in ANSWERS if key in by_key and by_key[key] != field), None)
    rated = [any(right for _, _, right in one) for one in options if one is not None]
    flagged = sum(rated) >= MOSTLY * len(rated)
    made_goal = "answer" if flagged and goal is None else None
    rows = []
    for raw, one in zip(table.rows, options, strict=True):
        fields = {(to if name == field else name): value for name, value in raw.fields.items()}
        if one is not None:
            fields[to] = [text for _, text, _ in one]
            if made_goal:
                letters = [LETTERS[at % len(LETTERS)] for at, (*_, ok) in enumerate(one) if ok]
                fields[made_goal] = letters[0] if len(letters) == 1 else letters
            elif goal is not None:
                letter = _letter(fields.pop(goal, None), one)
                fields["answer" if goal.casefold() in _SEVERAL else goal] = letter
        rows.append(RawRow(raw.source, fields))
    names = [
        *(to if name == field else name for name in table.names),
        *([made_goal] if made_goal else []),
        *(["answer"] if goal and goal.casefold() in _SEVERAL else []),
    ]
    names = [name for name in names if name != goal or name.casefold() not in _SEVERAL]
    note = f"{table.place}: '{printable(field)}' has options as objects; their texts were taken"
    return replace(table, rows=rows, names=tuple(dict.fromkeys(names)), notes=[*table.notes, note])


def _letter(value: Any, options: Sequence[Option]) -> Any:
    """The letter of the option whose label a value is; else the value."""
    if isinstance(value, list) and value and not any(isinstance(e, list | Mapping) for e in value):
        letters = [_letter(one, options) for one in value]
        return letters[0] if len(letters) == 1 else letters
    labels = [label for label, _, _ in options]
    if isinstance(value, Mapping):  # {"label": "B"}
        value = next((value[key] for key in _NAMED if key in value), value)
    text = as_text(value).strip().upper()
    return LETTERS[labels.index(text)] if text in labels and len(labels) <= len(LETTERS) else value


def _beside_wrong(table: RawTable, by_key: Mapping[str, str], named: set[str]) -> RawTable:
    """A right answer in one field and wrong ones in others, or in a list."""
    wrong = [name for name in table.names if _WRONG.fullmatch(name) and name not in named]
    best = next(
        (by_key[key] for key in _CORRECT if key in by_key and by_key[key] not in wrong), None
    )
    if not wrong or best is None or "choices" in by_key or not table.rows:
        return table
    others = [table.rows[0].fields.get(name) for name in table.names if name not in (*wrong, best)]
    if not any(isinstance(one, str) and " " in one for one in others):  # a text and its correction
        return table
    if isinstance(table.rows[0].fields.get(best), list):  # accepted answers: nothing to choose
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
        answer = as_text(raw.fields.get(best)).strip()
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
        f"{table.place}: '{printable(best)}' and the wrong answers ({shown}) were put together"
        " as 'choices'"
    )
    return replace(table, rows=rows, names=names, notes=[*table.notes, note])
