"""Where the marks of a text may stand in an annotation, however deep and under whatever names: two
numbers, `[3, 7]`, "3:7", and the words that they cut out.

What it is for   every pair that may be bounds, with every text beside it that may be its words;
                 `measured_spans` asks the text which of them are
Watch out        a start that is not there is 0, where a number is called an end
Forms            {start, end, text}; {text: [...], offsets: [[3, 7]]}; [["Oslo"], ["3:7"]];
                 {"Oslo": [[3, 7]]}; lists of the places of words, [3, 4, 5]
"""

import re
from collections.abc import Iterator, Sequence, Set
from itertools import chain, combinations
from typing import Any, NamedTuple

from assay.tasks.columns import words_of

# How a place may be written; the first five have words, "said" nothing else.
KINDS = frozenset({"beside", "numbers", "key", "start", "said", "alone", "named", "run"})
DEEPEST = 8
_NOWHERE = 1 << 40  # numbers that are no places in a row lie outside of every text
_NOTHING = {"null", "none", "nan", "n/a", "-"}
_MOST = 6  # numbers of one object that are tried in pairs
_PAIR = re.compile(r"\s*[\[(]?\s*(-?\d+)\s*(?:[:,;\u2013-]|\.\.|\s)\s*(-?\d+)\s*[\])]?\s*")
_NUMBERED = re.compile(r"[A-Za-z]{0,2}[-_]?\d+")  # names of annotations, such as T1
_MARKS: dict[str, str] = dict.fromkeys(
    "start begin beg from first onset left offset".split(), "start"
)
_MARKS |= dict.fromkeys("end stop to last right".split(), "end")
_MARKS |= dict.fromkeys("length len size".split(), "length")
_COUNTED = {"index", "idx", "position", "pos", "char", "character", "token", "word", "span"}
_SIDES = {"exclusive", "inclusive"}


class Place(NamedTuple):
    """Numbers that may be bounds, and a text that may be what they cut out."""

    form: tuple[Any, ...]  # the same for all that are written alike: a kind, then names or places
    path: tuple[str, ...]  # the names around it
    first: int
    last: int
    words: str = ""
    around: tuple[Any, ...] = ()  # the object or list that they stand in, and those around it


def places(
    value: Any,
    kinds: Set[str] = KINDS,
    path: tuple[str, ...] = (),
    around: tuple[Any, ...] = (),
) -> Iterator[Place]:
    """Everything in an annotation that may be the place of a piece.

    Args:
        kinds: of forms that are looked for. path: the names that lead to the value. around: what it
            stands in, the innermost first.
    """
    items = _items(value)
    if not items or len(around) > DEEPEST:
        return
    around = (value, *around)
    bounds = [(key, pairs) for key, one in items if (pairs := _bounds(one))]
    numbers = [(key, n) for key, one in items if (n := _whole(one)) is not None][:_MOST]
    if bounds or numbers or "said" in kinds:
        texts = [(key, some) for key, one in items if (some := _texts(one))]
        names = isinstance(value, dict) and len(bounds) == len(items)  # of types, or words
        for place in chain(
            _of_bounds(bounds, texts, path, names=names),
            _of_numbers(numbers, texts, path) if kinds & {"numbers", "start"} else (),
            _of_names(numbers, path) if "named" in kinds else (),
            _of_words(texts, path) if "said" in kinds else (),
        ):
            yield place._replace(around=around)
    placed = {key for key, _ in bounds}
    for key, one in items:
        if key not in placed and isinstance(one, dict | list | tuple):
            yield from places(one, kinds, _below(path, key), around)


def _of_bounds(
    bounds: Sequence[tuple[Any, list[Sequence[int]]]],
    texts: Sequence[tuple[Any, list[str]]],
    path: tuple[str, ...],
    *,
    names: bool,
) -> Iterator[Place]:
    """Pairs that stand in one field, alone, beside their words or under them."""
    for key, pairs in bounds:
        kind = "run" if any(len(pair) != 2 for pair in pairs) else "alone"
        below = _below(path, key)
        for pair in pairs:
            yield Place((kind, "*" if names else key), below, pair[0], pair[-1])
            if isinstance(key, str):
                yield Place(("key",), path, pair[0], pair[-1], key)
        for name, words in texts:
            for pair, said in _together(pairs, words):
                yield Place(("beside", key, name), _below(path, name), pair[0], pair[-1], said)


def _of_numbers(
    numbers: Sequence[tuple[Any, int]],
    texts: Sequence[tuple[Any, list[str]]],
    path: tuple[str, ...],
) -> Iterator[Place]:
    """Two numbers, or a start alone, beside words."""
    for name, words in texts:
        said, below = " ".join(words), _below(path, name)
        free = [(key, n) for key, n in numbers if key != name]
        for (start, a), (end, b) in combinations(free, 2):
            yield Place(("numbers", start, end, name), below, a, b, said)
        for start, a in free:
            yield Place(("start", start, name), below, a, a, said)


def _of_words(texts: Sequence[tuple[Any, list[str]]], path: tuple[str, ...]) -> Iterator[Place]:
    """Words that may stand in the text, without a place."""
    for name, words in texts:
        said = " ".join(words)
        nowhere = said.strip().casefold() in _NOTHING
        yield Place(("said", name), _below(path, name), -nowhere, -nowhere, said)


