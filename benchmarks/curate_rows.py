"""Rows with known duplicates, made from nothing but a seed: what benchmarks/curate.py curates.

Texts       12 to 18 words of a made language of 20,000 words, about 80 letters. The r-th word is
            drawn as often as 1 / (r + 2.7) says (Mandelbrot's form of Zipf's law); half of a row's
            words are among the 300 of its label. Two rows have a mean Jaccard of 0.10, two of
            banking77 one of 0.12
Exact       one row in ten stands again with other case, white space and punctuation
Near        one in twelve stands again with letters or words changed, at a Jaccard of 0.8
            or more
Below       one in sixteen stands again with more words changed, at a Jaccard of 0.5 to 0.8 and more
            than two edits: alike, and no copy
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from assay.data.text_similarity import MOST_EDITS, edits, jaccard, normal

WORDS = 20_000
LABELS = 50
VOWELS, CONSONANTS = "aaeeeiioou", "bcddfghkllmnnprrssttvwy"
NEAR = 0.8


@dataclass(frozen=True)
class Row:
    text: str
    label: str
    planted: str = ""  # "exact", "near words", "near letters" or "below"
    original: int = -1  # the number of the row that it was made from
    jaccard: float = 0.0  # with that row


class Language:
    """Words and how frequent they are."""

    def __init__(self, draw: random.Random):
        found: dict[str, None] = {}
        while len(found) < WORDS:
            syllables = draw.choices((1, 2, 3, 4), (3, 6, 4, 1))[0]
            word = "".join(
                draw.choice(CONSONANTS) * (draw.random() < 0.85)
                + draw.choice(VOWELS)
                + draw.choice(CONSONANTS) * (draw.random() < 0.3)
                for _ in range(syllables)
            )
            found[word] = None
        # The frequent words of a language are its short ones.
        self.words = sorted(found, key=lambda word: len(word) + draw.random() * 3)
        self._sums = list(accumulate(1 / (rank + 2.7) for rank in range(WORDS)))

        self._topics = [draw.sample(self.words, 300) for _ in range(LABELS)]

    def draw(self, draw: random.Random, count: int) -> list[str]:
        return draw.choices(self.words, cum_weights=self._sums, k=count)

    def sentence(self, draw: random.Random, topic: int) -> str:
        words = self.draw(draw, draw.randint(12, 18))
        own = draw.choices(self._topics[topic], k=len(words))
        text = " ".join(draw.choice(pair) for pair in zip(words, own, strict=True))
        return text[0].upper() + text[1:] + draw.choice("...?!")


def made_rows(count: int, seed: int = 0) -> list[Row]:
    """So many rows in random order. `original` counts in that order; an original may come after its
    copy."""
    draw = random.Random(seed)
    language = Language(draw)
    rows: list[Row] = []
    while len(rows) < count:
        topic = draw.randrange(LABELS)
        row = Row(language.sentence(draw, topic), f"label {topic:02d}")
        number = len(rows)
        rows.append(row)
        rows += [replace(copy, original=number) for copy in _copies(row, language, draw)]
    del rows[count:]
    order = list(range(count))
    draw.shuffle(order)
    place = {number: at for at, number in enumerate(order)}
    return [
        replace(rows[number], original=place.get(rows[number].original, -1)) for number in order
    ]


def _copies(row: Row, language: Language, draw: random.Random) -> Iterator[Row]:
    if draw.random() < 1 / 10:
        text = draw.choice(
            (
                row.text.upper(),
                row.text.lower().replace(" ", "  "),
                f'"{row.text}"!!',
                f" - {row.text}",
            )
        )
        yield replace(row, text=text, planted="exact", jaccard=1.0)
    if draw.random() < 1 / 12:
        kind = draw.choice(("near words", "near letters"))
        while True:
            text = (
                _reworded(row.text, 1, language, draw)
                if kind == "near words"
                else _misspelt(row.text, draw)
            )
            alike = jaccard(normal(row.text), normal(text))
            if NEAR <= alike < 1:
                break
        yield replace(row, text=text, planted=kind, jaccard=alike)
    if draw.random() < 1 / 16:
        while True:
            text = _reworded(row.text, draw.randint(2, 5), language, draw)
            first, second = normal(row.text), normal(text)
            alike = jaccard(first, second)
            if 0.5 <= alike < NEAR and edits(first, second) > MOST_EDITS:
                break
        yield replace(row, text=text, planted="below", jaccard=alike)


def _reworded(text: str, times: int, language: Language, draw: random.Random) -> str:
    """So many words replaced, dropped or added."""
    words = text.split()
    for _ in range(times):
        at = draw.randrange(1, len(words))
        new = language.draw(draw, 1)
        words[at : at + 1] = draw.choice((new, new, [], [words[at], *new]))
    return " ".join(words)


def _misspelt(text: str, draw: random.Random) -> str:
    """One to three letters dropped, doubled, changed or swapped with the next."""
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(1, len(text) - 2)
        a, b = text[at], text[at + 1]
        text = (
            text[:at]
            + draw.choice((b, a + a + b, draw.choice(CONSONANTS) + b, b + a))
            + text[at + 2 :]
        )
    return text
