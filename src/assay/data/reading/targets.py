"""What a row's target is, by the kind of task: a text, a label, a set of labels, a letter, a line
of pieces.

What it is for   the one place that turns the field of a target into the text that arms learn and
                 exams compare
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.core.words import join_words
from assay.data.reading.contexts import context_of
from assay.data.reading.findings import Findings
from assay.data.reading.layout import RowLayout
from assay.tasks import json_objects, label_sets, options, ranked_lists
from assay.tasks.columns import Row, as_text, has, value_at
from assay.tasks.entities import OutsideError, format_entities, of_field, overlapping


def targets_of(
    row: Row, layout: RowLayout, line: int, found: Findings, choices: Sequence[str] = ()
) -> tuple[str, ...] | None:
    """The target, then further accepted answers; () where the row may lack them, None where `found`
    has a problem.

    Args:
        choices: the options of the row, where the task is to choose among them.
    """
    if layout.kind == "extract" and layout.objects:
        return _object(row, layout, line, found)
    if layout.kind == "extract":
        return _pieces(row, layout, line, found)
    if layout.kind == "multilabel":
        return _labels(row, layout, line, found)
    if layout.kind == "choose":
        return _letter(row, layout, line, found, choices)
    if layout.kind == "rank":
        return _grades(row, layout, line, found, choices)
    return _texts(row, layout, line, found)


def options_in(row: Row, layout: RowLayout, line: int, found: Findings) -> tuple[str, ...] | None:
    """What the row's answer is made of: its options, or its candidates; () for other kinds, None
    for a problem."""
    if layout.kind == "choose":
        return choices_of(row, layout, line, found)
    return _candidates(row, layout, line, found) if layout.kind == "rank" else ()


def _candidates(row: Row, layout: RowLayout, line: int, found: Findings) -> tuple[str, ...] | None:
    name = layout.columns.get("candidates", "")
    value = value_at(row, name)
    texts = (
        [one.text.strip() for one in context_of(row, name, "", "")]
        if isinstance(value, list)
        else []
    )
    if len(texts) < 2 or len(texts) < len(value):
        told = f"'{name}' is no list of two candidates or more, or one of them is empty"
        found.count("D117", told, line, "give every row the texts that are to be put in order")
        return None
    return tuple(texts)


def choices_of(row: Row, layout: RowLayout, line: int, found: Findings) -> tuple[str, ...] | None:
    """The options of a row of the kind `choose`; None where they cannot be read."""
    fields = layout.choices
    try:
        return tuple(options.options_of([value_at(row, name) for name in fields], layout.separator))
    except ValueError as error:
        help = "give every row at least two options: a list, or a field for each"
        found.count("D115", f"'{', '.join(fields)}' {error}", line, help)
        return None


def _texts(row: Row, layout: RowLayout, line: int, found: Findings) -> tuple[str, ...] | None:
    name = layout.target_field or ""
    value = value_at(row, name)
    if isinstance(value, Mapping) and isinstance(value.get("text"), list):
        value = value["text"]  # SQuAD: {"text": [...], "answer_start": [...]}
    if isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(v, list | Mapping) for v in value)
    ):
        found.count(
            "D025",
            f"'{name}' is an object, a text is needed",
            line,
            "name a field inside it: data.columns",
        )
        return None
    values = (
        list(dict.fromkeys(as_text(v) for v in value))
        if isinstance(value, list)
        else [as_text(value)]
    )
    if layout.kind == "classify":
        values = [text.strip() for text in values]
        if len(values) > 1:
            help = "keep one label a row"
            found.count("D025", f"'{name}' is a list of several labels, one is needed", line, help)
            return None
    if layout.open and not "".join(values).strip():
        return ()
    if layout.none and layout.kind == "classify" and not "".join(values):
        return (layout.none,)
    if not values or value is None or (layout.kind == "classify" and not values[0]):
        help = f"fill in '{name}', or remove the row"
        found.count("D026", f"'{name}' missing", line, help)
        return None
    if layout.kind == "number" and not any(letter.isdigit() for text in values for letter in text):
        found.count(
            "D231",
            f"'{name}' has no number",
            line,
            f"write a number into '{name}', or remove the row",
        )
        return None
    return tuple(values)


def _labels(row: Row, layout: RowLayout, line: int, found: Findings) -> tuple[str, ...] | None:
    """The line of a set of labels. An empty field is the empty set, but a row must have the
    field."""
    name = layout.target_field or ""
    value = value_at(row, name)
    if layout.open and value is None:
        return ()
    if not has(row, name):
        found.count(
            "D026", f"'{name}' missing", line, f"give every row '{name}'; without labels it is []"
        )
        return None
    try:
        labels = label_sets.of_field(value, layout.separator)
    except ValueError as error:
        found.count(
            "D025", f"'{name}' {error}", line, "write a list of texts, or one text with a separator"
        )
        return None
    nothing = layout.none or label_sets.NOTHING
    labels = [label for label in labels if label != nothing]  # a file may say it in words
    if wrong := [label for label in labels if "|" in label or "\n" in label]:
        told = (
            f"'{name}' has the label '{wrong[0][:40]}', and labels are written with | between them"
        )
        found.count(
            "D114",
            told,
            line,
            "give the label another name; if it is several labels, set task: {separator: ...}",
        )
        return None
    return (label_sets.format_labels(labels, nothing),)


def _letter(
    row: Row, layout: RowLayout, line: int, found: Findings, choices: Sequence[str]
) -> tuple[str, ...] | None:
    """The letter of the right option, or letters where a list names several."""
    name = layout.target_field or ""
    value: Any = value_at(row, name)
    values = value if isinstance(value, list) else [value]
    if layout.open and not "".join(map(as_text, values)).strip():
        return ()
    if not values or not "".join(map(as_text, values)).strip():
        found.count("D026", f"'{name}' missing", line, f"fill in '{name}', or remove the row")
        return None
    letters = [options.right(one, choices, layout.meaning) for one in values]
    if None in letters:
        help = "write its letter, its place, or its text, in one way in all rows"
        found.count("D116", f"'{name}' names none of the row's options", line, help)
        return None
    return tuple(dict.fromkeys(letter for letter in letters if letter))


def _grades(
    row: Row, layout: RowLayout, line: int, found: Findings, candidates: Sequence[str]
) -> tuple[str, ...] | None:
    """The grades of the candidates on one line."""
    name = layout.target_field or ""
    value = value_at(row, name)
    if layout.open and value is None:
        return ()
    try:
        return (ranked_lists.format_grades(ranked_lists.grades_of(value, candidates)),)
    except ValueError as error:
        help = "a number from 0 for each candidate, or the relevant ones' texts or places"
        found.count("D118", f"'{name}' {error}", line, help)
        return None


def _object(row: Row, layout: RowLayout, line: int, found: Findings) -> tuple[str, ...] | None:
    """The object of fields that the row's field is."""
    name = layout.target_field or ""
    value = value_at(row, name)
    if layout.open and as_text(value).strip() == "":
        return ()
    if not has(row, name):
        found.count(
            "D026", f"'{name}' missing", line, f"give every row '{name}'; without fields it is {{}}"
        )
        return None
    try:
        return (json_objects.dump_object(json_objects.of_field(value)),)
    except ValueError as error:
        found.count(
            "D190",
            f"'{name}' {error}",
            line,
            "write an object in every row; without fields it is {}",
        )
        return None


def _pieces(row: Row, layout: RowLayout, line: int, found: Findings) -> tuple[str, ...] | None:
    """The line that names the pieces of the text."""
    name, asked = layout.target_field or "", value_at(row, layout.text_field or "")
    words = asked if isinstance(asked, list) else None
    if layout.open and as_text(value_at(row, name)).strip() == "":
        return ()
    if not has(row, name):
        found.count(
            "D026", f"'{name}' missing", line, f"give every row '{name}'; without pieces it is []"
        )
        return None
    try:
        text = join_words([*map(as_text, words)]) if words else as_text(asked)
        line_of_pieces = format_entities(of_field(value_at(row, name), text, words))
        if overlapping(value_at(row, name)):
            found.warn(
                "D053",
                f"'{name}' has spans that overlap; a strategy that tags words learns one of them",
                line,
            )
        return (line_of_pieces,)
    except OutsideError as error:
        found.problem(
            "D053",
            f"'{name}' has a {error}",
            line,
            help="count characters of the text from 0, end excluded",
        )
        return None
    except ValueError as error:
        found.count(
            "D025",
            f"'{name}' {error}",
            line,
            "see docs/project-file.md for the forms of `entities`",
        )
        return None
