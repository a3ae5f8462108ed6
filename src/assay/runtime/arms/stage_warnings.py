"""Warnings of a stage, in a file until the stage is complete and in its note from then on.

A run that was killed, or that finds the stage finished, reports them as the first run did."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.core import checksummed_lines, store
from assay.core.types import Tell

FILE = "warnings.jsonl"
FIELDS = ("code", "count", "text")


class StageWarnings:
    """The warnings that are heard while stages are at work, of which one may hold another."""

    def __init__(self) -> None:
        self._open: list[tuple[Path, list[dict[str, Any]]]] = []

    def hear(self, event: Mapping[str, Any]) -> None:
        """Add a warning to each stage at work; other events are ignored."""
        if event.get("event") != "warning":
            return
        row = {key: event[key] for key in FIELDS}
        for folder, rows in self._open:
            if row not in rows:
                store.make_folder(folder)
                checksummed_lines.add(folder / FILE, row)
                rows.append(row)

    @contextmanager
    def stage(self, folder: Path) -> Generator[list[dict[str, Any]]]:
        """Collect the warnings of a stage, those of an interrupted start among them.

        Yields: the warnings so far; the list grows."""
        rows = checksummed_lines.beginning(folder / FILE) if (folder / FILE).exists() else []
        self._open.append((folder, rows))
        try:
            yield rows
        finally:
            self._open.pop()


def repeat(note: Mapping[str, Any] | None, tell: Tell) -> None:
    """Tell the warnings in the note of a finished stage."""
    for row in (note or {}).get("warnings", ()):
        tell({"event": "warning", **row})
