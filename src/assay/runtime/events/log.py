"""The log of a project's runs: `work/events.jsonl`, one line an event, for every reader
(docs/watching.md).

A line is at most 4 KB and written with one call, so a kill leaves at most one torn last line, which
readers leave out and the next run cuts off.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.project_paths import place
from assay.core.types import Tell

NAME = "events.jsonl"
LOCK = "run.lock"  # beside it: held by the run that writes it
LINE = 4096  # bytes at most
TEXT = 400  # characters that a text is cut to in a line that is too long
# seconds at least between two lines that only say how far something is: each is flushed to the disk
GAP = 0.1


def log_events(tell: Tell, file: Path, clock: Callable[[], float] = time.monotonic) -> Tell:
    """`tell` that also writes each event down, with the time in UTC and the arm that told it.
    `clock`: seconds, which the gap between two lines is measured with."""
    store.drop_torn_line(file)
    last = -GAP

    def both(event: dict[str, Any]) -> None:
        nonlocal last
        moving = event.get("event") in ("progress", "download") and event.get("done") != event.get(
            "total"
        )
        now = clock()
        if not moving or now - last >= GAP:
            last = now if moving else last
            store.append(file, line(event, datetime.now(UTC)))
        tell(event)

    return both


def line(event: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The event as it is written: `time`, `arm`, then its own keys; cut to `LINE` bytes."""
    own = {key: value for key, value in event.items() if key != "stage"}
    arm = event.get("stage") or (event.get("name") if event.get("event") == "stage" else "") or ""
    row = {
        "time": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
        "arm": arm,
        **_plain(own),
    }
    if len(store.to_json(row).encode()) < LINE:
        return row
    row = _shorten(row)
    if len(store.to_json(row).encode()) < LINE:
        return row
    return {**{key: row[key] for key in ("time", "arm", "event") if key in row}, "cut": True}


def _plain(value: Any) -> Any:
    """Numbers that JSON cannot write become null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shorten(value: Any) -> Any:
    """Long texts cut, long lists left at their first ten."""
    if isinstance(value, dict):
        return {key: _shorten(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shorten(item) for item in value[:10]]
    if isinstance(value, str) and len(value) > TEXT:
        return value[: TEXT - 1] + "…"
    return value


def read(target: Path) -> Iterator[dict[str, Any]]:
    """The events of a project, by its folder or file, oldest first; none where nothing has run.
    What is no event (a line that a full disk left behind) is left out."""
    file = place(target, "work") / NAME
    if file.exists():
        yield from LogReader(file).read()


class LogReader:
    """The lines of a log that somebody may still write: each call of `read` has those that have
    come since the one before. `place`: bytes that were read."""

    def __init__(self, file: Path, place: int = 0):
        self.file, self.place = file, place

    def read(self) -> Iterator[dict[str, Any]]:
        if not self.file.exists():
            return
        with self.file.open("rb") as lines:
            lines.seek(self.place)
            for raw in lines:
                if not raw.endswith(b"\n"):
                    return  # it is being written, or was torn
                self.place += len(raw)
                try:
                    event = json.loads(raw)
                except ValueError:
                    continue
                if isinstance(event, dict):
                    yield event


def size(file: Path) -> int:
    """Bytes of a log, none where there is none yet."""
    return file.stat().st_size if file.exists() else 0
