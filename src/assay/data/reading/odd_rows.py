"""Rows that are built otherwise than nearly all rows of their file: a field that is missing, a text
in place of an object, a list without what all others hold.

What it is for   a form is told by all rows; one that is damaged must not hide the form of the
                 others (`uniform_rows`)
How              the places of a row with the kinds of value that stand there. A row is odd that
                 lacks what all but a few rows have, or has in a list or object what few have: null,
                 an object of other fields
Watch out        texts are compared by being there, numbers by being numbers: what they say is not
                 looked at
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from assay.data.reading.findings import ENOUGH, Aside
from assay.data.reading.read_file import RawRow

DEEPEST, INNER = 5, 2
ITEMS = 50  # of a list or an object that are looked at
_KINDS = {"text": "a text", "number": "a number", "list": "a list", "object": "an object"}
Place = tuple[str, str]  # path, kind of value


def odd_rows(rows: Sequence[RawRow], share: float) -> list[dict[int, Aside]]:
    """Groups of odd rows, one for each reason: place -> why the row cannot be read.

    Args:
        share: of the rows that may be odd for one reason, in [0, 1]; of ten rows or more one always
            may, unless it is 0.
    """
    most = allowed(len(rows), share)
    if not most:
        return []
    built = [_places(raw.fields) for raw in rows]
    counts = Counter(place for places in built for place in places)
    usual = {place for place, count in counts.items() if len(rows) - most <= count < len(rows)}
    rare = {place for place, count in counts.items() if count <= most and _inside(place)}
    groups: dict[str, dict[int, Aside]] = {}
    for at, places in enumerate(built):
        if not (usual - places or places & rare):
            continue
        path, kind = min(usual - places or places & rare, key=_rank)
        told = f"'{path.lstrip('.')}' is not as in the other rows"
        if kind in _KINDS and usual - places:
            told = f"'{path.lstrip('.')}' is not {_KINDS[kind]}, as in the other rows"
        groups.setdefault(path, {})[at] = Aside(rows[at].source, "D025", told)
    return [group for group in groups.values() if len(group) <= most]


def allowed(many: int, share: float) -> float:
    """How many of so many rows may be set aside."""
    return max(share * many, many >= ENOUGH) if share else 0


def _rank(place: Place) -> tuple[int, int, Place]:
    """The outermost place first, by its name rather than as one of all."""
    return place[0].count("."), place[0].count("*"), place


def _inside(place: Place) -> bool:
    """Does it stand for all values of a list or an object?"""
    return place[0].endswith(".*")


def _places(fields: Mapping[str, Any]) -> set[Place]:
    places: set[Place] = set()
    waiting: list[tuple[str, Any, int]] = [(f".{name}", one, 1) for name, one in fields.items()]
    while waiting:
        path, value, depth = waiting.pop()
        if isinstance(value, Mapping):
            places.add((path, "object"))
            inner = [(f"{path}.{name}", one) for name, one in [*value.items()][:ITEMS]]
            inner += [(f"{path}.*", one) for one in [*value.values()][:ITEMS]]
        elif isinstance(value, list):
            places.add((path, "list"))
            inner = [(f"{path}.*", one) for one in value[:ITEMS]]
            objects = [one for one in value[:ITEMS] if isinstance(one, Mapping)]
            places |= {(f"{path}.*", _shape(one)) for one in objects}
        else:
            inner = []
            if isinstance(value, int | float):
                places.add((path, "number"))
            elif isinstance(value, str) and value.strip():
                places.add((path, "text"))
            elif path.endswith(".*"):
                places.add((path, "nothing"))
        if depth < DEEPEST:
            waiting += [(name, one, depth + 1) for name, one in inner]
    return places


def _shape(item: Any, depth: int = 0) -> str:
    """The fields of an object of a list, with the kinds of what they hold."""
    if not isinstance(item, Mapping):
        return "number" if isinstance(item, int | float) else type(item).__name__
    if depth == INNER or len(item) > ITEMS:
        return "object"
    there = {name: one for name, one in item.items() if one not in (None, "")}
    return f"{{{', '.join(f'{name}: {_shape(there[name], depth + 1)}' for name in sorted(there))}}}"
