"""Sentences of a text as a graph: how alike each two are, and which stand in the middle.

Source   LexRank, its continuous form: Erkan and Radev (2004), arxiv.org/abs/1109.2128; PageRank:
         Brin and Page (1998), doi.org/10.1016/S0169-7552(98)00110-X
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.strategies.linear.word_ranking import WordOrder

if TYPE_CHECKING:
    import numpy as np

DAMPING = 0.85  # Erkan and Radev jump in 15 % of the steps
STEPS, CLOSE = 200, 1e-10


def word_vectors(order: WordOrder, sentences: Sequence[str]) -> np.ndarray:
    """float64 (sentences, their stems), rows of length 1 or 0: counts times how rare each stem
    is."""
    import numpy as np

    counts = [Counter(order.stems(text)) for text in sentences]
    column = {
        stem: at for at, stem in enumerate(dict.fromkeys(stem for own in counts for stem in own))
    }
    vectors = np.zeros((len(sentences), len(column)))
    for row, own in zip(vectors, counts, strict=True):
        for stem, n in own.items():
            row[column[stem]] = n * order.rarity(stem)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1.0)


def centrality(alike: np.ndarray, restart: np.ndarray) -> np.ndarray:
    """float64 (n,), sums to 1: how often a walk that goes from sentence to like sentence is at
    each.

    Args:
        alike: (n, n), at least 0; the diagonal counts for nothing. A sentence like no other jumps.
        restart: (n,), sums to 1: where a jump ends.
    """
    import numpy as np

    steps = np.array(alike, dtype=np.float64)
    np.fill_diagonal(steps, 0.0)
    sums = steps.sum(1)
    lost = sums <= 0
    steps[~lost] /= sums[~lost, None]
    steps[lost] = restart
    at = np.array(restart, dtype=np.float64)
    for _ in range(STEPS):
        new = DAMPING * at @ steps + (1 - DAMPING) * restart
        moved = np.abs(new - at).sum()
        at = new
        if moved < CLOSE:
            break
    return at


def from_the_start(n: int, share: float) -> np.ndarray:
    """Where a walk jumps: `share` of it falls as one over the place in the text, the rest is even.
    Sums to 1."""
    import numpy as np

    falling = 1 / np.arange(1, n + 1)
    return share * falling / falling.sum() + (1 - share) / n if n else falling
