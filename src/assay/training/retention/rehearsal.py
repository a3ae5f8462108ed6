"""Which old rows are learnt again beside the new ones.

random    drawn by the seed
herding   one after another the row that brings the mean of what is chosen nearest the mean of all:
          Welling (2009), Herding dynamical weights, doi.org/10.1145/1553374.1553517, as iCaRL
          chooses its examples (Rebuffi et al. 2017, arxiv.org/abs/1611.07725)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from assay.core.sampling import random_stream
from assay.core.types import Example


def choose_rows(
    rows: Sequence[Example],
    count: int,
    how: Literal["random", "herding"],
    seed: int,
    embed: Callable[[Sequence[str]], Any] | None,
) -> list[Example]:
    """At most `count` rows, in their order."""
    count = min(count, len(rows))
    if how == "random":
        chosen = random_stream(seed, "rehearsal").sample(range(len(rows)), count)
    else:
        if embed is None:
            raise RuntimeError("herding needs a sentence encoder")
        vectors = np.asarray(embed([row.text for row in rows]), dtype=np.float64)
        chosen = herd(vectors, count)
    return [rows[at] for at in sorted(chosen)]


def herd(vectors: np.ndarray, count: int) -> list[int]:
    """The places of `count` rows of `vectors` (n, width), in the order in which they are chosen."""
    mean, total = vectors.mean(0), np.zeros(vectors.shape[1])
    left = np.ones(len(vectors), dtype=bool)
    chosen: list[int] = []
    for size in range(1, count + 1):
        gaps = np.square(mean - (total + vectors) / size).sum(1)
        best = int(np.argmin(np.where(left, gaps, np.inf)))
        chosen.append(best)
        left[best] = False
        total += vectors[best]
    return chosen