def _of_names(numbers: Sequence[tuple[Any, int]], path: tuple[str, ...]) -> Iterator[Place]:
    """Two numbers whose names say that they are bounds, or the two of a record."""
    for (start, a), (end, b) in combinations(numbers, 2):
        if _named(start, end) or (isinstance(start, int) and len(numbers) == 2):
            yield Place(("named", start, end), (*path, *_about(start)), a, b)
    ends = [key for key, _ in numbers if isinstance(key, str) and _meaning(key) == {"end"}]
    if len(ends) == 1 and not any(_is_start(key) for key, _ in numbers):
        # programs that leave out zeros
        yield Place(("named", "", ends[0]), (*path, *_about(ends[0])), 0, dict(numbers)[ends[0]])


def annotations_in(value: Any) -> list[Any]:
    """The annotations that a field holds: those of a list, or of an object whose names are numbers
    (`T1`, `T2`) or whose lists are in step; else an object is one."""
    if isinstance(value, dict) and value and all(map(_NUMBERED.fullmatch, map(str, value))):
        return [*value.values()]
    value = _in_step(value)
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []


def _in_step(value: Any) -> Any:
    """An object of lists of one length as a list of objects: `{"start": [0, 5], "type": [...]}`."""
    if not isinstance(value, dict) or len(value) < 2:
        return value
    lists = [*value.values()]
    if not all(isinstance(one, list) and len(one) == len(lists[0]) for one in lists):
        return value
    plain = any(not isinstance(one, dict | list) for some in lists for one in some)
    return (
        [dict(zip(value, row, strict=True)) for row in zip(*lists, strict=True)] if plain else value
    )


def is_bounds(text: str) -> bool:
    """Is it a pair of numbers, as "12:34"?"""
    return _PAIR.fullmatch(text) is not None


def _items(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return [(str(key), one) for key, one in value.items()]
    return [*enumerate(value)] if isinstance(value, list | tuple) else []


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        return int(value) if value.isdecimal() and len(value) < 10 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _bounds(value: Any) -> list[Sequence[int]]:
    """The pairs of numbers that a value is, or the places of words in a row; [] of others."""
    if isinstance(value, str):
        match = _PAIR.fullmatch(value)
        return [(int(match[1]), int(match[2]))] if match else []
    if isinstance(value, dict):
        return _bounds([*value.values()]) if len(value) == 2 and _named(*value) else []
    if not isinstance(value, list | tuple) or not value:
        return []
    if all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        run = [*value] == [*range(value[0], value[0] + len(value))]
        return [value] if run or len(value) == 2 else [(value[0], _NOWHERE, _NOWHERE)]
    pair = [_whole(one) for one in value]
    if len(pair) == 2 and pair[0] is not None and pair[1] is not None:
        return [(pair[0], pair[1])]
    inner = [_bounds(one) for one in value]
    return [one[0] for one in inner] if all(len(one) == 1 for one in inner) else []


def _texts(value: Any) -> list[str]:
    """The texts that a value is, years and times among them."""
    some = value if isinstance(value, list | tuple) else [value]
    said = [one for one in some if isinstance(one, str) and one.strip()]
    return said if len(said) == len(some) else []


def _together(
    pairs: Sequence[Sequence[int]], words: Sequence[str]
) -> Iterator[tuple[Sequence[int], str]]:
    if len(pairs) == len(words):
        yield from zip(pairs, words, strict=True)
    elif len(pairs) == 1:
        yield pairs[0], " ".join(words)


def _below(path: tuple[str, ...], name: Any) -> tuple[str, ...]:
    return (*path, name) if isinstance(name, str) else path


def _named(start: Any, end: Any) -> bool:
    """Are these names of a start and of an end, or of a length?"""
    if not isinstance(start, str) or not isinstance(end, str):
        return False
    ends = bool({"end", "length"} & _meaning(end))
    return _is_start(start) and ends and _rest(start) == _rest(end)


def _is_start(name: Any) -> bool:
    meaning = _meaning(name) if isinstance(name, str) else set()
    return "start" in meaning and "end" not in meaning


def is_length(form: Sequence[Any]) -> bool:
    """Do bounds of this form have a length for their end?"""
    return form[0] == "named" and isinstance(form[2], str) and "length" in _meaning(form[2])


def _meaning(name: str) -> set[str]:
    return {_MARKS[mark] for word in words_of(name) if (mark := _mark(word))}


def _rest(name: Any) -> tuple[str, ...]:
    """What a name says beside that it is a bound: `aspect_start` is of the aspect."""
    words = words_of(name) if isinstance(name, str) else []
    return tuple(word for word in words if not _mark(word) and word not in _SIDES)


def _about(name: Any) -> tuple[str, ...]:
    """The same without what is counted."""
    return tuple(word for word in _rest(name) if word not in _COUNTED)


def _mark(word: str) -> str:
    begun = next((mark for mark in ("start", "begin", "end") if word.startswith(mark)), "")
    return begun or (word if word in _MARKS else "")
