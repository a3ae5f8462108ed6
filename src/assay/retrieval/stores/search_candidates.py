"""The rows that may be among the nearest, by products of all vectors with all queries, block by
block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from assay.retrieval.stores.base import SAME

if TYPE_CHECKING:
    import numpy as np

# of fewer than one row in so many of a block, the vectors are copied out rather than all multiplied
FEW = 8


def candidates(
    queries: np.ndarray, top: int, wanted: np.ndarray, blocks: Iterable[tuple[int, np.ndarray]]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each query the numbers of rows and their vectors: the `top` nearest, and all that may tie
    with the last.

    Args:
        queries: float32 (queries, width), of length 1; a block's scores for all of them are held at
            once.
        wanted: sorted numbers of the rows to look at.
        blocks: (number of the first row, vectors float32 (rows, width)), in order.
    """
    import numpy as np

    width = queries.shape[1]
    near: list[list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = [[] for _ in queries]
    for first, vectors in blocks:
        rows = (
            wanted[np.searchsorted(wanted, first) : np.searchsorted(wanted, first + len(vectors))]
            - first
        )
        if not len(rows):
            continue
        few = len(rows) < len(vectors) / FEW
        scores = queries @ (vectors[rows] if few else vectors).T
        if not few and len(rows) < len(vectors):
            out = np.ones(len(vectors), dtype=bool)
            out[rows] = False
            scores[:, out] = -np.inf
        for query, line in enumerate(scores):
            columns = _likely(line, top) if top < len(rows) else np.flatnonzero(np.isfinite(line))
            inside = rows[columns] if few else columns
            near[query].append((first + inside, line[columns], vectors[inside]))
    for parts in near:
        if parts:
            rows, scores, vectors = (np.concatenate(column) for column in zip(*parts, strict=True))
            best = _likely(scores, top) if top < len(rows) else np.arange(len(rows))
            yield rows[best], vectors[best]
        else:
            yield np.zeros(0, dtype=np.int64), np.zeros((0, width), dtype=np.float32)


def _likely(scores: np.ndarray, top: int) -> np.ndarray:
    import numpy as np

    return np.flatnonzero(scores >= np.partition(scores, -top)[-top] - SAME)
