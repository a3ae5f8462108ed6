"""Name what training rows have named: their words, the shapes of their numbers and codes, the words
beside them.

What it is for   the floor of `extract`: what a list of known values and some patterns find; a model
                 has to find more
Costs            no model; seconds of training; a millisecond an answer
How              every run of words is a candidate. Five things speak for it: its words; its shape,
                 where it has a digit or an @ (`A-12345` is `a-00000`); how its words are written
                 together with the word before it, with the word after it, or with both. How often
                 each of them was right is counted on train, and what such a count is worth on the
                 folds of train that were left out of it. The likeliest candidates are named, the
                 longer one first among equals, where they reach the threshold of their type, which
                 is the one with the best F1 on those folds. A field that is chosen rather than
                 copied has a decision list over words
Source           dictionaries and rote learning as the baseline: Tjong Kim Sang and De Meulder
                 (2003), CoNLL-2003, aclanthology.org/W03-0419; contexts of names: Collins and
                 Singer (1999), aclanthology.org/W99-0613; decision lists: Yarowsky (1994),
                 aclanthology.org/P94-1013
Good when        values come again, or are written after a pattern; a few dozen rows
Watch out        names that were never seen, in places that were never seen, are not found
Defaults from    three folds are cheap; all else is counted
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from assay.core.errors import Problem
from assay.core.preconditions import need_rows
from assay.core.sampling import random_stream
from assay.core.store import read_json, write_json
from assay.core.types import Adapted, Answer, Example, Lesson, Strategy, Task, Tell
from assay.strategies.tagging.field_schema import (
    WORD,
    TargetFields,
    classes_of,
    learn_fields,
    spans_of,
    values_of,
)
from assay.tasks.entities import Span

LONGEST = 10  # words of a candidate
LEAST = 0.02  # what less speaks for is no candidate
CUTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # thresholds that are tried
RULES = 2000  # of a decision list
_TOKEN = re.compile(r"\w+")


class Dictionary(Strategy):
    kind: Literal["dictionary"] = "dictionary"
    baseline, gives = True, "no model"
    seeded = True
    folds: int = Field(default=3, ge=2, le=20)  # of train, to count what evidence is worth

    def unfit(self, task: Task) -> Iterator[Problem]:
        if task.kind != "extract":
            text = f"dictionary names pieces of the text; this task is of the kind '{task.kind}'"
            yield Problem("T042", text, help="leave this strategy out, or set `task.kind: extract`")

    def fit(self, lesson: Lesson) -> DictionaryAnswers:
        need_rows("dictionary", lesson)
        fields = learn_fields(lesson.train, lesson.task.form.text if lesson.task.form else "")
        rows = [TextWords.of(row.text, spans_of(row, fields.copied)) for row in lesson.train]
        worth, cuts = estimate_precision(rows, self.folds, lesson.seed)
        lists = {name: decisions(lesson.train, name) for name in fields.chosen}
        return DictionaryAnswers(fields, Evidence.of(rows), worth, cuts, lists)

    def restore(self, folder: Path, lesson: Lesson) -> DictionaryAnswers:
        saved = read_json(folder / "dictionary.json")
        evidence = Evidence(saved["longest"], saved["right"], saved["seen"])
        lists = {name: Decisions(**one) for name, one in saved["lists"].items()}
        return DictionaryAnswers(
            TargetFields.from_json(saved["fields"]), evidence, saved["worth"], saved["cuts"], lists
        )


class DictionaryAnswers(Adapted):
    """`worth`: bin of evidence -> share that was right. `cuts`: type -> threshold."""

    def __init__(
        self,
        fields: TargetFields,
        evidence: Evidence,
        worth: Mapping[str, float],
        cuts: Mapping[str, float],
        lists: Mapping[str, Decisions],
    ):
        self.fields, self.evidence, self.worth, self.cuts, self.lists = (
            fields,
            evidence,
            worth,
            cuts,
            lists,
        )

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        lines = [self._line(question.text) for question in questions]
        return [Answer(line, raw=line) for line in lines]

    def _line(self, text: str) -> str:
        read = TextWords.of(text)
        found = resolve_overlaps(score_candidates(self.evidence.candidates(read), self.worth))
        spans = [
            read.span(place, kind)
            for share, place, kind in found
            if share >= self.cuts.get(kind, 0.5)
        ]
        return self.fields.answer(
            text, spans, {name: one.choose(text) for name, one in self.lists.items()}
        )

    def save(self, folder: Path) -> None:
        own = {
            "longest": self.evidence.longest,
            "right": self.evidence.right,
            "seen": self.evidence.seen,
        }
        lists = {name: vars(one) for name, one in self.lists.items()}
        more = {
            "fields": self.fields.to_json(),
            "worth": self.worth,
            "cuts": self.cuts,
            "lists": lists,
        }
        write_json(folder / "dictionary.json", {**own, **more})


# --- candidates and what speaks for them ----------------------------------------------------------

Place = tuple[int, int]  # first word, one past the last
Weighed = tuple[float, Place, str]  # share that it is right, place, type


@dataclass(frozen=True)
class TextWords:
    """A text in words. `gold`: place -> type of what is named."""

    text: str
    words: list[str]
    bounds: list[tuple[int, int]]
    shapes: list[str]  # of each word: 0 digits, a, A and Aa letters, else itself
    gold: dict[Place, str]

    @classmethod
    def of(cls, text: str, spans: Sequence[Span] = ()) -> TextWords:
        found = list(WORD.finditer(text))
        first, last = (
            {m.start(): i for i, m in enumerate(found)},
            {m.end(): i for i, m in enumerate(found)},
        )
        gold = {(first[a], last[b] + 1): kind for a, b, kind in spans if a in first and b in last}
        shapes = [_word_shape(m[0]) for m in found]
        return cls(text, [m[0].casefold() for m in found], [m.span() for m in found], shapes, gold)

    def span(self, place: Place, kind: str) -> Span:
        return self.bounds[place[0]][0], self.bounds[place[1] - 1][1], kind

    def keys(self, place: Place) -> Iterator[str]:
        """What speaks for a candidate; the first letter says what it is."""
        i, j = place
        words = self.words[i:j]
        before = self.words[i - 1] if i else "^"
        after = self.words[j] if j < len(self.words) else "$"
        how = " ".join(self.shapes[i:j]) if j - i <= 3 else f"{self.shapes[i]} {j - i}"
        yield "w" + " ".join(words)
        if any(c.isdigit() or c == "@" for word in words for c in word):
            yield "s" + _shape(self.text[self.bounds[i][0] : self.bounds[j - 1][1]])
        yield f"l{before} {how}"
        yield f"r{how} {after}"
        yield f"b{before} {how} {after}"


def _word_shape(word: str) -> str:
    if word.isdigit():
        return "0" * min(len(word), 5)
    if any(c.isdigit() for c in word):
        return "a0"
    if not word.isalpha():
        return word
    return "a" if word.islower() else "A" if word.isupper() and len(word) > 1 else "Aa"


def _shape(text: str) -> str:
    """`A-12345` is `a-00000`, `ann@mail.com` is `a@a.a`."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d", "0", " ".join(text.split())))


