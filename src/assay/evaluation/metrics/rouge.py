"""How much of the accepted answer an answer covers: F1 of words (1), of word pairs (2), of the
longest common run (l).

What it counts   words are runs of a-z and 0-9 in lower case, as in Google's rouge-score; rouge_l:
                 the longest sequence of words that both have in this order, gaps allowed, over the
                 whole text
Other scripts    their letters are words too, each character one where a script has no blanks: to
                 rouge-score they are none, and every Russian or Chinese summary has 0
Stems            rouge_*_stems: words of four letters and more are cut to their stems first
                 (rouge-score with `use_stemmer`); see stems.py. Papers report one or the other:
                 compare like with like
Several          of several accepted answers the best counts, as in rouge-score's `score_multi`
Unreadable       an answer that could not be parsed has 0, and stays in n
Watch out        accents split words of Latin script, as in rouge-score. A sum of rows has no line
                 breaks, so this is not rougeLsum
Source           Lin (2004), ROUGE: A Package for Automatic Evaluation of Summaries,
                 aclanthology.org/W04-1013; the longest common run by bits: Hyyrö (2004),
                 Bit-parallel LCS-length computation revisited
"""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.core.words import UNSPACED
from assay.evaluation.metrics.accuracy import mean
from assay.evaluation.metrics.stems import stem

# Letters beyond Latin are no words to rouge-score, so that all answers in them would have 0.
_ENDS = r"\u060c\u061b\u061f\u06d4\u0964\u0965\u2000-\u206f\u3000-\u303f\uff00-\uff65"
_WORD = re.compile(rf"[a-z0-9]+|[{UNSPACED}]|[^\s\u0000-\u024f{_ENDS}{UNSPACED}]+")


def words_of(text: str, stems: bool = False) -> list[str]:
    """The words of a text, in order."""
    words = _WORD.findall(text.lower())
    return [stem(word) if len(word) > 3 else word for word in words] if stems else words


def common_sequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest sequence of words that both have in order."""
    places: dict[str, int] = {}
    for i, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << i
    full = (1 << len(first)) - 1
    left = full  # a bit is cleared for each place up to which one word more is common
    for word in second:
        here = left & places.get(word, 0)
        left = (left + here | left - here) & full
    return len(first) - left.bit_count()


def overlap(first: Sequence[str], second: Sequence[str], size: int) -> float:
    """F1 of the runs of `size` words, or for size 0 of the longest common sequence; in [0, 1]."""
    if size:
        ours, theirs = (
            Counter(tuple(words[i : i + size]) for i in range(len(words) - size + 1))
            for words in (first, second)
        )
        both, total = (ours & theirs).total(), ours.total() + theirs.total()
    else:
        both, total = common_sequence(first, second), len(first) + len(second)
    return 2 * both / total if total else 0.0


class Rouge(Metric):
    """One column: the row's F1. `size`: words of a run; 0 for the longest common sequence."""

    def __init__(self, size: int, stems: bool = False):
        self.size = size
        self.stems = stems
        self.name = f"rouge_{size or 'l'}{'_stems' if stems else ''}"
        kind = {0: "the longest common sequence of words", 1: "words", 2: "pairs of words"}[size]
        self.about = (
            f"F1 of {kind}{', cut to their stems' if stems else ''}, mean over rows (rouge-score's)"
        )

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return np.array([self._best(record) for record in records], dtype=np.float64).reshape(-1, 1)

    def _best(self, record: Record) -> float:
        ours = words_of(record.answer.text or "", self.stems)
        accepted = (words_of(text, self.stems) for text in (record.target, *record.also))
        return max(overlap(ours, theirs, self.size) for theirs in accepted)

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return mean(sums[..., 0], n)


ROUGES: tuple[Metric, ...] = tuple(
    Rouge(size, stems) for stems in (False, True) for size in (1, 2, 0)
)
