"""Which of many texts are near each other: candidates from shared bands and segments, each then
measured exactly.

How         buckets propose pairs; some bits of the two texts rule most out; the rest is measured as
            text_similarity.py says, so a hit is never a guess. Whether two texts are near depends
            on the two alone, not on the others
Cost        n log n: sorts of one number a row and band; then as many pairs as share a bucket
Memory      about 400 bytes a row beside the texts, and what a million candidate pairs need
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from assay.data.dedup import edit_distance, minhash
from assay.data.dedup.buckets import Buckets
from assay.data.text_similarity import MOST_EDITS, Key

THRESHOLD = 0.8
HELD = 1 << 20  # candidates that passed the sieve and wait to be measured
MEASURED = 1 << 16  # candidates measured at once


class Pairs(NamedTuple):
    """Near texts: row numbers, the lower first, and how alike they are (int, int, float64; (n,)
    each)."""

    first: Any
    second: Any
    similarity: Any


class NearDuplicateSearch:
    """Texts by number, from 0, and what is known of them for finding the near ones."""

    def __init__(self, keys: Sequence[Key], threshold: float, seed: int = 0):
        import numpy as np

        self.threshold = threshold
        self.rows = len(keys)
        self._texts = [key.text for key in keys]
        names: dict[str, int] = {}
        self._scopes = np.fromiter(
            (names.setdefault(key.scope, len(names)) for key in keys),
            dtype=np.int32,
            count=len(keys),
        )
        lengths = np.fromiter(map(len, self._texts), dtype=np.int64, count=len(keys))
        width = minhash.rows_per_band(threshold)
        self._digests = minhash.digests(self._texts, self._scopes, width, seed)
        self.buckets = [
            Buckets.of_bands(self._digests.bands),
            edit_distance.buckets_of(self._texts, lengths, self._scopes),
        ]
        self._sketches = edit_distance.sketches(self._texts, lengths)

    def near(
        self,
        buckets: Sequence[Buckets],
        wanted: Callable[[Any, Any], Any] | None = None,
        samples: int = 0,
    ) -> Iterator[Pairs]:
        """The near pairs that `buckets` propose, some thousands at a time.

        Args:
            wanted: (lower rows, higher rows) -> bool mask; asked anew before each batch is
                measured, so that what earlier batches told can save measuring.
            samples: look at so many pairs of each row in wide buckets only.
        """
        for own in buckets:
            held: list[Any] = []
            waiting = 0
            for first, second in own.samples(samples) if samples else own.chunks():
                if wanted is not None:
                    keep = wanted(first, second)
                    first, second = first[keep], second[keep]
                keep = self._likely(own.kind, first, second)
                held.append(_pack_pairs(first[keep], second[keep]))
                waiting += len(held[-1])
                if waiting > HELD:
                    yield from self._score_pairs(own.kind, held, wanted)
                    held, waiting = [], 0
            yield from self._score_pairs(own.kind, held, wanted)

    def _likely(self, kind: str, first: Any, second: Any) -> Any:
        import numpy as np

        if kind == "bands":
            likely = self._digests.likely(first, second, self.threshold)
        else:
            unlike = np.bitwise_count(self._sketches[first] ^ self._sketches[second]).sum(
                axis=1, dtype=np.uint16
            )
            likely = unlike <= 6 * MOST_EDITS
        return likely & (self._scopes[first] == self._scopes[second])

    def _score_pairs(
        self, kind: str, held: list[Any], wanted: Callable[[Any, Any], Any] | None
    ) -> Iterator[Pairs]:
        import numpy as np

        if not held:
            return
        packed = np.unique(np.concatenate(held))
        first, second = (
            (packed >> np.uint64(32)).astype(np.int64),
            (packed & np.uint64(0xFFFFFFFF)).astype(np.int64),
        )
        # The first partner of every row, then the second of every row, and so on: what `wanted`
        # learns from these spares most of the pairs of rows that have very many.
        starts = np.flatnonzero(np.concatenate([[True], first[1:] != first[:-1]])[: len(first)])
        rank = np.arange(len(first)) - np.repeat(starts, np.diff(np.append(starts, len(first))))
        order = np.argsort(rank, kind="stable")
        for start in range(0, len(order), MEASURED):
            own = order[start : start + MEASURED]
            if wanted is not None:
                own = own[wanted(first[own], second[own])]
            measure = minhash.jaccards if kind == "bands" else edit_distance.edit_similarities
            similarity = measure(self._texts, first[own], second[own])
            near = similarity >= self.threshold
            yield Pairs(first[own][near], second[own][near], similarity[near])


def _pack_pairs(first: Any, second: Any) -> Any:
    import numpy as np

    return (first.astype(np.uint64) << np.uint64(32)) | second.astype(np.uint64)


def merge_pairs(parts: Sequence[Pairs]) -> Pairs:
    """One list, sorted, each pair once with the larger of its similarities."""
    import numpy as np

    if not parts:
        return Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
    first, second, similarity = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((-similarity, second, first))
    first, second, similarity = first[order], second[order], similarity[order]
    new = np.concatenate([[True], (first[1:] != first[:-1]) | (second[1:] != second[:-1])])[
        : len(first)
    ]
    return Pairs(first[new], second[new], similarity[new])
