"""The documents of a fitted arm: added, replaced and dropped without a fit, and asked as they stood
at any time.

How        a log of JSON lines beside the project's results; version n is what the first n lines
           make of the documents that the arm was fitted on, which are version 0. Only passages that
           are new are counted and get vectors
Watch out  the inner arm is not fitted again: one that has learnt from passages keeps what it has
           learnt. A log belongs to one fit; a fit on other documents begins with those
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.core.errors import DataError, Problem, unknown_name
from assay.core.store import append, drop_torn_line, read_lines
from assay.core.types import Document, Tell
from assay.retrieval.gold_passages import document_of
from assay.strategies.retrieval.rag import RagAnswers, cut, refuse_twice


@dataclass(frozen=True, slots=True)
class DocumentsVersion:
    """What one change did."""

    version: int
    time: str  # UTC, ISO 8601; "" for what was fitted
    put: tuple[str, ...]  # ids of the documents that were added or replaced
    dropped: tuple[str, ...]
    documents: int  # that there are since then


class Library:
    """The arm over its documents of any version. `arm()` is the newest."""

    def __init__(self, arm: RagAnswers, log: Path, tell: Tell | None = None):
        """Args:
        log: the file of changes; it need not be there yet.
        """
        self.log = log
        self._tell = tell
        if log.exists():
            drop_torn_line(log)
        self._changes: list[dict[str, Any]] = list(read_lines(log)) if log.exists() else []
        self._arms = {0: arm}

    @property
    def version(self) -> int:
        return len(self._changes)

    def arm(self, at: int | None = None) -> RagAnswers:
        """The arm that answers from the documents of a version, of the newest when None.

        Raises:
            DataError: D110, there is no such version.
        """
        if at is not None and not 0 <= at <= self.version:
            raise DataError(
                Problem(
                    "D110",
                    f"there is no version {at} of the documents",
                    help=f"0 to {self.version}, or none",
                )
            )
        number = self.version if at is None else at
        if number not in self._arms:
            self._keep(number, self._replay(number))
        return self._arms[number]

    def ids(self, at: int | None = None) -> list[str]:
        """The documents of a version, in the order in which they came."""
        return list(
            dict.fromkeys(document_of(passage.id) for passage in self.arm(at).finder.passages)
        )

    def versions(self) -> list[DocumentsVersion]:
        """All versions, oldest first."""
        there = dict.fromkeys(self.ids(0))
        out = [DocumentsVersion(0, "", tuple(there), (), len(there))]
        for number, change in enumerate(self._changes, start=1):
            put = tuple(row[0] for row in change["put"])
            there = {one: None for one in there if one not in change["drop"]} | dict.fromkeys(put)
            out.append(
                DocumentsVersion(number, change["time"], put, tuple(change["drop"]), len(there))
            )
        return out

    def put(self, documents: Sequence[Document]) -> int:
        """Add documents; one whose id is there replaces that one. The next answer reads them.

        Returns:
            the new version.

        Raises:
            DataError: D107, an id comes twice; D108, a document has no text. Nothing is changed
                then.
        """
        refuse_twice(documents)
        passages = self._cut(documents)
        full = {document_of(passage.id) for passage in passages}
        empty = [document for document in documents if document.id not in full]
        if empty or not documents:
            text = (
                f"{len(empty)} of {len(documents)} documents have no text"
                if documents
                else "no documents were given"
            )
            raise DataError(
                Problem(
                    "D108",
                    text,
                    empty[0].id if empty else "",
                    help="add documents with words in them",
                )
            )
        return self._change(documents, passages, ())

    def drop(self, ids: Sequence[str]) -> int:
        """Take documents out. The next answer does not read them.

        Returns:
            the new version.

        Raises:
            DataError: D109, there is no such document. Nothing is changed then.
        """
        known = dict.fromkeys(self.ids())
        missing = [
            unknown_name("D109", "document", one, known, str(self.log.stem), "")
            for one in ids
            if one not in known
        ]
        if missing:
            raise DataError(*missing)
        return self._change((), (), ids)

    def _change(
        self, put: Sequence[Document], passages: Sequence[Document], drop: Sequence[str]
    ) -> int:
        changed = _over(self.arm(), passages, [*drop, *(document.id for document in put)])
        row = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "put": [document.to_json() for document in put],
            "drop": list(drop),
        }
        append(self.log, row)
        self._changes.append(row)
        self._keep(self.version, changed)
        return self.version

    def _keep(self, number: int, arm: RagAnswers) -> None:
        """Beside the fitted one, the newest and the one asked last: a list of passages each."""
        kept = (0, self.version)
        self._arms = {one: arm for one, arm in self._arms.items() if one in kept} | {number: arm}

    def _replay(self, number: int) -> RagAnswers:
        """What the first changes together make of the documents: one change, however many there
        were."""
        put: dict[str, Document] = {}
        gone: dict[str, None] = {}
        for change in self._changes[:number]:
            came = [Document.from_json(row) for row in change["put"]]
            for one in (*change["drop"], *(document.id for document in came)):
                gone[one] = None
                put.pop(one, None)
            put |= {document.id: document for document in came}
        return _over(self._arms[0], self._cut([*put.values()]), [*gone])

    def _cut(self, documents: Sequence[Document]) -> list[Document]:
        first = self._arms[0]
        return cut(first.settings, documents, first.finder.tools.encoding, self._tell)


def _over(arm: RagAnswers, put: Sequence[Document], drop: Sequence[str]) -> RagAnswers:
    return arm.over(arm.finder.replace_documents(put, drop))
