"""Passages found by the words that they share with a question: BM25 over stems.

Source   Robertson and Zaragoza (2009), The Probabilistic Relevance Framework: BM25 and Beyond,
         doi.org/10.1561/1500000019; stems: Porter (1980), doi.org/10.1108/eb046814, as snowballstem.org keeps them
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

K1, B = 1.5, 0.75
WORD = re.compile(r"\w+")
# Words that stand in nearly every question and in no answer's neighbourhood in particular.
COMMON = frozenset(
    """a an and are as at be by can do does for from have how i in is it its me my of on or our that the their there
    they this to us was we what when where which who whom whose why will with you your""".split()
)


class Stems:
    """Text -> its words in lower case, without endings and without the commonest ones of English.

    Each word is stemmed once, however often it occurs.
    """

    def __init__(self, language: str = "english"):
        """Args:
        language: a language of snowballstem.org, or "none" to leave words as they are.
        """
        import snowballstemmer

        self._stem = None if language == "none" else snowballstemmer.stemmer(language).stemWord
        self._common = COMMON if language == "english" else frozenset()
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> list[str]:
        return [self._one(word) for word in WORD.findall(text.casefold()) if word not in self._common]

    def _one(self, word: str) -> str:
        if self._stem is None or len(word) > 64:  # what is longer is no word, and endings cost time
            return word
        if word not in self._known:
            self._known[word] = self._stem(word)
        return self._known[word]


class Words:
    """BM25 over texts. Equal scores keep the order of the texts."""

    def __init__(self, texts: Sequence[str], stems: Stems):
        import bm25s

        self.stems = stems
        self.places: dict[str, int] = {}
        self.rows = [[self.places.setdefault(w, len(self.places)) for w in stems(text)] for text in texts]
        self._parts: Any = {}
        if self.places:  # texts without a word find nothing
            scorer = bm25s.BM25(method="lucene", k1=K1, b=B)
            scorer.index(bm25s.tokenization.Tokenized(ids=self.rows, vocab=dict(self.places)), show_progress=False)
            self._parts = scorer.scores  # what each stem adds to the score of each text that has it, stem by stem

    def scores(self, asked: Mapping[str, float]) -> np.ndarray:
        """float32, one a text: the BM25 score of a question of these stems, each counted so many times."""
        import numpy as np

        sums = np.zeros(len(self.rows), dtype=np.float32)
        for word, times in asked.items():
            place = self.places.get(word)
            if place is not None:
                part = slice(self._parts["indptr"][place], self._parts["indptr"][place + 1])
                sums[self._parts["indices"][part]] += np.float32(times) * self._parts["data"][part]
        return sums

    def find(self, asked: Mapping[str, float], top: int) -> list[tuple[int, float]]:
        """(place of a text, score) of the best texts, best first; texts that share no word are left out."""
        scores = self.scores(asked)
        return [(place, float(scores[place])) for place in best(scores, top) if scores[place] > 0]

    def holders(self, word: str) -> int:
        """How many texts have the stem."""
        place = self.places.get(word)
        return 0 if place is None else int(self._parts["indptr"][place + 1] - self._parts["indptr"][place])

    def rarity(self, word: str) -> float:
        """How rare a stem is, as BM25 counts it: ln(1 + (n - df + 0.5) / (df + 0.5)); most for one that no text has."""
        held = self.holders(word)
        return math.log1p((len(self.rows) - held + 0.5) / (held + 0.5))

    def covered(self, asked: Mapping[str, float], place: int) -> float:
        """The share of the question's stems, weighted by rarity, that the text has; in [0, 1]."""
        has = set(self.rows[place])
        weights = {word: self.rarity(word) for word in asked}
        total = sum(weights.values())
        return sum(w for word, w in weights.items() if self.places.get(word, -1) in has) / total if total else 0.0


def best(scores: np.ndarray, top: int) -> list[int]:
    """Places of the `top` highest scores, best first; scores that agree to 5 decimals keep their order."""
    import numpy as np

    rounded = scores.round(5)
    if top < len(rounded):
        # Only what reaches the last place's score is sorted: a full sort of 100,000 takes ten times as long.
        least = np.partition(rounded, -top)[-top]
        places = np.flatnonzero(rounded >= least)
    else:
        places = np.arange(len(rounded))
    return places[np.argsort(-rounded[places], kind="stable")][:top].tolist()
