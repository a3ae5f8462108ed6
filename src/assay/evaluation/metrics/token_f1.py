"""How much of the accepted answer's words an answer has, and how little else: F1 over words, mean
over rows.

What it counts   words as a multiset after `exact_match.normalise`; the best of the target and the
                 further accepted ones
Empty            two answers without any word are equal (1); one without any word has nothing in
                 common (0)
Unreadable       an answer that could not be parsed has 0, and stays in n
Words            are split at white space; of Chinese, Japanese, Thai and their like each character
                 counts, as in the scorer of MLQA (Lewis et al. 2020)
Source           Rajpurkar et al. 2016, SQuAD, arxiv.org/abs/1606.05250 (its official scoring
                 script)
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.core.words import cut_words
from assay.evaluation.metrics.accuracy import mean
from assay.evaluation.metrics.exact_match import normalise


def overlap(answer: str, target: str) -> float:
    """F1 of the words of two texts, in [0, 1]."""
    ours, theirs = cut_words(normalise(answer)), cut_words(normalise(target))
    if not ours or not theirs:
        return float(ours == theirs)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs))


class TokenF1(Metric):
    """One column: the row's F1."""

    name = "token_f1"
    about = "F1 of the words of answer and target, mean over rows"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return np.array([self._best(record) for record in records], dtype=np.float64).reshape(-1, 1)

    def _best(self, record: Record) -> float:
        text = record.answer.text
        return (
            0.0
            if text is None
            else max(overlap(text, target) for target in (record.target, *record.also))
        )

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return mean(sums[..., 0], n)
