"""How well an answer's words can be laid upon an accepted answer's, by words and stems: METEOR
without synonyms.

What it counts   equal words are paired, then equal stems; from the end, each with the last one that
                 is still free. F of precision and recall with recall counting nine times as much
                 (alpha 0.9), less a penalty for order: half the cube of (runs of pairs that are
                 neighbours on both sides / pairs)
Words            letters and digits in lower case; every other sign is one word, and so is each
                 character of a script without blanks
Several          of several accepted answers the best counts; mean over rows
Unreadable       an answer that could not be parsed has 0, and stays in n
Watch out        METEOR proper pairs synonyms too, by WordNet, which is no part of this package: so
                 it is called meteor_like, and equals NLTK's METEOR with an empty WordNet. English
                 only, by its stems
Source           Lavie and Agarwal (2007), METEOR, aclanthology.org/W07-0734; NLTK's alignment,
                 nltk.translate.meteor_score
"""

from collections.abc import Iterable, Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.core.words import TOKEN
from assay.evaluation.metrics.accuracy import mean
from assay.evaluation.metrics.stems import stem

ALPHA, BETA, GAMMA = 0.9, 3.0, 0.5


def words_of(text: str) -> list[str]:
    return TOKEN.findall(text.lower())


def _pair_words(ours: dict[int, str], theirs: dict[int, str]) -> Iterable[tuple[int, int]]:
    """Take equal words out of both, from the end, and give their places."""
    free: dict[str, list[int]] = {}
    for place, word in theirs.items():
        free.setdefault(word, []).append(place)
    for place in reversed(list(ours)):
        if free.get(ours[place]):
            other = free[ours[place]].pop()
            del ours[place], theirs[other]
            yield place, other


def meteor(answer: Sequence[str], target: Sequence[str]) -> float:
    """The score of one answer by its words, in [0, 1]."""
    ours, theirs = dict(enumerate(answer)), dict(enumerate(target))
    pairs = list(_pair_words(ours, theirs))
    ours, theirs = ({place: stem(word) for place, word in side.items()} for side in (ours, theirs))
    pairs = sorted([*pairs, *_pair_words(ours, theirs)])
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / len(answer), len(pairs) / len(target)
    runs = 1 + sum((a + 1, b + 1) != after for (a, b), after in zip(pairs, pairs[1:], strict=False))
    penalty = GAMMA * (runs / len(pairs)) ** BETA
    return (1 - penalty) * precision * recall / (ALPHA * precision + (1 - ALPHA) * recall)


class MeteorLike(Metric):
    """One column: the row's score."""

    name = "meteor_like"
    about = (
        "words and stems in common, with a penalty for another order, mean over rows (METEOR"
        " without synonyms)"
    )

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return np.array([self._best(record) for record in records], dtype=np.float64).reshape(-1, 1)

    def _best(self, record: Record) -> float:
        ours = words_of(record.answer.text or "")
        return max(meteor(ours, words_of(text)) for text in (record.target, *record.also))

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return mean(sums[..., 0], n)
