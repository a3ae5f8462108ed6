"""What rows say in the fields that they are neither asked nor answered by: a user, a thread, a
document, a date.

What it is for   rows that share such a value may be right and wrong together:
                 `data/row_clusters.py`
Kept             a number for each row and field, made from the value by a hash that is salted in
                 each process; no value is kept, and none can be had back
Costs            12 bytes a cell; a field whose values differ in nearly all of the first
                 rows is followed no further
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assay.tasks.columns import Row, as_text, is_prediction_name, usual_names

MISSING = -1
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d")
LOOKED = 20_000  # rows after which fields without repeated values are dropped
LEAST_REPEATED = 0.001  # share of these rows that have the value of an earlier one
FILE = "(file)"  # the file that a row stands in, as a field
DAY = " (day)"  # the day of a field with moments, as a field of its own


class Values:
    """Filled row by row by `load`.

    Args:
        taken: fields that the text, the target or the row's id are made of.
    """

    def __init__(self, taken: Iterable[str] = ()):
        self._taken = set(taken)
        self._place: dict[str, int] = {}
        # the places of the rows that have the field, and the numbers of their values
        self._columns: dict[str, tuple[array[int], array[int]]] = {}

    def note(self, row: Row, id: str, source: str) -> None:
        """The row `id`, which stands in `source` ("train.csv:17")."""
        at = len(self._place)
        self._place[id] = at
        for name, value in self._free(row):
            column = self._columns.get(name)
            if column is None:
                if at >= LOOKED:  # dropped, or in hardly any row
                    continue
                column = self._columns[name] = array("i"), array("q")
            self._append(column, at, _number(value))
        column = self._columns.setdefault(FILE, (array("i"), array("q")))
        self._append(column, at, _number(source.rpartition(":")[0]))
        if at == LOOKED - 1:
            self._drop()

    @staticmethod
    def _append(column: tuple[array[int], array[int]], at: int, number: int) -> None:
        if number != MISSING:
            column[0].append(at)
            column[1].append(number)

    def _free(self, row: Row) -> Iterable[tuple[str, Any]]:
        for name, value in row.items():
            if name in self._taken:
                continue
            inside = (
                [(f"{name}.{inner}", one) for inner, one in value.items()]
                if isinstance(value, Mapping)
                else []
            )
            for own, one in inside or [(name, value)]:
                if (
                    own not in self._taken
                    and not is_prediction_name(own)
                    and not isinstance(one, Mapping)
                ):
                    yield own, one
                    if isinstance(one, str) and _MOMENT.match(one):
                        yield own + DAY, one[:10]

    def _drop(self) -> None:
        for name, (_, known) in [*self._columns.items()]:
            if len(known) - len(set(known)) < LEAST_REPEATED * len(self._place):
                del self._columns[name]

    def of(self, ids: Sequence[str]) -> dict[str, list[int]]:
        """Field -> a number for the value of each of these rows, counted by first appearance; each
        row without a value, and each that is not known, has a number of its own."""
        places = [self._place.get(id, MISSING) for id in ids]
        found = {}
        filled = {name: len(known) for name, (_, known) in self._columns.items()}
        for name in usual_names(filled, len(self._place), (FILE,)):
            known = dict(zip(*self._columns[name], strict=True))
            numbers: dict[int, int] = {}
            codes = []
            for at, place in enumerate(places):
                value = known.get(place, MISSING)
                # Of a row without a value its place makes a number that no value has.
                codes.append(
                    numbers.setdefault(value if value != MISSING else -2 - at, len(numbers))
                )
            found[name] = codes
        return found


def _number(value: Any) -> int:
    text = "\n".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
    text = text.strip()
    return hash(text) & 0x7FFFFFFFFFFFFFFF if text else MISSING
