"""Rows that share a property, by bucket: where candidate pairs come from. No table of all pairs is
ever made.

Two sides   a pair is a row of the left side and one of the right side of the same bucket. For
            MinHash bands both sides are the same rows; for segments the left has the part and the
            right holds it
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

CHUNK = 1 << 20  # candidate pairs made at once
WIDE = 128  # a bucket with more rows than this is looked through by samples first


@dataclass(frozen=True, slots=True)
class Entries:
    """Rows by bucket, sorted by bucket, then row: int64 and int32, (n,) each."""

    bucket: Any
    row: Any

    @classmethod
    def from_unsorted(cls, bucket: Any, row: Any) -> Entries:
        import numpy as np

        order = np.lexsort((row, bucket))
        return cls(bucket[order], row[order].astype(np.int32))

    @classmethod
    def concatenate(cls, parts: Sequence[Entries]) -> Entries:
        """One after the other; buckets of different parts are different ones."""
        import numpy as np

        shift, buckets, rows = 0, [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int32)]
        for part in parts:
            buckets.append(part.bucket + shift)
            rows.append(part.row)
            shift += 1 + (int(part.bucket[-1]) if len(part.bucket) else 0)
        return cls(np.concatenate(buckets), np.concatenate(rows))

    def where(self, mask: Any) -> Entries:
        return Entries(self.bucket[mask], self.row[mask])

    def sizes(self, buckets: Any) -> Any:
        """How many rows stand in each of `buckets`."""
        return self.bucket.searchsorted(buckets, "right") - self.bucket.searchsorted(
            buckets, "left"
        )


@dataclass(frozen=True, slots=True)
class Buckets:
    kind: Literal["bands", "segments"]
    left: Entries
    right: Entries  # the same object as `left` where a pair can be found from either of its rows

    @classmethod
    def of_bands(cls, bands: Any) -> Buckets:
        """Rows with one hash in a band; bands is uint64, (bands, n)."""
        import numpy as np

        from assay.data.dedup.minhash import spread

        count = bands.shape[1]
        shift = np.uint64(max(count - 1, 1).bit_length())
        rows = np.arange(count, dtype=np.uint64)
        found: dict[int, Entries] = {}

        def work(band: int) -> None:
            # Hash and row in one number: rows of a bucket come out in order, and a plain sort is
            # the fastest there is.
            packed = (bands[band] << shift) | rows
            packed.sort()
            name = packed >> shift
            as_before = np.concatenate([[False], name[1:] == name[:-1]])
            shared = as_before | np.concatenate([as_before[1:], [False]])
            own = (packed[shared] & ((np.uint64(1) << shift) - np.uint64(1))).astype(np.int32)
            found[band] = Entries(np.cumsum(~as_before[shared]), own)

        if count:
            spread(work, range(len(bands)), count)
        both = Entries.concatenate([found[band] for band in sorted(found)])
        return cls("bands", both, both)

    @property
    def same(self) -> bool:
        return self.left is self.right

    def only(self, mask: Any) -> Buckets:
        """The pairs both of whose rows are in `mask` (bool, by row)."""
        left = self.left.where(mask[self.left.row])
        return replace(
            self, left=left, right=left if self.same else self.right.where(mask[self.right.row])
        )

    def between(self, first: Any, second: Any) -> list[Buckets]:
        """The pairs of a row in `first` and one in `second`, two masks without a common row."""
        sides = [(first, second)] if self.same else [(first, second), (second, first)]
        return [
            replace(
                self,
                left=self.left.where(a[self.left.row]),
                right=self.right.where(b[self.right.row]),
            )
            for a, b in sides
        ]

    def limit_per_family(self, family: Any, most: int) -> Buckets:
        """At most so many rows of one family (int, by row) in a wide bucket."""
        left = _limit_per_family(self.left, family, most)
        return replace(
            self,
            left=left,
            right=left if self.same else _limit_per_family(self.right, family, most),
        )

    def count(self) -> int:
        """How many pairs `chunks` gives, and rows with themselves."""
        start, end = self._ranges()
        return int((end - start).sum())

    def chunks(self) -> Iterator[tuple[Any, Any]]:
        """All pairs, a pair once for each bucket that it shares: (lower rows, higher rows),
        int32."""
        import numpy as np

        start, end = self._ranges()
        there = np.flatnonzero(end > start)
        start, many, row = start[there], (end - start)[there], self.left.row[there]
        ends, at = np.cumsum(many), 0
        while at < len(many):
            before = ends[at - 1] if at else 0
            to = max(at + 1, int(np.searchsorted(ends, before + CHUNK, side="right")))
            own = many[at:to]
            place = np.arange(ends[to - 1] - before) + np.repeat(
                start[at:to] - (ends[at:to] - own - before), own
            )
            yield _order_pairs(np.repeat(row[at:to], own), self.right.row[place])
            at = to

    def samples(self, most: int) -> Iterator[tuple[Any, Any]]:
        """Some pairs of the wide buckets: `most` for each row of either side, which link all rows
        of a side."""
        import numpy as np

        for one, other in (
            [(self.left, self.right)]
            if self.same
            else [(self.left, self.right), (self.right, self.left)]
        ):
            start = other.bucket.searchsorted(one.bucket, "left")
            size = other.bucket.searchsorted(one.bucket, "right") - start
            wide = np.flatnonzero((size > WIDE) | (one.sizes(one.bucket) > WIDE) & (size > 0))
            rank = wide - one.bucket.searchsorted(one.bucket[wide], "left")
            for step in range(self.same, most + self.same):
                for part in range(0, len(wide), CHUNK):
                    own = wide[part : part + CHUNK]
                    place = start[own] + (rank[part : part + CHUNK] + step) % size[own]
                    yield _order_pairs(one.row[own], other.row[place])

    def _ranges(self) -> tuple[Any, Any]:
        """From where to where on the right side each row of the left side finds its partners."""
        import numpy as np

        end = self.right.bucket.searchsorted(self.left.bucket, "right")
        if self.same:
            return np.arange(1, len(end) + 1), end
        return self.right.bucket.searchsorted(self.left.bucket, "left"), end


def _order_pairs(first: Any, second: Any) -> tuple[Any, Any]:
    import numpy as np

    two = first != second
    first, second = first[two], second[two]
    return np.minimum(first, second), np.maximum(first, second)


def _limit_per_family(entries: Entries, family: Any, most: int) -> Entries:
    import numpy as np

    keep = np.ones(len(entries.row), dtype=bool)
    wide = np.flatnonzero(entries.sizes(entries.bucket) > WIDE)
    bucket, own = entries.bucket[wide], family[entries.row[wide]]
    order = np.lexsort((wide, own, bucket))
    new = np.concatenate(
        [[True], (bucket[order][1:] != bucket[order][:-1]) | (own[order][1:] != own[order][:-1])]
    )
    first = np.flatnonzero(new[: len(order)])
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
    keep[wide[order[rank >= most]]] = False
    return entries.where(keep)
