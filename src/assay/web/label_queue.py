"""Rows that people label on the page, one after another. Votes go to the same file as those of
sheets (`assay annotate`), when they are given: a page that is closed loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assay.core.errors import DataError, Problem, UsageError
from assay.core.sampling import hash_rank
from assay.core.types import Example
from assay.data.annotation.import_sheet import read_label
from assay.data.annotation.votes import Vote, mark
from assay.web.veiled_rows import VeiledRows

if TYPE_CHECKING:
    from assay.runtime.data_stage.annotation import Annotation

SHARED = 0.2  # of the rows go to everybody, for agreement
SOURCE = "page"  # where a vote was given
ORDERS = {
    "open": "rows without a label, or all where none lacks one",
    "next": "most informative first",
    "errors": "likely label errors",
    "disputes": "rows in dispute: what you say decides",
}
Order = Literal["open", "next", "errors", "disputes"]


FileStamp = tuple[str, int, int]  # path, when it was changed, size


@dataclass
class LabelQueue:
    """A project's rows and votes. Both are read again when a file of theirs has changed."""

    target: Path
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _work: Annotation | None = None
    _stamp: tuple[FileStamp, ...] = ()
    _votes: tuple[FileStamp, ...] = ()
    _queues: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _veiled: VeiledRows | None = None

    def work(self) -> Annotation:
        from assay.runtime.data_stage.annotation import Annotation

        with self._lock:
            if self._work is None or self._stamp != self._file_stamps(self._work):
                self._work = Annotation.of(self.target)
                self._stamp = self._file_stamps(self._work)
                self._queues.clear()
                self._votes, self._veiled = (), None
            own = self._work.project
            votes = tuple(map(stamp_of, (self._work.path, own.folder / (own.data.decisions or ""))))
            if votes != self._votes:
                self._work.reload_votes()
                self._votes = votes
            return self._work

    def veiled(self) -> VeiledRows:
        """The rows as the ledger calls them, without personal data where the project hides it."""
        with self._lock:
            work = self.work()
            if self._veiled is None:
                self._veiled = VeiledRows.of(work)
            return self._veiled

    def _file_stamps(self, work: Annotation) -> tuple[FileStamp, ...]:
        """Of each file that rows are from, and of the project's own."""
        own = work.project
        files = [path for some in own.files.values() for path in some]
        project = own.target if own.target.is_file() else own.folder / "project.yaml"
        return tuple(map(stamp_of, (*files, project)))

    def queue(self, who: str, order: Order) -> list[str]:
        """Ids of the rows that this person has not labelled, in the order that they come."""
        with self._lock:
            work = self.work()
            mine = {id for id, votes in work.on.items() if any(v.annotator == who for v in votes)}
            if order == "disputes":
                return list(work.disputes())
            known = self._queues.get((who, order))
            if known is None or not (left := [id for id in known if id not in mine]):
                left = self._queues[who, order] = self._draw(work, mine, order)
            return left

    def _draw(self, work: Annotation, mine: set[str], order: Order) -> list[str]:
        """Rows that others have labelled and that are for everybody, then those without a vote."""
        assert order != "disputes"
        seed = work.project.seed
        voted = [row.id for row in work.rows if row.id in work.on and row.id not in mine]
        shared = sorted(voted, key=lambda id: hash_rank(seed, id))
        shared = shared[: round(SHARED * len(work.on))]
        return [*shared, *(row.id for row in work.rows_to_label(order))]

    def row(self, id: str) -> Example | None:
        return next((row for row in self.work().rows if row.id == id), None)

    def label_of(self, id: str, who: str) -> str:
        """What this person said of a row; "" for nothing."""
        votes = self.work().on.get(id, [])
        return next((vote.label for vote in votes if vote.annotator == who), "")

    def vote(self, who: str, id: str, seen: str, labels: Sequence[str], *, decides: bool) -> None:
        """Keep a label, or several of one row.

        Args:
            seen: the row's hash as the page had it.

        Raises:
            DataError: D087 there is no such row, D088 it was changed meanwhile, D030 and D025 as in
                a sheet. UsageError: C060, no label is given.
        """
        with self._lock:
            work, row = self.work(), self.row(id)
            if row is None:
                raise DataError(Problem("D087", "there is no such row", id[:80]))
            if mark(row) != seen:
                text = "the row was changed since it was shown; look at it again"
                raise DataError(Problem("D088", text, id))
            text = " | ".join(label.strip() for label in labels if label.strip())
            if not text:
                raise UsageError(Problem("C060", "no label is given", id))
            label, problem = read_label(text, work.labels, work.kind, id)
            if problem is not None:
                raise DataError(problem)
            work.add([Vote(id, seen, who, label, decides, SOURCE)])


def stamp_of(file: Path) -> FileStamp:
    """By which a file is seen to have changed."""
    told = file.stat() if file.exists() else None
    return str(file), told.st_mtime_ns if told else 0, told.st_size if told else 0
