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
from assay.tasks.columns import as_text, words_of
from assay.tasks.entities import TYPE

MOSTLY = 0.9  # share of the annotations that have the text
_LOOKED_AT = 5000  # annotations
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
    """`texts`: for the names around bounds, where the text of the type stands, seen from there;
    `roles`: the word for those names, or for the place of bounds in a record; `left`: what else
    comes again."""

    texts: Mapping[Path, tuple[Path, ...]]
    roles: Mapping[Any, str]
    left: tuple[str, ...] = ()

    @property
    def tells(self) -> bool:
        """Is there a type at all?"""
        return any(self.texts.values()) or any(self.roles.values())

    @property
    def named(self) -> bool:
        """Does each type stand under a name that says so, or in a record?"""
        return all(
            some and all(isinstance(at[-1], int) or _rank(at) for at in some)
            for some in self.texts.values()
        )

    def of(self, place: Place) -> str:
        """The type of a piece; "" where it has none."""
        said = [_text_at(place, path) for path in self.texts.get(place.path, ())]
        if not all(said):
            return ""
        role = self.roles.get(place.path, self.roles.get(place.form[1:], ""))
        # the number of a part of a record stands behind
        whole = [*said, role] if role.startswith("(") else [role, *said]
        return " ".join(filter(None, whole)).replace(":", " ").strip()


def types_of(annotations: Sequence[Annotation]) -> SpanTypes:
    """What tells the types of all annotations of a file."""
    placed = [one for one in annotations if one.places]
    some = placed[:_LOOKED_AT]
    counts: Counter[Path] = Counter(place.path for one in some for place in one.places)
    values: dict[Path, Counter[str]] = {}
    there: dict[Path, Counter[Path]] = {}
    for one in some:
        words = {_plain(place.words) for place in one.places}
        for place in one.places:
            for path, text in _held(place):
                if _plain(text) not in words:
                    values.setdefault(path, Counter())[text] += 1
                    there.setdefault(place.path, Counter())[path] += 1
    record = all(isinstance(one.value, list) for one in some)
    texts: dict[Path, tuple[Path, ...]] = {}
    left: dict[str, None] = {}
    for names, count in counts.most_common():
        full = [at for at, n in there.get(names, {}).items() if n >= MOSTLY * count]
        again = [at for at in full if _comes_again(values[at])]
        varied = [at for at in sorted(again, key=lambda at: -at[0]) if len(values[at]) > 1]
        named = sorted((at for at in again if _rank(at)), key=lambda at: (-at[0], _rank(at)))
        texts[names] = tuple(varied or again[:1]) if record else tuple((named or varied)[:1])
        left |= dict.fromkeys(str(at[-1]) for at in varied if at not in texts[names])
    rare = {place.path for one in placed for place in one.places} - set(texts)
    texts |= dict.fromkeys(rare, next(iter(texts.values()), ()))
    return SpanTypes(texts, _roles(placed), tuple(left))


def _rank(path: Path) -> int:
    """How well a name fits a type, 1 being the best; 0 where it does not."""
    name = str(path[-1])
    last = words_of(name)[-1:]
    known = [at for at, one in enumerate(_NAMES, 1) if one == name]
    near = [len(_NAMES) + at for at, one in enumerate(_NAMES, 1) if [one] == last]
    return next(iter([*known, *near]), 0)


def _roles(placed: Sequence[Annotation]) -> dict[Any, str]:
    """The word that tells the places of one annotation apart: the part of the names around them
    that differs, else their number in a record."""
    paths = [*dict.fromkeys(place.path for one in placed for place in one.places)]
    if len(paths) > 1:
        before = _shared(paths)
        rest = [path[before:] for path in paths]
        after = _shared([path[::-1] for path in rest])
        cut = [one[: len(one) - after] for one in rest]
        last = [one[-1] if one else "" for one in cut]
        plain = len(set(last)) == len(last)
        said = last if plain else [".".join(one) for one in cut]
        return dict(zip(paths, said, strict=True))
    if not all(isinstance(one.value, list) for one in placed):
        return {}
    keys = sorted({place.form[1:] for one in placed for place in one.places}, key=str)
    return {key: f"({at})" for at, key in enumerate(keys, 1)} if len(keys) > 1 else {}


def _shared(paths: Sequence[Path]) -> int:
    """How many names all paths begin with."""
    steps = zip(*paths, strict=False)
    return sum(1 for _ in takewhile(lambda names: len(set(names)) == 1, steps))


def _text_at(place: Place, path: Path) -> str:
    value: Any = place.around[-1 - path[0]] if path[0] < len(place.around) else None
    for key in path[1:]:
        if isinstance(value, dict):
            value = value.get(key)
        else:
            value = value[key] if isinstance(value, list) and key < len(value) else None
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
    return as_text(value).strip() if isinstance(value, str | int) else ""


def _held(place: Place) -> Iterator[tuple[Path, str]]:
    """The short texts of what a place stands in: how far inside, the names that lead to it,
    text."""
    for deep, value in enumerate(reversed(place.around)):
        for path, text in _texts(value):
            yield (deep, *path), text


def _texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The short texts of an object or a record; a list of one text is that text."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:_FEW])
    for key, one in items:
        if isinstance(one, list) and len(one) == 1:
            one = one[0]
        if isinstance(one, dict):
            yield from _texts(one, (*path, key)) if isinstance(value, dict) else ()
        elif isinstance(one, str) or (isinstance(one, int) and key in _NAMES):
            text = as_text(one).strip()
            if text and len(text) <= _SHORT and not is_bounds(text):
                yield (*path, key), text


def _comes_again(values: Counter[str]) -> bool:
    return len(values) <= max(_FEW, values.total() // _AGAIN)


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
