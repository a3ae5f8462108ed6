"""Answers of a remote model that have been paid for: one JSON line each, kept as soon as it has
come.

Where     <project>/work/remote/<digest of the endpoint>.jsonl
Key       sha256 of address, model, messages, decoding, tokens and the number of the sample: the
          question itself is not kept here
Promise   a kill loses no line that was written; a torn last line is cut off and asked again, and so
          is a line that was changed: each has its own hash
"""

from __future__ import annotations

import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assay.core import checksummed_lines, store
from assay.core.answers import Decoding
from assay.core.corrupt_files import Tell, silent
from assay.core.examples import Messages
from assay.models.remote.endpoint import Endpoint

VERSION = 1  # raise it when the same key would have to stand for another answer


class RemoteCache:
    """The answers of one endpoint. Without a folder they are kept in memory alone."""

    def __init__(self, folder: Path | None, endpoint: Endpoint, tell: Tell = silent):
        self.file = folder / f"{endpoint.digest[:20]}.jsonl" if folder else None
        self._lock = threading.Lock()
        self._rows: dict[str, dict[str, Any]] = {}
        if self.file and self.file.exists():
            self._rows = {row["key"]: row for row in checksummed_lines.read(self.file, tell)}

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> dict[str, Any] | None:
        return self._rows.get(key)

    def add(self, key: str, row: dict[str, Any]) -> None:
        """Keep an answer: when this returns, it is on the disk."""
        with self._lock:
            if self.file:
                checksummed_lines.add(self.file, {"key": key, **row})
            self._rows[key] = {"key": key, **row}

    def model_names(self) -> dict[str, list[str]]:
        """Names that the service has given its model -> the days of its answers, both in order."""
        found: dict[str, set[str]] = {}
        for row in self._rows.values():
            found.setdefault(row["served"], set()).add(row["at"][:10])
        return {name: sorted(found[name]) for name in sorted(found)}


def request_key(
    endpoint: Endpoint, messages: Messages, max_tokens: int, how: Decoding, sample: int
) -> str:
    """sha256 of all that decides an answer, as far as we know."""
    asked = [[message.role, message.content] for message in messages]
    return store.digest(
        [VERSION, endpoint.url, endpoint.model, asked, asdict(how), max_tokens, sample]
    )
