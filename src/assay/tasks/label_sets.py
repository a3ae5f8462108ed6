"""The labels of a text, any number of them, written as one line: `hotels | flights`, or `none`.

What it is for   the task kind `multilabel`: a model can write the line, a metric can read it, and
                 curation, prompts and the exam handle it as any written answer
Forms            a list of a data file, or one text with a separator between the labels
Watch out        the order says nothing: labels are written sorted, so that equal sets are equal
                 lines
"""

from collections.abc import Iterable
from typing import Any

from assay.core.types import NOTHING

BETWEEN = " | "


def format_labels(labels: Iterable[str], none: str = NOTHING) -> str:
    """The line of a set of labels."""
    return BETWEEN.join(sorted(set(labels))) or none


def labels_in(line: str, none: str = NOTHING) -> tuple[str, ...]:
    """The labels that a line names, sorted; () for the line that says there is none."""
    named = {part.strip() for part in line.split("|")} - {"", none}
    return tuple(sorted(named))


def of_field(value: Any, separator: str) -> list[str]:
    """The labels of a field of a data file.

    Args:
        separator: between the labels of a text; "": a text is one label.

    Raises:
        ValueError: what is wrong with the field, as a phrase that is the same for all rows with
            that fault.
    """
    if value is None:
        return []
    if isinstance(value, str):
        parts: list[Any] = value.split(separator) if separator else [value]
    elif isinstance(value, list):
        parts = value
    elif isinstance(value, bool | int | float):
        parts = [value]
    else:
        raise ValueError("is an object, a list of labels is needed")
    if any(isinstance(part, list | dict) for part in parts):
        raise ValueError("has lists or objects among its labels")
    words = [
        "true" if p is True else "false" if p is False else "" if p is None else str(p).strip()
        for p in parts
    ]
    return [word for word in words if word]
