"""Which training rows are shown before a question, and in which order.

random    k rows drawn with the seed                 balanced  drawn so that the targets take turns
diverse   the row nearest to each of k centres       similar   the k rows nearest to each question
Source    similar: Liu et al. (2022), aclanthology.org/2022.deelio-1.10; diverse: Zhang et al.
          (2023), Automatic Chain of Thought Prompting, arxiv.org/abs/2210.03493, section 4
          (k-means, the row nearest to each centre); order: Zhao et al. (2021),
          arxiv.org/abs/2102.09690; Lu et al. (2022), aclanthology.org/2022.acl-long.556
"""

import math
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from assay.core.types import Example, Means
from assay.strategies.baselines.neighbours import vectors_of

if TYPE_CHECKING:
    import numpy as np

Choice = Literal["random", "similar", "balanced", "diverse"]
Order = Literal["drawn", "reverse", "by_label", "similar_last", "similar_first"]


class Picker:
    """The examples of each question.

    Args:
        pool: the rows shown to every question; with `select: similar`, those that each question's
            are taken from.
        vectors: of the pool, float32 (rows, width), rows of length 1; None where no question is
            compared with them.
    """

    def __init__(
        self,
        pool: Sequence[Example],
        vectors: "np.ndarray | None",
        means: Means,
        *,
        k: int,
        order: Order,
        labels: Sequence[str],
    ):
        self.pool = pool
        self.vectors = vectors
        self.means = means
        self.k = min(k, len(pool))
        self.order = order
        self.rank = {label: i for i, label in enumerate(labels)}
        # positions in another order, over the one that `order` gives
        self.arrangement: Sequence[int] = ()
        self._near: dict[str, list[int]] = {}

    @property
    def is_fixed(self) -> bool:
        """Whether all questions are shown the same examples in the same order."""
        return self.vectors is None

    def of(self, question: Example) -> list[Example]:
        """The examples of one question, as they are shown."""
        if self.is_fixed:
            found = self._order_rows(list(range(self.k)))
        else:
            if question.text not in self._near:
                self.look([question])
            found = self._near[question.text]
        places = self.arrangement if len(self.arrangement) == len(found) else range(len(found))
        return [self.pool[found[place]] for place in places]

    def look(self, questions: Sequence[Example]) -> None:
        """Find the examples of many questions at once."""
        import numpy as np

        if self.is_fixed:
            return
        assert self.vectors is not None
        new = [question for question in questions if question.text not in self._near]
        if not new:
            return
        similarity = vectors_of([question.text for question in new], self.means) @ self.vectors.T
        # A stable sort of rounded values: equal rows keep their order in the pool.
        nearest = np.argsort(-similarity.round(5), axis=1, kind="stable")[:, : self.k]
        for question, row in zip(new, nearest, strict=True):
            self._near[question.text] = self._order_rows(row.tolist())

    def _order_rows(self, rows: list[int]) -> list[int]:
        """Rows of the pool as they are shown. Rows that were compared with a question come most
        similar first; as they are drawn, the most similar one stands last, next to the question."""
        if self.order == "similar_first":
            return rows
        if self.order == "similar_last":
            return rows[::-1]
        base = rows if self.is_fixed else rows[::-1]
        if self.order == "by_label":
            return sorted(
                base, key=lambda i: self.rank.get(self.pool[i].target or "", len(self.rank))
            )
        return base[::-1] if self.order == "reverse" else base


def sample_rows(pool: Sequence[Example], k: int, seed: int) -> list[Example]:
    """k rows at random, in random order."""
    return random.Random(seed).sample(list(pool), min(k, len(pool)))


def spread(pool: Sequence[Example], k: int, seed: int) -> list[Example]:
    """k rows that take turns over the targets, so that no label is shown twice before each was
    shown once."""
    shuffled = random.Random(seed).sample(list(pool), len(pool))
    seen: dict[str, int] = {}
    turns = []
    for place, example in enumerate(shuffled):
        target = example.target or ""
        turns.append((seen.setdefault(target, 0), place))
        seen[target] += 1
    return [shuffled[place] for _, place in sorted(turns)[:k]]


def diverse(pool: Sequence[Example], vectors: "np.ndarray", k: int, seed: int) -> list[Example]:
    """The row nearest to each of k centres of the pool, the centre of most rows first.

    Args:
        vectors: of the pool, float32 (rows, width), rows of length 1. Where fewer than k differ,
            rows that are left are drawn.
    """
    import numpy as np
    from sklearn.cluster import KMeans

    count = min(k, len(np.unique(vectors.round(5), axis=0)))
    if not count:
        return []
    fit = KMeans(count, random_state=seed).fit(vectors)
    found = []
    for centre in range(count):
        inside = np.flatnonzero(fit.labels_ == centre)
        away = ((vectors[inside] - fit.cluster_centers_[centre]) ** 2).sum(1).round(5)
        found.append((-len(inside), int(inside[away.argmin()])))
    rows = [row for _, row in sorted(found)]
    left = [row for row in range(len(pool)) if row not in rows]
    rows += random.Random(seed).sample(left, min(k - count, len(left)))
    return [pool[row] for row in rows]


def arrangements(k: int, count: int, seed: int) -> list[tuple[int, ...]]:
    """`count` different orders of k places, or all there are; the first one leaves them as they
    are."""
    rng = random.Random(seed)
    found = {tuple(range(k)): None}
    while len(found) < min(count, math.factorial(k)):
        found.setdefault(tuple(rng.sample(range(k), k)))
    return list(found)
