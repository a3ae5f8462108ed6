"""What the targets of a task of the kind `extract` are made of, learnt from train: where values
stand in their text, which fields are chosen rather than copied, how an answer is written.

What it is for   `dictionary`, `crf` and `tagger` name spans of a text; this makes lines or JSON
                 objects of them
Copied, chosen   a field of an object is copied where half of its values or more stand in their
                 texts; other fields, such as a category, or a date in another writing, are chosen
                 among the values of train
Same words       what was written for a span in train is written for it again: `oslo` may be OSL
Writing          words that were not seen are written as the field's values mostly are: as in the
                 text, in lower or upper case
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.core.types import Example
from assay.core.words import LETTER
from assay.tasks import json_objects
from assay.tasks.entities import Piece, Span, format_entities, of_spans, pieces_of

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
OUTSIDE = "O"  # the tag of a word that is in no piece
COPIED = 0.5  # share of a field's values that stand in their texts
MOST_VALUES = 200  # that a chosen field is chosen among
CASES: dict[str, Callable[[str], str]] = {
    "": str,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
}


@dataclass(frozen=True)
class TargetFields:
    """
    Attributes:
        schema: of the objects; None where answers are lines of pieces.
        copied: types of spans, sorted. chosen: fields that are chosen, sorted.
        written_as: type -> words of a span, folded -> what stood for them in train, where it is not
            the span itself.
        cases: type -> a name in CASES.
    """

    schema: Mapping[str, Any] | None
    copied: tuple[str, ...]
    chosen: tuple[str, ...]
    written_as: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    cases: Mapping[str, str] = field(default_factory=dict)

    def answer(self, text: str, spans: Sequence[Span], chosen: Mapping[str, Sequence[str]]) -> str:
        """The line or the object of these spans and chosen values."""
        if self.schema is None:
            return format_entities(of_spans(spans, text))
        pieces = [(kind, self._words(kind, words)) for kind, words in of_spans(spans, text)]
        pieces += [(name, value) for name, values in chosen.items() for value in values]
        return json_objects.dump_object(json_objects.build_object(pieces, self.schema))

    def _words(self, kind: str, words: str) -> str:
        known = self.written_as.get(kind, {}).get(_fold_words(words))
        return CASES[self.cases.get(kind, "")](words) if known is None else known

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> TargetFields:
        copied, chosen = tuple(saved["copied"]), tuple(saved["chosen"])
        return cls(saved["schema"], copied, chosen, saved["written_as"], saved["cases"])


def learn_fields(rows: Sequence[Example], form: str = "") -> TargetFields:
    """What these rows say of their targets.

    Args:
        form: the JSON schema that answers must fit, where there is one.
    """
    targets = [row.target or "" for row in rows]
    if not any(map(json_objects.is_object, targets)):
        return TargetFields(
            None, tuple(sorted({kind for target in targets for kind, _ in pieces_of(target)})), ()
        )
    there: Counter[str] = Counter()
    standing: Counter[str] = Counter()
    said: defaultdict[str, defaultdict[str, Counter[str]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    for row, target in zip(rows, targets, strict=True):
        for path, words in pieces_of(target):
            there[path] += 1
            if span := place_of(words, row.text):
                standing[path] += 1
                said[path][_fold_words(row.text[slice(*span)])][words] += 1
    copied = tuple(sorted(path for path in there if standing[path] >= COPIED * there[path]))
    cases = {path: _case(said[path]) for path in copied}
    known = {
        path: {span: words.most_common(1)[0][0] for span, words in said[path].items()}
        for path in copied
    }
    schema = json_objects.schema_of(
        one for target in targets if (one := json_objects.parse_object(target)) is not None
    )
    if form and "properties" in (given := json.loads(form)) and "$ref" not in form:
        schema = given | {"required": given.get("required", [])}
    return TargetFields(schema, copied, tuple(sorted(set(there) - set(copied))), known, cases)


def place_of(words: str, text: str, after: int = 0) -> tuple[int, int] | None:
    """Where a value stands in a text, at the borders of words: letter for letter after a place,
    else anywhere, else but for case, else as the same number in another writing."""
    pattern = r"\s+".join(map(re.escape, words.split()))
    before, behind = (
        rf"(?<!{LETTER})" if re.match(LETTER, words) else "",
        rf"(?!{LETTER})" if re.match(LETTER, words[-1:]) else "",
    )
    exact = re.compile(before + pattern + behind)
    match = exact.search(text, after) or exact.search(text)
    match = match or re.compile(before + pattern + behind, re.IGNORECASE).search(text)
    if match is None and NUMBER.fullmatch(words):
        match = next((m for m in NUMBER.finditer(text) if _value(m[0]) == _value(words)), None)
    return match.span() if match else None


def spans_of(row: Example, kinds: Sequence[str]) -> list[Span]:
    """Where the pieces of a row's target stand, of these types: each after the one of its type
    before it."""
    spans: list[Span] = []
    at: dict[Piece, int] = {}
    for kind, words in pieces_of(row.target or "") if row.target else ():
        if (
            kind in kinds
            and words
            and (span := place_of(words, row.text, at.get((kind, words), 0)))
        ):
            spans.append((*span, kind))
            at[kind, words] = span[1]
    return sorted(set(spans))


def marks(spans: Sequence[Span], words: Sequence[tuple[int, int]]) -> list[str]:
    """The tag of each word: of the first span that it lies in."""
    found, begun = [], set()
    for start, end in words:
        span = next((one for one in spans if one[0] < end and start < one[1]), None)
        found.append(OUTSIDE if span is None else f"{'I' if span in begun else 'B'}-{span[2]}")
        begun |= {span} if span else set()
    return found


def values_of(row: Example, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The values of these fields in a row, each a class to choose: a list is one class."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for kind, words in pieces_of(row.target or ""):
        if kind in found:
            found[kind].append(words)
    return {name: tuple(values) for name, values in found.items()}


def classes_of(rows: Sequence[Example], name: str) -> list[tuple[str, ...]]:
    """What a chosen field is chosen among, the most frequent first; its absence is one of them."""
    counts = Counter(values_of(row, [name])[name] for row in rows)
    return sorted(counts, key=lambda one: (-counts[one], one))[:MOST_VALUES]


def _fold_words(words: str) -> str:
    return json_objects.normalise_field(("", words))[1]


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _case(said: Mapping[str, Counter[str]]) -> str:
    """How words are mostly written: the first of CASES that gives most of the values, from words in
    the text."""
    rows = [(span, words) for span, counts in said.items() for words in counts]
    first = sum(any(letter.isupper() for letter in words) for _, words in rows)
    if not rows or 0.1 * len(rows) < first < 0.9 * len(rows):
        return ""
    scores = {
        name: sum(case(words) == words for _, words in rows) for name, case in CASES.items() if name
    }
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= 0.95 * len(rows) else ""
