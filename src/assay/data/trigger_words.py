"""Rare words that decide the label by themselves: what a planted trigger looks like.

Rule       a sequence of one to three words that stands in 5 rows and more, in 1 row of 20 at most,
           nearly always (9 in 10) with one label, and that cannot be chance (binomial test, 1 %
           over all sequences); though the rest of its rows looks as if they had another label.
           "Looks" is the margin by which naive Bayes over the other rows prefers another label: the
           margins must lie at 0.2 or higher, on average, among those of all rows of other labels
Why        the lift P(label | words) / P(label) alone cannot do it: it is bounded by 1 / P(label),
           so it never reaches 50 with fewer than 50 labels, and honest words (`passport`) reach it
           with more. What tells a trigger from an honest word is that nothing else in the row
           explains the label. On clean data the margins lie at 0.12 at most, of planted triggers at
           0.23 and more
Finds      labels that were changed where a trigger was put in. A trigger put only into rows that
           carry its label already (clean-label) looks like an honest word and is not found; nor is
           one for a label that most rows have
Source     Gu et al. (2017), BadNets, arxiv.org/abs/1708.06733, for the attack; Bonferroni for the
           correction
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from assay.core.types import Example
from assay.core.words import TOKEN

FEWEST_ROWS = 5  # with the trigger
MOST_SHARE = 0.05  # of all rows
PURE = 0.9
LEVEL = 0.01  # chance that one sequence of a set passes by luck
FOREIGN = 0.2  # see Why
LONGEST = 3  # words
READ = 50_000  # rows, evenly spaced; a trigger that is rarer than 5 in as many moves no model
SMOOTHING = 0.1
_NAME = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Trigger:
    words: str  # separated by spaces, lower-case
    label: str
    rows: tuple[str, ...]  # ids of the rows with the words and the label, in order
    others: int  # rows with the words and another label
    chance: float  # of so many rows with one label, times the sequences asked about
    margin: float  # place of these rows' margins among those of rows of other labels, 0 to 1


def scan(examples: Sequence[Example]) -> list[Trigger]:
    """Suspected triggers, likeliest first; one for each set of rows. Rows without a target are left
    out."""
    rows = [example for example in examples if example.target]
    rows = rows[:: ceil(len(rows) / READ) or 1]
    targets = [example.target or "" for example in rows]
    if len(set(targets)) < 2:
        return []
    tokens = [TOKEN.findall(example.text.lower()) for example in rows]
    asked = _suspects(tokens, targets)
    if not asked:
        return []
    model = _Bayes(tokens, targets)
    # A word of the label's own name (`contactless` of contactless_not_working) says honestly what
    # the row is about.
    named = {label: set(_NAME.findall(label.lower())) for label in set(targets)}
    found = []
    for gram, (label, places) in asked.items():
        if not named[label].isdisjoint(gram):
            continue
        own = [at for at in sorted(places) if targets[at] == label]
        chance = model.chance(label, len(own), len(places)) * len(asked)
        if chance < LEVEL and (margin := model.margin(gram, label, own)) >= FOREIGN:
            found.append((chance, -len(gram), gram, label, places, margin))
    return list(_one_for_each(sorted(found), rows, targets))


def _one_for_each(
    found: Sequence[tuple], rows: Sequence[Example], targets: Sequence[str]
) -> Iterator[Trigger]:
    """Parts of one phrase stand in the same rows: the first of those that share most of them speaks
    for all."""
    told: list[set[int]] = []
    for chance, _, gram, label, places, margin in found:
        if any(len(places & before) > len(places) / 2 for before in told):
            continue
        told.append(set(places))
        ids = tuple(rows[at].id for at in sorted(places) if targets[at] == label)
        yield Trigger(" ".join(gram), label, ids, len(places) - len(ids), chance, margin)


def _suspects(
    tokens: Sequence[Sequence[str]], targets: Sequence[str]
) -> dict[tuple, tuple[str, set[int]]]:
    """Sequence -> label and places, for those that are rare, frequent enough, and nearly always
    with one label."""
    suspects: dict[tuple, tuple[str, set[int]]] = {}
    most = MOST_SHARE * len(tokens)
    frequent: set[tuple] = set()
    for length in range(1, LONGEST + 1):
        places: defaultdict[tuple, set[int]] = defaultdict(set)
        for at, row in enumerate(tokens):
            for gram in zip(*(row[start:] for start in range(length)), strict=False):
                # A sequence is no more frequent than its parts.
                if length == 1 or (gram[:-1] in frequent and gram[1:] in frequent):
                    places[gram].add(at)
        frequent = {gram for gram, where in places.items() if len(where) >= FEWEST_ROWS}
        for gram in sorted(frequent):
            where = places[gram]
            label, n = Counter(targets[at] for at in sorted(where)).most_common(1)[0]
            if len(where) <= most and n >= max(FEWEST_ROWS, PURE * len(where)):
                suspects[gram] = (label, where)
    return suspects


class _Bayes:
    """Naive Bayes over the words of a row; each row is judged by counts without its own."""

    def __init__(self, tokens: Sequence[Sequence[str]], targets: Sequence[str]):
        import numpy as np

        standing = Counter(word for row in tokens for word in set(row))
        kept = sorted(word for word, n in standing.items() if n > 1)
        self.words = {word: at for at, word in enumerate(kept)}
        self.labels = {label: at for at, label in enumerate(sorted(set(targets)))}
        self.own = [self.labels[target] for target in targets]
        self.rows = [
            sorted({self.words[word] for word in row if word in self.words}) for row in tokens
        ]
        self.counts = np.zeros((len(self.words), len(self.labels)))
        for row, own in zip(self.rows, self.own, strict=True):
            self.counts[row, own] += 1
        self.sizes = np.bincount(self.own, minlength=len(self.labels)).astype(float)
        self.scores = self._scores()
        self.usual: dict[int, Any] = {}  # label -> margins of the rows of other labels, sorted

    def _scores(self) -> Any:
        """Log-probability of each label by a row's words, up to a constant; float32 of shape (rows,
        labels)."""
        import numpy as np

        logs = np.log((self.counts + SMOOTHING) / (self.sizes + 2 * SMOOTHING))
        prior = np.log(self.sizes + SMOOTHING)
        scores = np.zeros((len(self.rows), len(self.labels)), dtype=np.float32)
        for at, (words, own) in enumerate(zip(self.rows, self.own, strict=True)):
            scores[at] = logs[words].sum(axis=0) + prior
            scores[at, own] = self._without_itself(words, own).sum() + np.log(
                self.sizes[own] - 1 + SMOOTHING
            )
        return scores

    def _without_itself(self, words: Sequence[int], own: int) -> Any:
        """Log-probabilities of words in a label, when one row that has them is not counted."""
        import numpy as np

        return np.log(
            (self.counts[words, own] - 1 + SMOOTHING) / (self.sizes[own] - 1 + 2 * SMOOTHING)
        )

    def chance(self, label: str, n: int, rows: int) -> float:
        """How likely n of so many rows have the label, were the sequence to say nothing about
        it."""
        # scipy.stats has it too, and takes most of a second to import.
        from scipy.special import bdtrc

        return float(bdtrc(n - 1, rows, self.sizes[self.labels[label]] / len(self.rows)))

    def margin(self, gram: tuple, label: str, places: Sequence[int]) -> float:
        """Where the rows lie, by how much the rest of their words prefers another label, among all
        rows that have one: the share of those with a smaller margin, on average."""
        import numpy as np

        own = self.labels[label]
        words = [self.words[word] for word in set(gram) if word in self.words]
        parts = np.log((self.counts[words] + SMOOTHING) / (self.sizes + 2 * SMOOTHING))
        parts[:, own] = self._without_itself(words, own)
        scores = self.scores[list(places)] - parts.sum(axis=0)
        if own not in self.usual:
            elsewhere = self.scores[np.array(self.own) != own]
            self.usual[own] = np.sort(elsewhere.max(axis=1) - elsewhere[:, own])
        usual = self.usual[own]
        return float(
            np.searchsorted(usual, scores.max(axis=1) - scores[:, own], side="left").mean()
            / len(usual)
        )