@dataclass
class Evidence:
    """`longest`: words of a candidate. `right`: key -> type -> times. `seen`: key -> times that it
    was there at all."""

    longest: int
    right: dict[str, dict[str, int]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[TextWords]) -> Evidence:
        lengths = sorted(j - i for row in rows for i, j in row.gold)
        made = cls(min(LONGEST, lengths[len(lengths) * 98 // 100]) if lengths else 0)
        right: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            for place, kind in row.gold.items():
                for key in row.keys(place):
                    right[key][kind] += 1
        seen: Counter[str] = Counter()
        for row in rows:
            for place in made.places(row):
                seen.update(key for key in row.keys(place) if key in right)
        made.right = {key: dict(kinds) for key, kinds in right.items()}
        made.seen = dict(seen)
        return made

    def places(self, row: TextWords) -> Iterator[Place]:
        n = len(row.words)
        for i in range(n):
            for j in range(i + 1, min(n, i + self.longest) + 1):
                yield i, j

    def candidates(self, row: TextWords) -> Iterator[tuple[Place, str, list[str]]]:
        """(place, type, bins of what speaks for it). A bin is a kind of evidence, how often it was
        right, 1 to 4, and which fifth of the times that it was there."""
        for place in self.places(row):
            found: dict[str, list[str]] = {}
            for key in row.keys(place):
                for kind, times in self.right.get(key, {}).items():
                    share = times / max(times, self.seen.get(key, times))
                    found.setdefault(kind, []).append(
                        f"{key[0]}{min(times, 4)}{min(4, int(5 * share))}"
                    )
            for kind, bins in found.items():
                yield place, kind, bins


def score_candidates(
    found: Iterator[tuple[Place, str, list[str]]], worth: Mapping[str, float]
) -> list[Weighed]:
    """How likely each candidate is right: one less the product of what each bin leaves open."""
    made = []
    for place, kind, bins in found:
        open_share = 1.0
        for one in bins:
            open_share *= 1 - worth.get(one, 0.0)
        if 1 - open_share >= LEAST:
            made.append((round(1 - open_share, 6), place, kind))
    return made


def resolve_overlaps(found: Sequence[Weighed]) -> list[Weighed]:
    """The likeliest candidates that share no word; among equals the longer one, then the earlier
    one."""
    taken: set[int] = set()
    kept = []
    for share, (i, j), kind in sorted(
        found, key=lambda one: (-one[0], one[1][0] - one[1][1], one[1], one[2])
    ):
        if taken.isdisjoint(range(i, j)):
            taken.update(range(i, j))
            kept.append((share, (i, j), kind))
    return kept


def estimate_precision(
    rows: Sequence[TextWords], folds: int, seed: int
) -> tuple[dict[str, float], dict[str, float]]:
    """(bin -> share that was right, type -> threshold), each row by the evidence of the folds that
    it is not in."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    left_out: list[tuple[TextWords, list[tuple[Place, str, list[str]]]]] = []
    order, folds = list(rows), min(folds, len(rows))
    random_stream(seed, "folds", sep="-").shuffle(order)  # files may be in turns, one of each kind
    for fold in range(folds):
        evidence = Evidence.of(
            [row for i, row in enumerate(order) if i % folds != fold or folds == 1]
        )
        for row in order[fold::folds]:
            found = list(evidence.candidates(row))
            left_out.append((row, found))
            for place, kind, bins in found:
                total.update(bins)
                right.update(bins if row.gold.get(place) == kind else ())
    # Half a right one and half a wrong one more: a bin that was met once is not sure.
    worth = {one: round((right[one] + 0.5) / (total[one] + 1), 6) for one in sorted(total)}
    named: defaultdict[str, list[tuple[float, bool]]] = defaultdict(list)
    wanted: Counter[str] = Counter(kind for row in rows for kind in row.gold.values())
    for row, found in left_out:
        for share, place, kind in resolve_overlaps(score_candidates(iter(found), worth)):
            named[kind].append((share, row.gold.get(place) == kind))
    return worth, {kind: _cut(named[kind], wanted[kind]) for kind in sorted(wanted)}


def _cut(named: Sequence[tuple[float, bool]], wanted: int) -> float:
    """The threshold with the best F1; the highest among equals."""

    def f1(cut: float) -> float:
        kept = [right for share, right in named if share >= cut]
        return 2 * sum(kept) / max(1, len(kept) + wanted)

    return max(reversed(CUTS), key=f1)


# --- fields that are chosen -----------------------------------------------------------------------


@dataclass(frozen=True)
class Decisions:
    """`values`: what is chosen among, the most frequent first. `rules`: word or pair of words ->
    (number of the value, how sure)."""

    values: Sequence[Sequence[str]]
    rules: Mapping[str, Sequence[float]]

    def choose(self, text: str) -> Sequence[str]:
        """The value of the surest rule; without one the most frequent value."""
        best = max(
            (tuple(self.rules[one]) for one in _features(text) if one in self.rules),
            key=_sure,
            default=(0, 0),
        )
        return self.values[int(best[0])]


def _sure(rule: Sequence[float]) -> tuple[float, float]:
    return rule[1], -rule[0]


def decisions(rows: Sequence[Example], name: str) -> Decisions:
    """Rules that are surer than the most frequent value is, by their share in train with one wrong
    one more."""
    values = classes_of(rows, name)
    number = {value: i for i, value in enumerate(values)}
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    own = [number.get(values_of(row, [name])[name], 0) for row in rows]
    for row, which in zip(rows, own, strict=True):
        for one in _features(row.text):
            counts[one][which] += 1
    usual = own.count(0) / len(own)
    rules = {}
    for one, seen in counts.items():
        which, times = min(seen.items(), key=lambda pair: (-pair[1], pair[0]))
        if times > 1 and (sure := times / (seen.total() + 1)) > usual:
            rules[one] = (which, round(sure, 6))
    kept = sorted(rules, key=lambda one: (-rules[one][1], one))[:RULES]
    return Decisions(values, {one: rules[one] for one in kept})


def _features(text: str) -> set[str]:
    words: list[Any] = [m[0].casefold() for m in _TOKEN.finditer(text)]
    return {*words, *(f"{a} {b}" for a, b in zip(words, words[1:], strict=False))}
