"""What the type of a marked piece is: a short text of its annotation that comes again, and the name
around its bounds.

What it is for   `{"label": ["Skill"], "points": [...]}`, `{"PER": [[0, 4]]}`, records such as
                 `[[0, 1], "FOOD", 2]`, an object with the bounds of several pieces
Watch out        of an object one text is the type, the one that is named so or comes again; of a
                 record, which has no names, all that come again
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, NamedTuple

from assay.data.reading.span_places import Place, is_bounds
from assay.tasks.columns import as_text
from assay.tasks.entities import TYPE

MOSTLY = 0.9  # share of the annotations that have the text
_AGAIN = 3  # times that a type comes, on average
_FEW = 10  # types that may come less often
_SHORT = 60  # characters
_NAMES = (*TYPE, "polarity", "sentiment", "category", "kind", "name", "role")
Path = tuple[Any, ...]


class Annotation(NamedTuple):
    """An object or a record, and what in it are places of pieces."""

    value: Any
    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class SpanTypes:
    """`texts`: where the text of the type stands in an annotation; `roles`: the word for the names
    around bounds, or for the place of bounds in a record; `left`: what else comes again."""

    texts: tuple[Path, ...]
    roles: Mapping[Any, str]
    left: tuple[str, ...] = ()

    @property
    def tells(self) -> bool:
        """Is there a type at all?"""
        return bool(self.texts) or any(self.roles.values())

    def of(self, annotation: Annotation, place: Place) -> str:
        """The type of a piece; "" where it has none."""
        held = dict(_texts(annotation.value))
        said = [held.get(path, "") for path in self.texts]
        if self.texts and not all(said):
            return ""
        role = self.roles.get(place.path, self.roles.get(place.form[1:], ""))
        after = isinstance(annotation.value, list)  # the number of a part of a record
        return (
            " ".join([*said, role] if after else filter(None, [role, *said]))
            .replace(":", " ")
            .strip()
        )


def types_of(annotations: Sequence[Annotation]) -> SpanTypes:
    """What tells the types of all annotations of a file."""
    placed = [one for one in annotations if one.places]
    values: dict[Path, Counter[str]] = {}
    for one in placed:
        words = {_plain(place.words) for place in one.places}
        for path, text in _texts(one.value):
            if _plain(text) not in words:
                values.setdefault(path, Counter())[text] += 1
    full = {path: some for path, some in values.items() if some.total() >= MOSTLY * len(placed)}
    again = [path for path, some in full.items() if _comes_again(some)]
    named = [path for name in _NAMES for path in again if str(path[-1]) == name]
    varied = [path for path in again if len(full[path]) > 1]
    if all(isinstance(one.value, list) for one in placed):
        chosen = varied or again[:1]
    else:
        chosen = (named or varied)[:1]
    left = [str(path[-1]) for path in varied if path not in chosen]
    return SpanTypes(tuple(chosen), _roles(placed), tuple(left))


def _roles(placed: Sequence[Annotation]) -> dict[Any, str]:
    """The word that tells the places of one annotation apart: the part of the names around them
    that differs, else their number in a record."""
    paths = [*dict.fromkeys(place.path for one in placed for place in one.places)]
    if len(paths) > 1:
        before = _shared(paths)
        rest = [path[before:] for path in paths]
        after = _shared([path[::-1] for path in rest])
        return {
            path: ".".join(one[: len(one) - after]) for path, one in zip(paths, rest, strict=True)
        }
    if not all(isinstance(one.value, list) for one in placed):
        return {}
    keys = sorted({place.form[1:] for one in placed for place in one.places}, key=str)
    return {key: f"({at})" for at, key in enumerate(keys, 1)} if len(keys) > 1 else {}


def _shared(paths: Sequence[Path]) -> int:
    """How many names all paths begin with."""
    steps = zip(*paths, strict=False)
    return sum(1 for _ in takewhile(lambda names: len(set(names)) == 1, steps))


def _texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The short texts of an annotation, each with the names that lead to it; a list of one text is
    that text."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        value = value[0]
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(one, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for at, one in enumerate(value[:_FEW]):
            yield from _texts(one, (*path, at))
    elif path and (isinstance(value, str) or path[-1] in _NAMES):
        text = as_text(value).strip()
        if text and len(text) <= _SHORT and not is_bounds(text):
            yield path, text


def _comes_again(values: Counter[str]) -> bool:
    return len(values) <= max(_FEW, values.total() // _AGAIN)


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
