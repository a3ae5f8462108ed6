"""Passages in plain files, every vector compared: exact search.

What it is for   up to some hundred thousand passages, without a library or a server
Costs            one matrix product a search: 100,000 vectors of width 384 are 150 MB, read at the
                 speed of memory
How              segments of rows and a log (`segment_files.py`); a row knows the versions it came
                 and went with (`row_versions.py`), so that an old version is the same rows under
                 another mask
Watch out        a search takes as much longer as there are more rows
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assay.core import checksummed_lines, store
from assay.core.types import Document, Tell
from assay.retrieval.stores import segment_files
from assay.retrieval.stores.base import (
    ANY,
    Store,
    StoreOf,
    StoreVersion,
    rank_exactly,
    refuse_other_encoding,
    refuse_version,
    units,
    validate_rows,
)
from assay.retrieval.stores.row_versions import Roll
from assay.retrieval.stores.search_candidates import candidates
from assay.retrieval.stores.segment_files import LOG, VectorSegment

if TYPE_CHECKING:
    import numpy as np

QUERIES = 64  # searched at once
BLOCK = 131_072  # rows compared at once: 64 queries take 32 MB of scores
MOST_SEGMENTS = 32  # more are merged
DEAD = 0.3  # share of rows that no version needs any more, from which on the rows are written anew
TRIES = 10  # reading while another process merges: what was to be read has gone


class Exact(StoreOf):
    """Plain files, and every vector compared: exact, no library, no index."""

    kind: Literal["exact"] = "exact"

    def open(self, folder: Path, *, digest: str, width: int, rebuild: bool, tell: Tell) -> Store:
        return ExactStore(folder, digest, width, rebuild=rebuild)


class ExactStore:
    """See `base.Store`. Writers take turns by a lock; readers take none."""

    def __init__(self, folder: Path, digest: str, width: int, *, rebuild: bool = False):
        self.folder = folder
        self.encoding = (digest, width)
        self._segments: list[VectorSegment] = []
        with self._alone():
            lines = segment_files.read_log(folder)
            had = (lines[0]["digest"], lines[0]["width"]) if lines else self.encoding
            if had != self.encoding and not rebuild:
                way_out = (
                    f"delete the folder {folder}, which is then built again, or go back to the"
                    " former model"
                )
                refuse_other_encoding(str(folder), had, self.encoding, way_out)
            if not lines or had != self.encoding:
                self._oldest, self._versions, self._roll = 0, [StoreVersion(0, time.time())], Roll()
                self._write_log()
            self._mark = (0, 0, 0)
            self._refresh()
            segment_files.clear(folder, [segment.name for segment in self._segments])

    # --- writing ----------------------------------------------------------------------------------

    def put(
        self,
        passages: Sequence[Document],
        vectors: np.ndarray,
        fields: Sequence[Mapping[str, str]] = (),
    ) -> int:
        import numpy as np

        rows = validate_rows(passages, vectors, fields, self.encoding[1])
        with self._alone():
            self._refresh()
            if not len(rows):
                return self._newest
            number = self._newest + 1
            texts = zip(rows.passages, rows.fields, strict=True)
            name = segment_files.write_segment(
                self.folder, rows.vectors, np.full(len(rows), number), texts
            )
            gone = [self._roll.alive[p.id] for p in rows.passages if p.id in self._roll.alive]
            self._commit(number, name, gone)
            return number

    def drop(self, documents: Sequence[str]) -> int:
        with self._alone():
            self._refresh()
            if gone := self._roll.of(documents):
                self._commit(self._newest + 1, "", gone)
            return self._newest

    def forget(self, before: int) -> None:
        with self._alone():
            self._refresh()
            self._check(before)
            self._oldest = before
            self._versions = [version for version in self._versions if version.number >= before]
            dead = ((self._roll.died > 0) & (self._roll.died <= before)).sum()
            if dead > DEAD * len(self._roll):
                self._merge(0)
            else:
                self._write_log()

    def _commit(self, number: int, name: str, gone: list[int]) -> None:
        """One line of the log, then the same in memory."""
        line = {"version": number, "time": time.time(), "segment": name, "gone": sorted(gone)}
        checksummed_lines.add(self.folder / LOG, line)
        self._mark = self._stamp()
        self._follow(line, {})
        if len(self._segments) > MOST_SEGMENTS:
            # The first is spared until the others make up half of it: most writes then rewrite
            # little.
            others = sum(len(segment) for segment in self._segments[1:])
            self._merge(0 if 2 * others > len(self._segments[0]) else 1)

    def _merge(self, first: int) -> None:
        """Write the rows of all segments from `first` on as one segment, without those that no
        version needs."""
        import numpy as np

        starts = self._starts()
        merged, kept, ended = self._segments[first:], [], []
        spared = int(starts[first])
        for segment, start in zip(merged, starts[first:-1], strict=True):
            died = self._roll.died[start : start + len(segment)]
            rows = np.flatnonzero((died == 0) | (died > self._oldest))
            kept.append((segment, rows))
            ended.append(died[rows])
        vectors = np.concatenate([segment.vectors[rows] for segment, rows in kept])
        self._segments = self._segments[:first]
        if len(vectors):
            born = np.concatenate([segment.born[rows] for segment, rows in kept])
            texts = (pair for segment, rows in kept for pair in self._texts(segment, rows))
            name = segment_files.write_segment(self.folder, vectors, born, texts)
            self._segments.append(segment_files.read_segment(self.folder, name, self.encoding[1]))
        self._roll.died = np.concatenate([self._roll.died[:spared], *ended])
        self._write_log()
        self._read()
        segment_files.clear(self.folder, [segment.name for segment in self._segments])

    def _texts(
        self, segment: VectorSegment, rows: np.ndarray
    ) -> Iterator[tuple[Document, Mapping[str, str]]]:
        read = segment_files.read_passages(
            self.folder, segment.name, [segment.starts[row] for row in rows]
        )
        return zip(read, (segment.fields[row] for row in rows), strict=True)

    def _write_log(self) -> None:
        """The log as one line."""
        import numpy as np

        head = {
            "format": segment_files.FORMAT,
            "digest": self.encoding[0],
            "width": self.encoding[1],
            "segments": [segment.name for segment in self._segments],
            "versions": [[version.number, version.time] for version in self._versions],
            "oldest": self._oldest,
            "gone": [
                [int(row), int(self._roll.died[row])] for row in np.flatnonzero(self._roll.died)
            ],
        }
        checksummed_lines.write(self.folder / LOG, head)
        self._mark = self._stamp()

    def _alone(self) -> contextlib.AbstractContextManager[None]:
        return store.lock(self.folder / "lock", "writes passages", wait=True)

    # --- following what is written ----------------------------------------------------------------

    @property
    def _newest(self) -> int:
        return self._versions[-1].number

    def _stamp(self) -> tuple[int, int, int]:
        found = (self.folder / LOG).stat()
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _refresh(self) -> None:
        """Take over what other processes have written since."""
        for _ in range(TRIES):
            try:
                if self._stamp() != self._mark:
                    self._read()
                return
            # a segment that was merged away between the log and its own reading
            except FileNotFoundError:
                time.sleep(0.01)
        segment_files.refuse_damaged(self.folder, "names segments that are not there")

    def _read(self) -> None:
        """All of the log; segments that are known are not read again."""
        import numpy as np

        mark = self._stamp()
        head, *lines = segment_files.read_log(self.folder)
        if (head["digest"], head["width"]) != self.encoding:
            had = (head["digest"], head["width"])
            refuse_other_encoding(
                str(self.folder), had, self.encoding, "another process has rebuilt it: start again"
            )
        known = {segment.name: segment for segment in self._segments}
        self._segments, self._roll = [], Roll()
        self._oldest, self._versions = (
            head["oldest"],
            [StoreVersion(*pair) for pair in head["versions"]],
        )
        for name in head["segments"]:
            self._add(name, known)
        rows = [row for row, _ in head["gone"]]
        self._roll.end(rows, np.array([version for _, version in head["gone"]], dtype=np.int64))
        for line in lines:
            self._follow(line, known)
        self._mark = mark

    def _follow(self, line: dict[str, Any], known: Mapping[str, VectorSegment]) -> None:
        """One line of the log, that is one version."""
        self._roll.end(line["gone"], line["version"])
        if line["segment"]:
            self._add(line["segment"], known)
        self._versions.append(StoreVersion(line["version"], line["time"]))

    def _add(self, name: str, known: Mapping[str, VectorSegment]) -> None:
        segment = known.get(name) or segment_files.read_segment(self.folder, name, self.encoding[1])
        self._segments.append(segment)
        self._roll.take(segment.ids, segment.fields, segment.born)

    # --- reading ----------------------------------------------------------------------------------

    def search(
        self,
        vectors: np.ndarray,
        top: int,
        *,
        where: Mapping[str, str] = ANY,
        at: int | None = None,
    ) -> list[list[tuple[str, float]]]:
        queries = units(vectors, self.encoding[1])
        self._refresh()
        self._check(at)
        rows = self._roll.rows(at, where)
        found: list[list[tuple[str, float]]] = []
        for start in range(0, len(queries), QUERIES):
            some = queries[start : start + QUERIES]
            for query, (near, there) in zip(
                some, candidates(some, top, rows, self._blocks()), strict=True
            ):
                found.append(rank_exactly(query, [self._roll.ids[row] for row in near], there, top))
        return found

    def _blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """(number of the first row, vectors)"""
        for start, segment in zip(self._starts(), self._segments, strict=False):
            for first in range(0, len(segment), BLOCK):
                yield int(start) + first, segment.vectors[first : first + BLOCK]

    def _starts(self) -> np.ndarray:
        """The number of each segment's first row, and of the row after the last."""
        import numpy as np

        return np.cumsum([0, *(len(segment) for segment in self._segments)])

    def passages(self, ids: Sequence[str], at: int | None = None) -> list[Document]:
        for tried in range(TRIES):
            self._refresh()
            self._check(at)
            there = (
                self._roll.alive
                if at is None
                else {self._roll.ids[row]: row for row in self._roll.rows(at)}
            )
            rows = [there[name] for name in ids]
            try:
                return [self._passage(row) for row in rows]
            except FileNotFoundError:  # merged away by another process
                if tried == TRIES - 1:
                    raise
        raise AssertionError("not reached")

    def _passage(self, row: int) -> Document:
        import numpy as np

        starts = self._starts()
        which = int(np.searchsorted(starts, row, side="right")) - 1
        segment = self._segments[which]
        return segment_files.read_passages(
            self.folder, segment.name, [segment.starts[row - starts[which]]]
        )[0]

    def ids(self, at: int | None = None) -> list[str]:
        self._refresh()
        self._check(at)
        return sorted(self._roll.ids[row] for row in self._roll.rows(at))

    @property
    def version(self) -> int:
        self._refresh()
        return self._newest

    def versions(self) -> list[StoreVersion]:
        self._refresh()
        return list(self._versions)

    def __len__(self) -> int:
        self._refresh()
        return len(self._roll.alive)

    def close(self) -> None:
        self._segments, self._roll = [], Roll()

    def _check(self, at: int | None) -> None:
        if at is not None and not self._oldest <= at <= self._newest:
            refuse_version(str(self.folder), at, self._oldest, self._newest)
