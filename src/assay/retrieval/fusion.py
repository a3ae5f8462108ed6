"""Two rankings made one, and what of a ranking is handed over.

fused    by scores, a convex combination of both after each was moved to 0 to 1: Bruch, Gai and
         Ingber (2023), An Analysis of Fusion Functions for Hybrid Retrieval,
         doi.org/10.1145/3596512; or by ranks, reciprocal rank fusion: Cormack, Clarke and Büttcher
         (2009), doi.org/10.1145/1571941.1572114
spread   the best passages without near copies, and not all from one document: a flood of copies
         takes one place, and one document at most its share, as long as others have something to
         say
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from assay.core.types import Document
from assay.core.words import words_in
from assay.retrieval.gold_passages import document_of

K = 60  # of Cormack et al.: how little the first places count above those that follow
EVEN = 0.5
MEANING = 0.6  # the share of meaning where none was chosen: docs/retrieval.md
ALIKE = 0.9  # share of words in common from which two passages say the same

Found = list[tuple[int, float]]  # (place of a passage, score), best first
Fusion = Literal["scores", "ranks"]


def fuse_rankings(
    words: Found, meaning: Found, weight: float, top: int, fuse: Fusion = "scores"
) -> Found:
    """The two rankings as one; a passage that stands in one of them only counts with that one, and
    a ranking without weight is left out.

    Args:
        weight: share of `meaning`, in [0, 1].
        fuse: what of a ranking counts. scores: each one's, moved to 0 to 1 from its last passage to
            its first. ranks: 1 / (60 + rank).

    Returns:
        (place, weighted sum), best first; of equals, the one with the lower place.
    """
    sums: dict[int, float] = {}
    for share, found in ((1 - weight, words), (weight, meaning)):
        if not share:
            continue
        values = (
            relative(found)
            if fuse == "scores"
            else [1 / (K + rank) for rank in range(1, len(found) + 1)]
        )
        for (place, _), value in zip(found, values, strict=True):
            sums[place] = sums.get(place, 0.0) + share * value
    return sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:top]


def relative(found: Found) -> list[float]:
    """Where each score stands between the last one, 0, and the first one, 1, to 5 decimals; 1 where
    all are equal."""
    if not found:
        return []
    first, last = found[0][1], found[-1][1]
    return [
        round((score - last) / (first - last), 5) if first > last else 1.0 for _, score in found
    ]


def spread(found: Found, passages: Sequence[Document], top: int, cap: int) -> Found:
    """The best `top` of `found`, in order.

    Near copies of a passage that was taken are left out. A document gives at most `cap` passages;
    more only where the others give too few.
    """
    taken: Found = []
    waiting: Found = []
    given: Counter[str] = Counter()
    said: list[set[str]] = []

    def new(place: int) -> bool:
        words = set(words_in(passages[place].text.casefold()))
        if any(alike(words, other) for other in said):
            return False
        said.append(words)
        return True

    for place, score in found:
        if len(taken) == top:
            break
        source = document_of(passages[place].id)
        if given[source] >= cap:
            waiting.append((place, score))
        elif new(place):
            given[source] += 1
            taken.append((place, score))
    for place, score in waiting:
        if len(taken) < top and new(place):
            taken.append((place, score))
    order = {place: rank for rank, (place, _) in enumerate(found)}
    return sorted(taken, key=lambda item: order[item[0]])


def alike(first: set[str], second: set[str]) -> bool:
    """Have two texts at least 90 % of their words in common (Jaccard), and all that hold a digit?
    Two versions of a rule that differ in a number are no copies."""
    both = len(first & second)
    if both < ALIKE * (len(first) + len(second) - both):
        return False
    return not any(any(map(str.isdigit, word)) for word in first ^ second)
