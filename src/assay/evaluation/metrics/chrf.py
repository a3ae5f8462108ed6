"""How much of the accepted answer's letter sequences an answer has, and how little else: corpus
chrF2, as in sacrebleu.

What it counts   runs of 1 to 6 characters, white space left out; mean precision and mean recall
                 over the lengths that both sides have, then their F with recall counting twice as
                 much (beta = 2)
Several          of several accepted answers the one with the best chrF of this row alone
Unreadable       an answer that could not be parsed is an empty one: its precision adds nothing, its
                 recall 0
Good when        words have many endings, or there are no spaces between words
Watch out        it is 0 to 1 here, 0 to 100 in sacrebleu; capitals count
Source           Popović (2015), chrF: character n-gram F-score for automatic MT evaluation,
                 aclanthology.org/W15-3049
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task

ORDER = 6
BETA = 2


def runs(text: str) -> list[Counter[str]]:
    """How often each run of 1, 2, ... 6 characters stands in the text, white space left out."""
    text = "".join(text.split())
    return [Counter(text[i : i + n] for i in range(len(text) - n + 1)) for n in range(1, ORDER + 1)]


class Chrf(Metric):
    """Three columns a length: runs of the answer (where the accepted one has any so long), of the
    accepted one, of both."""

    name = "chrf"
    about = "F2 of letter sequences up to six (sacrebleu's chrF2, over 100)"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return np.array([self._one(record) for record in records], dtype=np.float64).reshape(
            -1, 3 * ORDER
        )

    def _one(self, record: Record) -> np.ndarray:
        ours = runs(record.answer.text or "")
        found = []
        for text in (record.target, *record.also):
            pairs = zip(ours, runs(text), strict=True)
            found.append(
                np.array(
                    [(a.total() if b else 0, b.total(), (a & b).total()) for a, b in pairs]
                ).ravel()
            )
        # the first of equals, as in sacrebleu
        return max(found, key=lambda counts: float(chrf(counts)))

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return np.where(np.asarray(n) > 0, chrf(np.asarray(sums)), np.nan)


def chrf(sums: np.ndarray) -> np.ndarray:
    """(..., 18) -> (...)."""
    counts = np.asarray(sums, dtype=np.float64).reshape(*np.shape(sums)[:-1], ORDER, 3)
    ours, theirs, both = counts[..., 0], counts[..., 1], counts[..., 2]
    there = (ours > 0) & (theirs > 0)
    lengths = np.maximum(there.sum(axis=-1), 1)
    precision = np.divide(both, ours, out=np.zeros(both.shape), where=there).sum(axis=-1) / lengths
    recall = np.divide(both, theirs, out=np.zeros(both.shape), where=there).sum(axis=-1) / lengths
    under = BETA**2 * precision + recall
    return np.divide(
        (1 + BETA**2) * precision * recall, under, out=np.zeros(np.shape(under)), where=under > 0
    )
