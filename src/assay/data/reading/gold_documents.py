"""The documents that rows name in `found_in`, as ids of the project's documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assay.core.types import Document, Example


class DocumentResolver:
    """Turns what rows name into ids: an id as it is, or the end of one path, `leave.md` for
    `handbook/leave.md`."""

    def __init__(self, documents: Sequence[Document]):
        self._ids: dict[str, str | None] = {}
        for document in documents:
            parts = document.id.split("/")
            for start in range(1, len(parts)):
                name = "/".join(parts[start:])
                # the end of two paths names neither
                self._ids[name] = None if name in self._ids else document.id
        self._ids |= {document.id: document.id for document in documents}
        self._missing: list[str] = []

    def example(self, example: Example) -> Example:
        """The example with ids; a name that is no document's stays, and is counted."""
        if not example.found_in:
            return example
        self._missing += [name for name in example.found_in if not self._ids.get(name)]
        return replace(
            example, found_in=tuple(self._ids.get(name) or name for name in example.found_in)
        )

    @property
    def warnings(self) -> list[dict]:
        """{code, count, text}: D105 where names were of no document."""
        if not self._missing or not self._ids:  # a project without documents has none to name
            return []
        text = (
            f"found_in names {len(set(self._missing))} documents that are not there; first:"
            f" {self._missing[0]}"
        )
        return [{"code": "D105", "count": len(self._missing), "text": text}]
