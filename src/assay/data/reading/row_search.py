"""The rows of a tree: which list inside the rows of a file holds what is to be learnt.

What it is for   files of any nesting and any names, where no known form says it: of all lists of
                 objects the one whose objects have a text and something to answer, and most of it
Which lists      lists of objects, lists of lists of them, and objects of objects of one form by
                 their names
Watch out        rows that have a text and a target themselves stay; turns, spans and options are no
                 rows
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assay.tasks import column_names
from assay.tasks.columns import Column, columns_of, rank

DEEPEST = 4  # lists around the rows
LOOKED_AT = 200  # objects
_WRITTEN = 3  # words of a text, on average
_GOALS = (column_names.LABEL, column_names.ANSWER, column_names.CODE)
# Names that rows of a group share, and that are targets nowhere else.
_WEAK = {"type", "topic", "category", "source", "genre", "status", "title", "intent_group", "tag"}
_ASKED = ("question", "query", "prompt", "instruction", "problem")
_NOT = {"role", "from", "start", "end", "is_correct", "correct", "rank", "offset", "begin"}
Objects = list[Mapping[str, Any]]


def search_rows(outer: Sequence[Mapping[str, Any]]) -> list[str]:
    """The fields that lead to the rows inside of these; [] where they are rows themselves, or hold
    none."""
    if not outer or _is_task(outer, inner=False):
        return []
    asks = any(isinstance(row.get(name), str) for row in outer for name in _ASKED)
    found = max(_paths(outer, (), asks), key=lambda one: one[0], default=(0, ()))
    return [*found[1]]


def elements(value: Any) -> Objects | None:
    """The objects of a list, of lists in it, or of an object of them by their names; None of
    anything else."""
    if isinstance(value, Mapping) and len(value) > 1:
        inner = [*value.values()]
        if not all(isinstance(one, Mapping) for one in inner):
            return None
        shared = set.intersection(*(set(one) for one in inner))
        every = set.union(*(set(one) for one in inner))
        alike = len(shared) > 1 and len(shared) >= len(every) / 2
        return [{"id": name, **one} for name, one in value.items()] if alike else None
    if not isinstance(value, list):
        return None
    if value and all(isinstance(one, list) for one in value):
        value = [inner for one in value for inner in one]
    return value if all(isinstance(one, Mapping) for one in value) else None


def inner_rows(row: Mapping[str, Any], path: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows under a path, each with what stands above it."""
    around = {name: value for name, value in row.items() if name != path[0]}
    for one in elements(row.get(path[0])) or []:
        for inner in inner_rows(one, path[1:]) if len(path) > 1 else [one]:
            yield {**around, **inner}


def _paths(
    outer: Sequence[Mapping[str, Any]], before: tuple[str, ...], asks: bool
) -> Iterator[tuple[float, tuple[str, ...]]]:
    """Paths to lists of rows, each with how much they hold. asks: what stands above them is a
    question, so that rows without one are answers to it, or are about it."""
    if len(before) == DEEPEST:
        return
    for name in dict.fromkeys(name for row in outer for name in row):
        lists = [elements(row.get(name)) for row in outer if row.get(name)]
        objects = [one for value in lists for one in value or []]
        if not objects or None in lists or any(_NOT & set(one) for one in objects):
            continue
        path = (*before, name)
        if asks and not any(name in one for one in objects[:LOOKED_AT] for name in _ASKED):
            continue
        if _is_task(objects[:LOOKED_AT], inner=True):
            yield float(sum(map(_letters, objects))), path
        else:
            yield from _paths(objects[:LOOKED_AT], path, asks)


def _letters(row: Mapping[str, Any]) -> int:
    return sum(len(value) for value in row.values() if isinstance(value, str))


def _is_task(rows: Sequence[Mapping[str, Any]], *, inner: bool) -> bool:
    """Have the objects a text, and another field that is to be answered: by its name, or, of inner
    rows, because few values come again and again?"""
    found = columns_of(rows[:LOOKED_AT])
    texts = [c for c in found if _is_text(c) and not (inner and _is_answer(c))]
    for column in found:
        if column.technical or not column.filled or [column] == texts:
            continue
        if not column.nested and column.distinct < 2 and len(rows) > 1:
            continue
        named = max(rank(column, names) for names in _GOALS) >= 1
        weak = column.key in _WEAK or rank(column, column_names.TEXT) >= 1
        if named and not (weak and not inner) and (column.nested < 0.5 or inner):
            return bool(texts)
    return False


def _is_answer(column: Column) -> bool:
    """An answer to what stands above it."""
    return rank(column, column_names.ANSWER) >= 1 > rank(column, column_names.TEXT)


def _is_text(column: Column) -> bool:
    return (
        not column.nested
        and not column.technical
        and column.words >= _WRITTEN
        and column.filled >= 0.5 * column.rows
    )
