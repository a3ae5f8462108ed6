"""Mistakes in groups of like questions: how many, where else such questions stand, and by which
words one knows them.

Groups     the wrong rows by their vectors, Ward's linkage, as many as make the silhouette (of
           cosine distance) largest. Average linkage chains: of 77 mistakes of a router it made one
           group of 76
Near       a test row belongs to a group's surroundings where it lies as near to the group's middle
           as the group's own farther rows do (the nearest nine of ten): of those the share of wrong
           ones is given, with Wilson's interval
Words      those that the group has more often than the other test rows: log-odds with a Dirichlet
           prior, z above 1.96
Watch out  groups are found on the rows that they are counted on: a reason to look, no test
Source     Ward (1963), doi.org/10.1080/01621459.1963.10500845; Rousseeuw (1987), Silhouettes,
           doi.org/10.1016/0377-0427(87)90125-7; Monroe, Colaresi and Quinn (2008), Fightin' words,
           doi.org/10.1093/pan/mpn018
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

MOST = 8  # groups
WORDS = 6
_WORD = re.compile(r"[^\W\d_]{2,}")
_OWN = 90  # percent of a group's rows that say how far its surroundings reach


def groups(vectors: np.ndarray, wrong: np.ndarray, least: int) -> list[np.ndarray]:
    """Positions of the rows of each group, largest group first; none where there are too few wrong
    rows.

    Args:
        vectors: (n, width), rows of length 1. wrong: (n,) bool. least: rows of the smallest group
            that counts.
    """
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.metrics import silhouette_score

    places = np.flatnonzero(wrong)
    if len(places) < 2 * least:
        return []
    own = np.asarray(vectors[places], dtype=np.float64)
    distances = np.clip(1 - own @ own.T, 0.0, 2.0)
    np.fill_diagonal(distances, 0.0)
    best: tuple[float, np.ndarray] | None = None
    for count in range(2, min(MOST + 1, len(places) // least + 1, len(places))):
        made = AgglomerativeClustering(count, linkage="ward").fit_predict(own)
        quality = float(silhouette_score(distances, made, metric="precomputed"))
        if best is None or quality > best[0] + 1e-9:
            best = quality, made
    if best is None:
        return []
    found = [places[best[1] == group] for group in range(int(best[1].max()) + 1)]
    return sorted(
        (rows for rows in found if len(rows) >= least), key=lambda rows: (-len(rows), int(rows[0]))
    )


def near(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Positions of all rows that lie as near to the middle of `rows` as nine in ten of these do,
    nearest first."""
    middle = vectors[rows].mean(axis=0)
    alike = vectors @ middle
    reach = np.percentile(alike[rows], 100 - _OWN)
    order = np.argsort(-alike, kind="stable")
    return order[alike[order] >= reach]


def words(texts: Sequence[str], rows: Sequence[int]) -> list[str]:
    """The words that the texts at `rows` have more often than the others, surest first."""
    inside, outside = Counter[str](), Counter[str]()
    chosen = set(map(int, rows))
    for at, text in enumerate(texts):
        # A text says a word or does not: one that repeats it must not stand for its group.
        (inside if at in chosen else outside).update(
            {word.casefold() for word in _WORD.findall(text)}
        )
    prior = {word: inside[word] + outside[word] for word in inside}
    total = sum(prior.values()) or 1
    scored = [
        (_z(word, inside, outside, prior[word], total), word) for word in inside if inside[word] > 1
    ]
    return [word for z, word in sorted(scored, key=lambda pair: (-pair[0], pair[1])) if z > 1.96][
        :WORDS
    ]


def _z(word: str, inside: Counter[str], outside: Counter[str], prior: float, total: float) -> float:
    """Log-odds ratio over its standard error, with a prior of a tenth of the word's own count (eq.
    16, 22)."""
    strength = 0.1

    def odds(counts: Counter[str]) -> tuple[float, float]:
        said, all_said = counts[word] + strength * prior, sum(counts.values()) + strength * total
        rest = max(all_said - said, strength)  # of texts that have one word alone, nothing is left
        return float(np.log(said / rest)), said

    (one, first), (two, second) = odds(inside), odds(outside)
    return (one - two) / float(np.sqrt(1 / first + 1 / second))


def most_frequent(pairs: Sequence[tuple[str, str]], most: int = 3) -> list[list[Any]]:
    """[target, answer, rows] of the commonest mistakes of a group."""
    counts = Counter(pairs)
    return [
        [*pair, n]
        for pair, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]
    ]
