"""A text in words, with the pieces that are named in it: what `dictionary` reads.

The rows of train are dealt into folds here, so that what is counted on some is tried on others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assay.core.sampling import random_stream
from assay.core.words import TOKEN
from assay.tasks.entities import Span

Place = tuple[int, int]  # first word, one past the last


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
        found = list(TOKEN.finditer(text))
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


def fold_rows(
    rows: Sequence[TextWords], folds: int, seed: int
) -> list[tuple[list[TextWords], list[TextWords]]]:
    """(rows of the other folds, rows of the fold), fold by fold; of one row, itself twice."""
    order, folds = list(rows), min(folds, len(rows))
    random_stream(seed, "folds", sep="-").shuffle(order)  # files may be in turns, one of each kind
    return [
        (
            [row for i, row in enumerate(order) if i % folds != fold or folds == 1],
            order[fold::folds],
        )
        for fold in range(folds)
    ]


def f1(right: int, said: int, wanted: int) -> float:
    """Of pieces: harmonic mean of the share of those said that are right, and of those wanted that
    are said."""
    return 2 * right / max(1, said + wanted)
