"""Which column answers the questions beside it, where no name says so: told by what stands in them.

What it is for   tables without names, and names in any language: a number of the row, a question,
                 its answer, a link
Good when        one column has questions, mostly others in each row, and one of those beside it
                 can be the answer
Watch out        a column of labels behind them, or of classes of a common task, is likelier the
                 target
"""

from collections.abc import Sequence

from assay.tasks.columns import Column, Row, value_at
from assay.tasks.label_values import says_class
from assay.tasks.text_overlap import stands_in

LOOKED_AT = 500  # rows
WEIGHT, BESIDE = 0.35, 0.12  # of a way without and with a column of labels that may be the target
_ASKED = 0.5  # share of the rows that end with a question mark
_VARIED = 0.3  # of the values differ
_YES_NO = 2  # values


def answer_columns(
    found: Sequence[Column], rows: Sequence[Row], taken: set[str]
) -> list[tuple[Column, Column, float]]:
    """(question, answer, weight of the way), at most one.

    Args:
        taken: names of columns that have a role.
    """
    free = [c for c in found if c.name not in taken and c.full and not c.nested]
    asked = [c for c in free if c.asks > _ASKED and c.prose and c.share >= _VARIED]
    if len(asked) != 1 or asked[0].technical:
        return []
    (question,) = asked
    answers = [c for c in free if c is not question and _is_written(c)]
    if len(answers) > 1:  # a passage has the answer in it
        inside = [c for c in answers if any(_is_in(c, o, rows) for o in answers if o is not c)]
        behind = [c for c in answers if found.index(c) > found.index(question)]
        answers = inside or behind[:1] or answers[:1]
    if len(answers) != 1:
        return []
    labels = [c for c in free if c.labels and not c.technical and not c.is_prediction]
    about = any(
        says_class(c) or c.distinct <= _YES_NO or found.index(c) > found.index(question)
        for c in labels
    )
    return [(question, answers[0], BESIDE if about else WEIGHT)]


def _is_written(column: Column) -> bool:
    """Texts that differ from row to row: no row numbers, dates, links, labels, model's outputs."""
    if column.labels or column.technical or column.is_prediction or column.markup > 0.5:
        return False
    return column.share >= _VARIED and column.numbers < 0.5 and _letters(column) > 0.5


def _letters(column: Column) -> float:
    """The share of values that have a letter and, where they are one word, no digit beside it, as a
    mark of a row has."""
    good = sum(
        any(map(str.isalpha, value)) and (" " in value or not any(map(str.isdigit, value)))
        for value in column.values
    )
    return good / max(1, column.distinct)


def _is_in(answer: Column, passage: Column, rows: Sequence[Row]) -> bool:
    pairs = [(value_at(row, answer.name), value_at(row, passage.name)) for row in rows[:LOOKED_AT]]
    return passage.words >= 2 * answer.words and stands_in(pairs) >= 0.5
