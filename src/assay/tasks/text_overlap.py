"""How texts of one row go together: which words they share, and which two are to be read as one
question.

What it is for   `premise` and `hypothesis`, `question1` and `question2`, `subject` and `body`: a
                 label is about both
Watch out        a text that stands in the other one, or is nearly the same in most rows, brings
                 nothing
"""

import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import fmean, stdev
from typing import Any

from assay.core.words import count_words, words_in
from assay.tasks import column_names
from assay.tasks.columns import (
    UNNAMED,
    Column,
    Row,
    as_text,
    is_unnamed,
    value_at,
)
from assay.tasks.term_pairs import paired_term

LOOKED_AT = 500  # rows
COPIED = 0.3  # share of rows where one text stands in the other: it is a part of it
LEAST = 10  # pairs that show how lengths go together
TAIL = 60  # characters at the end of a text
NAMELESS = 0.85  # the same in a table without names, where two wordings are often compared
SAME = 0.6  # words that two texts without telling names share: one is made from the other
ALIKE = 0.5  # words that neighbours share
MOST = 0.6  # share of the words of a row: what it says stands there
_MARK = re.compile(r"(.*?)[ _-]?(a|b|one|two|first|second|left|right)")
Texts = Iterable[tuple[Any, Any]]


def alike(pairs: Texts) -> float:
    """Words that two texts share, of those that they have (Dice), in the mean."""
    shared = []
    for one, other in pairs:
        ours, theirs = _bag(one), _bag(other)
        shared.append(2 * len(ours & theirs) / max(1, len(ours) + len(theirs)))
    return sum(shared) / max(1, len(shared))


def written_alike(texts: Sequence[Any]) -> bool:
    """Do texts that follow each other mostly say the same, such as credits on each line?"""
    return alike(pairwise(texts[:LOOKED_AT])) > ALIKE


def word_containment(pairs: Texts) -> float:
    """Share of the words of the first text that stand in the second, in the mean."""
    inside = [len(_bag(one) & _bag(other)) / max(1, len(_bag(one))) for one, other in pairs]
    return sum(inside) / max(1, len(inside))


def stands_in(pairs: Texts) -> float:
    """Share of the pairs whose first text, which is not empty, stands in the second as it is."""
    flat = [(_flat(one), _flat(other)) for one, other in pairs]
    return sum(bool(one) and one in other for one, other in flat) / max(1, len(flat))


def lengths_agree(pairs: Texts, spread: float, shift: float) -> bool:
    """Are the two texts of each pair about as long, as a text and its translation are? Other than a
    question and its answer.

    Args:
        spread: of the binary logarithm of the ratio of their lengths, its standard deviation at
            most. shift: its mean at most. Of the translations of programs' messages the deviation
            is 0.2 to 0.5 (300 files of GNU gettext in 90 languages), of questions and answers,
            programs, choices 0.6 to 1.2 (12 public data sets).
    """
    sizes = [(len(_flat(one)), len(_flat(other))) for one, other in pairs]
    ratios = [math.log2(other / one) for one, other in sizes if one and other]
    return len(ratios) >= LEAST and stdev(ratios) <= spread and abs(fmean(ratios)) <= shift


def mean_words(rows: Sequence[Row], name: str, *, each: bool = False) -> float:
    """Words of a field, a list of sentences being taken together, or with `each` one by one."""
    values = [value_at(row, name) for row in rows]
    if each:
        values = [
            one for value in values for one in (value if isinstance(value, list) else [value])
        ]
    counts = [_words(value) for value in values]
    return sum(counts) / max(1, len(counts))


def partner(
    found: Sequence[Column], text: Column, rows: Sequence[Row], taken: set[str], goal: Column | None
) -> tuple[Column, str] | None:
    """The column whose text belongs to `text`, and why; None where there is none.

    Args:
        taken: fields that have a role. goal: the target.
    """
    other = paired_term(found, text)
    if other is not None and other is not goal and other.name not in taken:
        return other, "they are pairs of terms"
    free = [c for c in found if c.name not in taken and c.name != text.name and _reads(c)]
    surely = [c for c in free if _has_pair_marks(text, c) or _has_pair_names(text, c)]
    other = next((c for c in [*surely, *free] if c in surely or _is_title_and_text(text, c)), None)
    if other is not None:
        return None if _copy(text, other, rows, 1.01) else (other, "the two names belong together")
    free = [c for c in free if c.prose and not _tells(c) and not _behind(found, text, goal, c)]
    most = max(free, key=lambda column: column.words, default=None)
    if most is None:
        return None
    whole = text.words + sum(column.words for column in free)
    if len(free) > 1 and most.words < max(MOST * whole, 2 * text.words):
        return None
    if goal is not None and _ends_with(rows, most, goal):  # it is worked out there
        return None
    same = NAMELESS if is_unnamed(found) else SAME
    if text.words > 20 * most.words or _copy(text, most, rows, same):
        return None
    why = "most of the text stands there" if free[1:] else "no other column reads as text"
    return most, why


