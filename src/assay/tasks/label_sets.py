"""The labels of a text, any number of them, written as one line: `hotels | flights`, or `none`.

What it is for   the task kind `multilabel`: a model can write the line, a metric can read it, and
                 curation, prompts and the exam handle it as any written answer
Forms            a list of a data file, or one text with a separator between the labels
Watch out        the order says nothing: labels are written sorted, so that equal sets are equal
                 lines
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from assay.core.types import NOTHING

BETWEEN = " | "
SEPARATORS = (";", "|", ",")  # between several labels in one
PLAIN_SEPARATOR = "|"  # the one that hardly stands in a label
SETS = {"labels", "tags", "categories", "genres", "topics", "classes", "keywords"}  # names
_NUMBERS = re.compile(r"\d{1,3}(?: ?[,;|] ?\d{1,3})+")
LEAST_JOINED = 3  # labels with a separator
AGAIN = 0.75  # of their parts stand in another label too


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


def separators_of(name: str) -> tuple[str, ...]:
    """What may stand between the labels of a field: anything where its name says that there are
    several."""
    last = re.split(r"\W+|_", name.casefold())[-1]
    return SEPARATORS if last in SETS else (PLAIN_SEPARATOR,)


def separators_among(name: str, values: Iterable[str]) -> tuple[str, ...]:
    """What may stand between the labels of a field, by its name and by its values: numbers of
    classes, `27` and `4,27`, have any mark between them, where most stand alone somewhere."""
    few = set(values)
    alone = {value for value in few if value.isdigit()}
    rest = few - alone
    if (
        len(rest) >= LEAST_JOINED
        and len(alone) >= 2
        and all(_NUMBERS.fullmatch(value) for value in rest)
    ):
        parts = {part for value in rest for part in re.findall(r"\d+", value)}
        if len(parts & alone) >= AGAIN * len(parts):
            return SEPARATORS
    return separators_of(name)


def joined_labels(
    labels: Iterable[str], separators: Iterable[str] = SEPARATORS
) -> tuple[str, list[str], int] | None:
    """Labels that look like several each: most of their parts come again in other labels, and there
    are fewer parts than labels. (separator, those labels, parts in all), or None."""
    different = list(dict.fromkeys(labels))
    for separator in separators:
        split = {
            label: {part.strip() for part in label.split(separator)} - {""} for label in different
        }
        joined = [label for label, parts in split.items() if len(parts) > 1]
        uses = Counter(part for parts in split.values() for part in parts)
        again = [uses[part] > 1 for label in joined for part in split[label]]
        most = sum(again) >= AGAIN * len(again)
        if len(joined) >= LEAST_JOINED and most and len(uses) < len(different):
            return separator, joined, len(uses)
    return None
