"""Named pieces of a text that are recognised by their values: bounds that cut out of the text the
very words that stand beside them, or whole words.

What it is for   annotations under any name, with bounds anywhere inside of them; they count
                 characters or words, from 0 or 1, the end being the last one inside or the next
The type         the short text of an annotation that comes again, and the name around its bounds
                 where there are several
Watch out        bounds without words beside them need names or a form that leaves no doubt; what
                 does not fit is left out and counted
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.opened_objects import QUESTIONS
from assay.data.reading.read_file import RawRow, RawTable
from assay.data.reading.shapes import text_spans
from assay.data.reading.span_places import Place, annotations_in, is_length, places
from assay.data.reading.span_texts import MarkedText, Path, text_at, text_paths
from assay.data.reading.span_types import Annotation, SpanTypes, types_of
from assay.tasks import column_names
from assay.tasks.entities import BOUNDS, TYPE

LOOKED_AT = 20  # rows
MOSTLY = 0.9  # share of the places of a form that have to fit
_COVERED = 0.8  # share of the letters of a text that words cover
_MANY = 50  # marks of a row that are looked at
ENTITIES = "entities"
TARGETS = {"entities", "label", "labels", "messages"}
_INCLUSIVE = "the end is the last one inside"
_AT_WORDS = "a start and the words"
_PLAIN = (*((name,) for name in TYPE), (2,))  # where spans that are read as they are have a type
# How two numbers bound a piece: its first character or word, and one past its last.
_WAYS: dict[str, Callable[[Place], tuple[int, int]]] = {
    "": lambda one: (one.first, one.last),
    _INCLUSIVE: lambda one: (one.first, one.last + 1),
    "the second number is the length": lambda one: (one.first, one.first + one.last),
    "counted from 1, the end is the last one inside": lambda one: (one.first - 1, one.last),
    "counted from 1": lambda one: (one.first - 1, one.last - 1),
    _AT_WORDS: lambda one: (one.first, one.first + len(one.words)),
}
_WORDED = {"beside", "numbers", "key"}  # kinds of forms with words


@dataclass(frozen=True, slots=True)
class _Measure:
    """Which text the marks of a field are of, and how they bound its pieces."""

    path: Path
    by_words: bool
    way: str
    forms: frozenset[tuple[Any, ...]]
    fits: int

    @property
    def worded(self) -> bool:
        return any(form[0] in _WORDED for form in self.forms)


def measure_spans(table: RawTable, named: set[str]) -> RawTable:
    """The table with the pieces as spans in `entities`, where a field holds such marks."""
    if TARGETS & set(table.roles):
        return table
    for name in table.names:
        if name in named and name != ENTITIES:
            continue
        marked = (raw.fields for raw in table.rows if _holds(raw.fields.get(name)))
        first = [row for row, _ in zip(marked, range(LOOKED_AT), strict=False)]
        measure = _measure(first, name) if first else None
        asked = measure and set(QUESTIONS) & {*table.names} - {measure.path[0]}
        if measure and not asked and (made := _measured(table, name, measure)):
            return made
    return table


def _holds(value: Any) -> bool:
    """May these be annotations: objects or records in a list, or an object of them?"""
    some = [*value.values()] if isinstance(value, Mapping) else value
    return (
        isinstance(some, list)
        and bool(some)
        and all(isinstance(one, Mapping | list) for one in some)
    )


def _measure(rows: Sequence[Mapping[str, Any]], name: str) -> _Measure | None:
    """The text, and the way, by which most bounds cut out what they should."""
    objects = [annotations_in(row[name])[:_MANY] for row in rows]
    marks = [[place for one in some for place in places(one)] for some in objects]
    if not any(marks):
        return None
    lists = all(isinstance(one, list) for some in objects for one in some)
    best: dict[bool, _Measure] = {}
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
    return best.get(True) or best.get(False)


def _worded(
    path: Path, by_words: bool, known: Sequence[tuple[MarkedText, Sequence[Place]]]
) -> Iterator[_Measure]:
    """Bounds that cut out the words beside them, in each way."""
    for way, bound in _WAYS.items():
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
            yield _Measure(path, by_words, way, frozenset(forms), sum(fits[one] for one in forms))


def _wordless(
    path: Path, by_words: bool, known: Sequence[tuple[MarkedText, Sequence[Place]]], record: bool
) -> _Measure | None:
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
            bound = _WAYS[way]
            good = sum(text.is_whole(*bound(place)) for text, place in some)
            if good >= (1 if by_words else MOSTLY) * len(some):
                best.setdefault(way, set()).add(form)
                break
    if not best:
        return None
    way = max(best, key=lambda one: sum(len(by_form[form]) for form in best[one]))
    forms = frozenset(best[way])
    return _Measure(path, by_words, way, forms, sum(len(by_form[form]) for form in forms))


def _measured(table: RawTable, name: str, measure: _Measure) -> RawTable | None:
    """The table with the pieces; None where they have no type, or too many do not fit."""
    rows = [raw.fields for raw in table.rows]
    kinds = {form[0] for form in measure.forms}
    annotations = [
        [
            Annotation(one, [p for p in places(one, kinds) if p.form in measure.forms])
            for one in (annotations_in(row.get(name)) if _holds(row.get(name)) else [])
        ]
        for row in rows
    ]
    every = [one for some in annotations for one in some]
    if any(_asks(one.value) for one in every[:_MANY]):
        return None
    types = types_of(every)
    alone = ""
    if not types.tells:
        deep = any(len(place.path) > 1 for one in every for place in one.places)
        if deep or not measure.worded or _has_other_target(rows[:LOOKED_AT], name, measure.path):
            return None
        alone = name
    tally: Counter[str] = Counter()
    made = []
    for row, some in zip(rows, annotations, strict=True):
        text = text_at(row, measure.path, by_words=measure.by_words) or MarkedText("")
        spans = [
            _span(text, place, measure, types, alone, tally) for one in some for place in one.places
        ]
        tally["nowhere"] += sum(all(place.first < 0 for place in one.places) for one in some)
        kept = {(one["start"], one["end"], one["label"]): one for one in spans if one}
        made.append([kept[key] for key in sorted(kept)])
        if kept:
            tally["letters"] += len("".join(text.text.split()))
            for start, end, _ in kept:
                words = text.text[start:end].split()
                tally.update(marked=len("".join(words)), words=len(words), pieces=1)
    if tally["wrong"] + tally["moved"] > (1 - MOSTLY) * tally["all"] or not any(made):
        return None
    if _are_words(tally, single=not alone):
        return None
    if not tally["wrong"] + tally["moved"] and _is_plain(table, name, measure, types):
        return table
    return _with_spans(table, name, measure, types, made, tally)


def _are_words(tally: Counter[str], *, single: bool) -> bool:
    """Do the marks cover nearly all of their texts, as tokens do?

    Args:
        single: only where each marks one word; a type of each sentence is worth learning.
    """
    whole = tally["marked"] >= _COVERED * tally["letters"]
    return whole and (not single or tally["words"] <= 1.5 * tally["pieces"])


def _span(
    text: MarkedText,
    place: Place,
    measure: _Measure,
    types: SpanTypes,
    alone: str,
    tally: Counter[str],
) -> dict[str, Any] | None:
    """The piece at a place; None, and counted, where there is none."""
    if place.first < 0:
        return None
    tally["all"] += 1
    start, end = _WAYS[measure.way](place)
    bounds = text.bounds(start, end)
    moved = bool(place.words) and not text.says(start, end, place.words)
    if moved:
        bounds = text.nearest(place.words, start)
    kind = alone or types.of(place)
    if not bounds or not kind:
        tally["wrong"] += 1
        return None
    tally["moved"] += moved
    return {"start": bounds[0], "end": bounds[1], "label": kind}


def _asks(value: Any) -> bool:
    """Does an annotation hold a question, whose answers stand in the text?"""
    if isinstance(value, Mapping):
        return not set(QUESTIONS).isdisjoint(value) or any(map(_asks, value.values()))
    return isinstance(value, list) and any(map(_asks, value))


def _has_other_target(rows: Sequence[Mapping[str, Any]], name: str, path: Path) -> bool:
    """Is there another text that a row may be about, or a label?"""
    for other in {field for row in rows for field in row} - {name, path[0]}:
        said = [value for row in rows if isinstance(value := row.get(other), str)]
        if sum(len(one.split()) for one in said) >= 3 * len(rows):
            return True
        if other.casefold() in column_names.LABEL and not isinstance(rows[0].get(other), list):
            return True
    return False


def _is_plain(table: RawTable, name: str, measure: _Measure, types: SpanTypes) -> bool:
    """Are these spans that are read as they are?"""
    known = text_spans(table.names, table.rows[0].fields) or {}
    usual = all(form[1:3] in (*BOUNDS, (0, 1)) for form in measure.forms)
    told = [*types.texts.values()]
    named = told and all(len(at) == 1 and at[0][1:] in _PLAIN for at in told)
    found = {"text": measure.path[0], "entities": name}
    return known == found and not measure.way and usual and bool(named)


def _with_spans(
    table: RawTable,
    name: str,
    measure: _Measure,
    types: SpanTypes,
    made: Sequence[list[dict[str, Any]]],
    tally: Counter[str],
) -> RawTable:
    text = measure.path[0] if len(measure.path) == 1 else "text"
    to = ENTITIES if name == ENTITIES or ENTITIES not in table.names else f"{name}_{ENTITIES}"
    rows = []
    for raw, spans in zip(table.rows, made, strict=True):
        rest = {
            field: value
            for field, value in raw.fields.items()
            if field not in (name, measure.path[0])
        }
        said = text_at(raw.fields, measure.path, by_words=False)
        first = {
            text: raw.fields.get(text) if len(measure.path) == 1 else said.text if said else ""
        }
        rows.append(RawRow(raw.source, {**first, **rest, to: spans}))
    return replace(
        table,
        rows=rows,
        names=tuple(dict.fromkeys(field for raw in rows for field in raw.fields)),
        notes=[*table.notes, *_notes(table.place, name, measure, types, tally)],
        roles={"text": text, "entities": to},
    )


def _notes(
    place: str, name: str, measure: _Measure, types: SpanTypes, tally: Counter[str]
) -> Iterator[str]:
    """What was made of the field, and what was not."""
    told = f"'{printable(name)}' marks pieces of '{printable('.'.join(measure.path))}'"
    how = [measure.way] if measure.way else []
    how += ["counted in words"] if measure.by_words else []
    yield f"{place}: {told}{': ' if how else ''}{', '.join(how)}"
    if types.left:
        yield f"{place}: of each piece {', '.join(map(printable, types.left))} was left out"
    for what, count in (
        ("stand elsewhere than their bounds say, and were taken there", tally["moved"]),
        ("do not fit their text, or have no type, and were left out", tally["wrong"]),
        ("name no place in the text, and were left out", tally["nowhere"]),
    ):
        if count:
            yield f"{place}: {count:,} marks of '{printable(name)}' {what}"
