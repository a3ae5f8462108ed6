"""How the marks of a field bound pieces of a text, as the first rows tell: which text, what is
counted, from where to where.

What it is for   every text of a row and every way to count is tried; what cuts out most of the
                 words beside the bounds is taken, else what cuts out whole words
Watch out        words without bounds count last, and only where nothing else may be the target
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.data.reading.span_places import Place, annotations_in, is_length, places
from assay.data.reading.span_texts import MarkedText, Path, text_at, text_paths
from assay.tasks import column_names

MOSTLY = 0.9  # share of the places of a form that have to fit
MANY = 50  # marks of a row that are looked at
_INCLUSIVE = "the end is the last one inside"
_AT_WORDS = "a start and the words"
SAID = "where its words stand"
# How two numbers bound a piece: its first character or word, and one past its last.
WAYS: dict[str, Callable[[Place], tuple[int, int]]] = {
    "": lambda one: (one.first, one.last),
    _INCLUSIVE: lambda one: (one.first, one.last + 1),
    "the second number is the length": lambda one: (one.first, one.first + one.last),
    "counted from 1, the end is the last one inside": lambda one: (one.first - 1, one.last),
    "counted from 1": lambda one: (one.first - 1, one.last - 1),
    _AT_WORDS: lambda one: (one.first, one.first + len(one.words)),
    SAID: lambda one: (0, 0),
}
_WORDED = {"beside", "numbers", "key"}  # kinds of forms with words


@dataclass(frozen=True, slots=True)
class Measure:
    """Which text the marks of a field are of, and how they bound its pieces. `by_words`: they count
    words; `way`: one of WAYS; `forms` of their places; `fits`: how many of the first ones do."""

    path: Path
    by_words: bool
    way: str
    forms: frozenset[tuple[Any, ...]]
    fits: int

    @property
    def worded(self) -> bool:
        """Do words stand beside the bounds?"""
        return any(form[0] in _WORDED for form in self.forms)


def measure_of(rows: Sequence[Mapping[str, Any]], name: str) -> Measure | None:
    """The text, and the way, by which most bounds cut out what they should."""
    objects = [annotations_in(row[name])[:MANY] for row in rows]
    marks = [[place for one in some for place in places(one)] for some in objects]
    if not any(marks):
        return None
    lists = all(isinstance(one, list) for some in objects for one in some)
    best: dict[bool, Measure] = {}
    for path in text_paths(rows[0], name):
        for by_words in (False, True):
            texts = [text_at(row, path, by_words=by_words) for row in rows]
            known = [(text, some) for text, some in zip(texts, marks, strict=True) if text]
            if len(known) < len(rows):
                continue
            for measure in (
                *_worded(path, by_words, known),
                _wordless(
                    path, by_words, known, lists or not isinstance(rows[0].get(path[0]), str)
                ),
            ):
                if measure and measure.fits > getattr(best.get(measure.worded), "fits", 0):
                    best[measure.worded] = measure
    return best.get(True) or best.get(False) or _said(rows, name, marks)


def _said(
    rows: Sequence[Mapping[str, Any]], name: str, marks: Sequence[Sequence[Place]]
) -> Measure | None:
    """Words without bounds that stand in the longest text that all rows have."""
    for path in text_paths(rows[0], name):
        texts = [text_at(row, path, by_words=False) for row in rows]
        known = [*zip(texts, marks, strict=True)]
        if has_other_target(rows, name, path) or not all(text for text, _ in known):
            continue
        total: Counter[tuple[Any, ...]] = Counter()
        fits: Counter[tuple[Any, ...]] = Counter()
        for text, place in ((text, place) for text, some in known if text for place in some):
            # arguments of a call stand in an object of their own
            if place.form[0] == "said" and place.first >= 0 and len(place.path) < 2:
                total[place.form] += 1
                fits[place.form] += text.nearest(place.words, 0) is not None
        forms = {form for form in total if fits[form] >= MOSTLY * total[form]}
        return Measure(path, False, SAID, frozenset(forms), 0) if forms else None
    return None


def _worded(
    path: Path, by_words: bool, known: Sequence[tuple[MarkedText, Sequence[Place]]]
) -> Iterator[Measure]:
    """Bounds that cut out the words beside them, in each way."""
    for way, bound in WAYS.items():
        kinds = {"start"} if way == _AT_WORDS else _WORDED
        if by_words and way == _AT_WORDS:
            continue
        total: Counter[tuple[Any, ...]] = Counter()
        fits: Counter[tuple[Any, ...]] = Counter()
        for text, some in known:
            for place in some:
                if place.form[0] in kinds and place.first >= 0:
                    total[place.form] += 1
                    fits[place.form] += text.says(*bound(place), place.words)
        forms = {form for form in total if fits[form] >= MOSTLY * total[form]}
        if forms:
            yield Measure(path, by_words, way, frozenset(forms), sum(fits[one] for one in forms))


def _wordless(
    path: Path, by_words: bool, known: Sequence[tuple[MarkedText, Sequence[Place]]], record: bool
) -> Measure | None:
    """Bounds that cut out whole words; of words, those that lie in the text.

    Args:
        record: numbers without names may count words.
    """
    by_form: dict[tuple[Any, ...], list[tuple[MarkedText, Place]]] = {}
    for text, some in known:
        for place in some:
            if place.form[0] in ("alone", "named", "run") and place.first >= 0:
                by_form.setdefault(place.form, []).append((text, place))
    run = any(form[0] == "run" for form in by_form)
    if run and all(place.first == place.last for some in by_form.values() for _, place in some):
        return None  # single numbers may be anything
    best: dict[str, set[tuple[Any, ...]]] = {}
    for form, some in by_form.items():
        if by_words and not (record or run):
            continue
        ways = (
            [_INCLUSIVE]
            if run
            else ["the second number is the length"]
            if is_length(form)
            else ["", _INCLUSIVE]
        )
        for way in ways:
            bound = WAYS[way]
            good = sum(text.is_whole(*bound(place)) for text, place in some)
            if good >= (1 if by_words else MOSTLY) * len(some):
                best.setdefault(way, set()).add(form)
                break
    if not best:
        return None
    way = max(best, key=lambda one: sum(len(by_form[form]) for form in best[one]))
    forms = frozenset(best[way])
    return Measure(path, by_words, way, forms, sum(len(by_form[form]) for form in forms))


def has_other_target(rows: Sequence[Mapping[str, Any]], name: str, path: Path) -> bool:
    """Is there another text that a row may be about, or a label?"""
    for other in {field for row in rows for field in row} - {name, path[0]}:
        said = [value for row in rows if isinstance(value := row.get(other), str)]
        if sum(len(one.split()) for one in said) >= 3 * len(rows):
            return True
        if other.casefold() in column_names.LABEL and not isinstance(rows[0].get(other), list):
            return True
    return False
