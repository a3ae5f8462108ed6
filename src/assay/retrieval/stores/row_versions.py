"""Which rows there are, and which of them a version has: the part of an exact store that is held in
memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from assay.retrieval.stores.base import ANY, document_of

if TYPE_CHECKING:
    import numpy as np


class Roll:
    """Rows are numbered as they come. A row is of the versions from `born` on, up to the one before
    `died`."""

    def __init__(self) -> None:
        import numpy as np

        self.ids: list[str] = []
        self.born = np.zeros(0, dtype=np.int64)
        self.died = np.zeros(0, dtype=np.int64)  # 0: not yet
        self.alive: dict[str, int] = {}
        self._of: dict[str, set[int]] = {}  # rows that are alive, by document
        self._having: dict[tuple[str, str], list[int]] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def take(
        self, ids: Sequence[str], fields: Sequence[Mapping[str, str]], born: np.ndarray
    ) -> None:
        import numpy as np

        for row, (name, named) in enumerate(zip(ids, fields, strict=True), start=len(self.ids)):
            self.alive[name] = row
            self._of.setdefault(document_of(name), set()).add(row)
            for pair in named.items():
                self._having.setdefault(pair, []).append(row)
        self.ids += ids
        self.born = np.concatenate([self.born, born])
        self.died = np.concatenate([self.died, np.zeros(len(ids), dtype=np.int64)])

    def end(self, rows: Sequence[int], version: int | np.ndarray) -> None:
        self.died[rows] = version
        for row in rows:
            name = self.ids[row]
            self._of[document_of(name)].discard(row)
            if self.alive.get(name) == row:
                del self.alive[name]

    def of(self, documents: Iterable[str]) -> list[int]:
        """The rows of these documents that are alive."""
        return sorted(row for document in set(documents) for row in self._of.get(document, ()))

    def rows(self, at: int | None, where: Mapping[str, str] = ANY) -> np.ndarray:
        """Sorted numbers of the rows that the version has and whose fields are these."""
        import numpy as np

        there = (
            self.died == 0
            if at is None
            else (self.born <= at) & ((self.died == 0) | (self.died > at))
        )
        if not where:
            return np.flatnonzero(there)
        few, *others = sorted((self._having.get(pair, []) for pair in where.items()), key=len)
        found = np.array(few, dtype=np.int64)
        for rows in others:
            found = np.intersect1d(found, np.array(rows, dtype=np.int64), assume_unique=True)
        return found[there[found]]
