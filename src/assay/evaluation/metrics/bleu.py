"""How many of an answer's word sequences stand in an accepted answer: corpus BLEU, as sacrebleu
counts it.

What it counts   sequences of 1 to 4 words, each at most as often as an accepted answer has it; the
                 geometric mean of the four precisions, times a penalty where the answers are
                 shorter than the accepted ones nearest in length
Words            `13a`: punctuation apart from words, capitals kept (mteval-v13a.pl, sacrebleu's
                 default)
Smoothing        a precision without a match halves, from 1 / total on ("exp", sacrebleu's default)
One row          by itself: only the lengths of sequence that it has (sacrebleu's `effective_order`)
Unreadable       an answer that could not be parsed is an empty one, and shortens the whole
Other scripts    characters of one without blanks are words, as in sacrebleu's tokenizer `zh`
Watch out        it is 0 to 1 here, 0 to 100 in sacrebleu. Of little use for answers of fewer than
                 four words
Source           Papineni et al. (2002), aclanthology.org/P02-1040; Post (2018), A call for clarity
                 in reporting BLEU scores, aclanthology.org/W18-6319
"""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.core.words import SIGNS, UNSPACED

ORDER = 4
PARTED = r" \g<0> "
_PART = re.compile(f"[{UNSPACED}{SIGNS}]")
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_SPACED = (
    (re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), r" \1 "),  # punctuation and symbols
    (re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),  # full stop and comma, unless between digits
    (re.compile(r"([\.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),  # a dash after a digit
)


def words_of(text: str) -> list[str]:
    """The words of a text as `mteval-v13a.pl` and sacrebleu split it."""
    # sacrebleu strips the end of a segment before it looks for line breaks.
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    text = f" {text} " if text.isascii() else f" {_PART.sub(PARTED, text)} "
    for pattern, spaced in _SPACED:
        text = pattern.sub(spaced, text)
    return text.split()


def sequences(words: Sequence[str], longest: int) -> Counter[tuple[str, ...]]:
    """How often each run of 1 to `longest` words stands in `words`."""
    return Counter(
        tuple(words[i : i + n]) for n in range(1, longest + 1) for i in range(len(words) - n + 1)
    )


class Bleu(Metric):
    """Ten columns: matches of each length, sequences of each length, words, words of the accepted
    answer nearest in length (the shorter of two)."""

    name = "bleu"
    about = (
        "precision of word sequences up to four, with a penalty for short answers (sacrebleu's,"
        " over 100)"
    )

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return np.array([self._one(record) for record in records], dtype=np.float64).reshape(
            -1, 2 * ORDER + 2
        )

    def _one(self, record: Record) -> list[int]:
        ours = words_of(record.answer.text or "")
        accepted = [words_of(text) for text in (record.target, *record.also)]
        most: Counter[tuple[str, ...]] = Counter()
        for words in accepted:
            most |= sequences(words, ORDER)
        counts = sequences(ours, ORDER)
        matched = [0] * ORDER
        for sequence, times in (counts & most).items():
            matched[len(sequence) - 1] += times
        there = [max(0, len(ours) - n) for n in range(ORDER)]
        nearest = min(
            (len(words) for words in accepted), key=lambda size: (abs(size - len(ours)), size)
        )
        return [*matched, *there, len(ours), nearest]

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        value = _bleu(np.asarray(sums, dtype=np.float64), effective=False)
        return np.where(np.asarray(n) > 0, value, np.nan)

    def each(self, rows: np.ndarray) -> np.ndarray:
        return _bleu(np.asarray(rows, dtype=np.float64), effective=True)


def _bleu(sums: np.ndarray, effective: bool) -> np.ndarray:
    """(..., 10) -> (...). `effective`: the mean is over the lengths of sequence that there are."""
    matched, there = sums[..., :ORDER], sums[..., ORDER : 2 * ORDER]
    ours, nearest = sums[..., -2], sums[..., -1]
    halvings = np.cumsum((matched == 0) & (there > 0), axis=-1)
    found = np.where(matched > 0, matched, 0.5**halvings)
    logs = np.log(np.divide(found, there, out=np.full(found.shape, 1.0), where=there > 0))
    orders = (there > 0).sum(axis=-1)
    mean = logs.sum(axis=-1) / (np.maximum(orders, 1) if effective else ORDER)
    ratio = np.divide(nearest, ours, out=np.full(np.shape(ours), np.inf), where=ours > 0)
    value = np.exp(mean + np.minimum(0.0, 1 - ratio))
    return np.where(matched.any(axis=-1) & (effective | (orders == ORDER)), value, 0.0)