def around(
    found: Sequence[Column], text: Column, rows: Sequence[Row], taken: set[str], goal: Column | None
) -> Column | None:
    """A longer text that `text` mostly stands in: the whole, of which it is the gist.

    Args:
        taken: fields that have a role. goal: the target, with which a solution ends that begins
            with its question.
    """
    for column in found if text.prose else ():
        longer = column.prose and not column.technical and column.words >= 1.5 * text.words
        if column.name in taken or column is goal or not longer or _tells(column):
            continue
        if goal is not None and _ends_with(rows, column, goal):
            continue
        pairs = [(value_at(row, text.name), value_at(row, column.name)) for row in rows[:LOOKED_AT]]
        if stands_in([(_flat(short).rstrip("."), whole) for short, whole in pairs]) > 0.5:
            return column
    return None


def reading_order(found: Sequence[Column], text: Column, other: Column) -> tuple[Column, Column]:
    """The two in the order in which they are read: as their names say, a title first, else as in
    the file."""
    for first, second in column_names.PAIRS:
        if (other.key, text.key) == (first, second):
            return other, text
        if (text.key, other.key) == (first, second):
            return text, other
    if _is_title_and_text(text, other):
        return (text, other) if text.key in column_names.TITLES else (other, text)
    return (text, other) if found.index(text) < found.index(other) else (other, text)


def _is_title_and_text(one: Column, other: Column) -> bool:
    """A title, and a text that is much longer."""
    short, long = sorted((one, other), key=lambda column: column.words)
    return short.key in column_names.TITLES and long.words >= 3 * short.words


def _behind(found: Sequence[Column], text: Column, goal: Column | None, other: Column) -> bool:
    """Stands behind the target in the file, while the text stands before it: mostly it says why."""
    return goal is not None and found.index(text) < found.index(goal) < found.index(other)


def _reads(column: Column) -> bool:
    if (
        column.nested
        or column.is_hidden
        or column.is_prediction
        or column.links > 0.5
        or column.dates > 0.5
    ):
        return False
    return (
        column.filled >= 0.8 * column.rows
        and column.numbers < 0.5
        and column.words >= 1.5
        and (column.share >= 0.1 or column.prose)
    )


def _has_pair_marks(one: Column, other: Column) -> bool:
    """`question1` and `question2`, `text_a` and `text_b`, `#1 string` and `#2 string`: one stem,
    marks of one row."""
    if UNNAMED.fullmatch(one.key):  # a table without names
        return False
    if re.sub("[12]", "#", one.key) == re.sub("[12]", "#", other.key):
        return True
    first, second = _MARK.fullmatch(one.key), _MARK.fullmatch(other.key)
    if not first or not second or first[1] != second[1]:
        return False
    return {first[2], second[2]} in (
        {"a", "b"},
        {"one", "two"},
        {"first", "second"},
        {"left", "right"},
    )


def _has_pair_names(one: Column, other: Column) -> bool:
    return (one.key, other.key) in column_names.PAIRS or (other.key, one.key) in column_names.PAIRS


def _tells(column: Column) -> bool:
    """Named like something that was written once the answer was known, or like what rows are
    sampled by."""
    words = {*column.tokens, column.key}
    return not words.isdisjoint(
        {*column_names.AFTERWARDS, *column_names.GROUP, *column_names.SLICE}
    )


def _ends_with(rows: Sequence[Row], text: Column, goal: Column) -> bool:
    """Do the last words of a text mostly say the target? A worked solution does."""
    found = 0
    for row in rows[:LOOKED_AT]:
        told, wanted = _flat(value_at(row, text.name))[-TAIL:], _flat(value_at(row, goal.name))
        found += bool(wanted) and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", told) is not None
    return found > 0.5 * min(len(rows), LOOKED_AT)


def _copy(text: Column, other: Column, rows: Sequence[Row], most: float) -> bool:
    pairs = [(value_at(row, other.name), value_at(row, text.name)) for row in rows[:LOOKED_AT]]
    back = [(b, a) for a, b in pairs]
    return max(stands_in(pairs), stands_in(back)) > COPIED or alike(pairs) > most


def _bag(value: Any) -> set[str]:
    parts = value if isinstance(value, list) else [value]
    return {word for part in parts for word in words_in(as_text(part).casefold())}


def _flat(value: Any) -> str:
    return " ".join(as_text(value).casefold().split()) if not isinstance(value, list | dict) else ""


def _words(value: Any) -> int:
    if isinstance(value, list):
        return sum(_words(one) for one in value)
    return round(count_words(as_text(value)))
