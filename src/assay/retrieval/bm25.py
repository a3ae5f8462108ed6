"""Passages found by the words that they share with a question: BM25 over stems.

Source   Robertson and Zaragoza (2009), The Probabilistic Relevance Framework: BM25 and Beyond,
         doi.org/10.1561/1500000019, with the idf of Lucene, which is never below 0
How      counts are kept, scores are not: number of texts, texts with a stem and mean length are
         those of the texts that are there, so that a text more or less leaves the scores that an
         index made anew would give, bit by bit
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assay.retrieval.metadata_filter import Among
from assay.retrieval.stemming import Stems
from assay.retrieval.term_counts import StemCounts, count_stems, read_counts, write_counts
from assay.retrieval.vector_blocks import update_blocks

if TYPE_CHECKING:
    import numpy as np

K1, B = 1.5, 0.75


class Bm25Index:
    """BM25 over texts. Equal scores keep the order of the texts. Nothing is counted before it is
    asked for."""

    def __init__(self, texts: Sequence[str], stems: Stems, kept: Path | None = None):
        """Args:
        kept: where `save` has written the counts of these texts; where it has not, they are
        counted.
        """
        self.texts = list(texts)
        self.stems = stems
        self._kept = kept
        self._known: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}

    @cached_property
    def blocks(self) -> list[tuple[StemCounts, np.ndarray]]:
        """Counts, each with which of its texts are there: those are `texts`, in order."""
        import numpy as np

        counts = read_counts(self._kept, self.stems) if self._kept else None
        if counts is None or len(counts.lengths) != len(self.texts):
            counts = count_stems(self.texts, self.stems)
        return [(counts, np.ones(len(self.texts), dtype=bool))]

    def replace_rows(self, stay: Sequence[int], new: Sequence[str]) -> Bm25Index:
        """Over the texts at the rising places `stay`, and then the new ones."""
        after = Bm25Index([*(self.texts[place] for place in stay), *new], self.stems)
        if "blocks" in self.__dict__ or (self._kept and self._kept.exists()):
            after.blocks = update_blocks(
                self.blocks,
                stay,
                len(new),
                lambda n: count_stems(after.texts[len(after.texts) - n :], self.stems),
            )
        return after

    def save(self, path: Path) -> None:
        whole = len(self.blocks) == 1 and bool(self.blocks[0][1].all())
        write_counts(
            path, self.blocks[0][0] if whole else count_stems(self.texts, self.stems), self.stems
        )

    def __len__(self) -> int:
        return len(self.texts)

    def scores(self, asked: Mapping[str, float]) -> np.ndarray:
        """float32, one a text: the BM25 score of a question of these stems, each counted so many
        times."""
        import numpy as np

        sums = [np.zeros(len(there), dtype=np.float32) for _, there in self.blocks]
        for word, times in asked.items():
            for total, (texts, part) in zip(sums, self._parts(word), strict=True):
                np.add.at(total, texts, part if times == 1 else np.float32(times) * part)
        found = [total[there] for total, (_, there) in zip(sums, self.blocks, strict=True)]
        return np.concatenate([*found, np.zeros(0, dtype=np.float32)])

    def _parts(self, word: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """What the stem adds to the score of each text that has it, block by block; worked out
        once."""
        import numpy as np

        if word not in self._known:
            # rounded as bm25s has it, so that its scores are these
            rarity = np.float64(np.float32(self.rarity(word)))
            parts = []
            for (counts, _), room in zip(self.blocks, self._room, strict=True):
                texts, held = counts.of(word)
                parts.append((texts, (rarity * (held / (room[texts] + held))).astype(np.float32)))
            self._known[word] = parts
        return self._known[word]

    def table(self) -> dict[str, np.ndarray]:
        """All that scores are sums of, for somebody who counts nothing: stem i of `stems` (UTF-8, a
        line each) adds `parts[starts[i]:starts[i + 1]]`, float32, to the texts at the same places
        of `texts`."""
        import numpy as np

        whole = len(self.blocks) == 1 and bool(self.blocks[0][1].all())
        counts = self.blocks[0][0] if whole else count_stems(self.texts, self.stems)
        mean = counts.lengths.sum() / max(1, len(self))
        room = K1 * ((1 - B) + B * counts.lengths / (mean or 1))
        rarity = np.array([self.rarity(stem) for stem in counts.stems], dtype=np.float32).astype(
            np.float64
        )
        each = np.repeat(rarity, np.diff(counts.starts))
        parts = (each * (counts.times / (room[counts.texts] + counts.times))).astype(np.float32)
        stems = np.frombuffer(bytearray("\n".join(counts.stems).encode()), dtype=np.uint8)
        return {"starts": counts.starts, "texts": counts.texts, "parts": parts, "stems": stems}

    @cached_property
    def _room(self) -> list[np.ndarray]:
        """float64, one a text of each block: k1 (1 - b + b length / mean length); infinite for one
        that is not there, so that it scores 0."""
        import numpy as np

        mean = sum(int(counts.lengths[there].sum()) for counts, there in self.blocks) / max(
            1, len(self)
        )
        return [
            np.where(there, K1 * ((1 - B) + B * counts.lengths / (mean or 1)), np.inf)
            for counts, there in self.blocks
        ]

    def find(
        self, asked: Mapping[str, float], top: int, among: Among | None = None
    ) -> list[tuple[int, float]]:
        """(place of a text, score) of the best texts, best first; texts that share no word are left
        out.

        Args:
            among: the texts that may be found; None: all.
        """
        import numpy as np

        scores = self.scores(asked)
        # Few texts share a word that is worth asking for; the others need no sorting.
        places = (
            np.flatnonzero(scores > 0) if among is None else among.places[scores[among.places] > 0]
        )
        return [(int(places[row]), float(scores[places[row]])) for row in best(scores[places], top)]

    def holders(self, word: str) -> int:
        """How many texts have the stem."""
        return sum(int(there[counts.of(word)[0]].sum()) for counts, there in self.blocks)

    def rarity(self, word: str) -> float:
        """How rare a stem is, as BM25 counts it: ln(1 + (n - df + 0.5) / (df + 0.5)); most for one
        that no text has."""
        held = self.holders(word)
        return math.log(1 + (len(self) - held + 0.5) / (held + 0.5))

    def coverage(self, asked: Mapping[str, float], place: int) -> float:
        """The share of the question's stems, weighted by rarity, that the text has; in [0, 1]."""
        has = set(self.stems(self.texts[place]))
        weights = {word: self.rarity(word) for word in asked}
        total = sum(weights.values())
        return sum(w for word, w in weights.items() if word in has) / total if total else 0.0


def best(scores: np.ndarray, top: int) -> list[int]:
    """Places of the `top` highest scores, best first; scores that agree to 5 decimals keep their
    order."""
    import numpy as np

    rounded = scores.round(5)
    if top < len(rounded):
        # Only what reaches the last place's score is sorted: a full sort of 100,000 takes ten times
        # as long.
        least = np.partition(rounded, -top)[-top]
        places = np.flatnonzero(rounded >= least)
    else:
        places = np.arange(len(rounded))
    return places[np.argsort(-rounded[places], kind="stable")][:top].tolist()
