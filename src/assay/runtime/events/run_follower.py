"""A run that goes on in another process, as that process tells it: the events of its log, from its
beginning on, each with its time.

Ends     with the run: when the log says so, or when the process that holds the lock is gone
Watch    the lock is only read: to take it for a moment could refuse a run that begins then
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from assay.core.errors import Problem, UsageError
from assay.core.project_paths import near
from assay.core.project_paths import place as place_of
from assay.runtime.events.log import LOCK, NAME, LogReader

EVERY = 0.25  # seconds between two looks at the log
BEGINS = 2.0  # seconds that a run may hold its lock before its first event
_HOLDER = re.compile(r"process (\d+) on (\S+):")
End = Literal["done", "stopped"]


class RunFollower:
    """
    Args:
        project: its folder or file. pause: called between two looks, with seconds.

    Attributes:
        clock: seconds since 1970: of the event that is being told, between two events the time of
            day. So who shows the events reckons as the run does.
        end: how the run ended; None while it goes on.
    """

    def __init__(self, project: Path, pause: Callable[[float], None] = time.sleep):
        self.project, self.pause = project, pause
        self.work = place_of(project, "work")
        self.end: End | None = None
        self._told: float | None = None

    def clock(self) -> float:
        return time.time() if self._told is None else self._told

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock())

    def events(self) -> Iterator[dict[str, Any]]:
        """What the run has told so far, then what it tells.

        Raises:
            UsageError: C109, no run goes on.
        """
        reader = LogReader(self.work / NAME, self._begin())
        while self.end is None:
            # Asked before the log is read: what a run that has gone wrote is read all the same.
            is_there = is_held(self.work / LOCK)
            for row in reader.read():
                self._told = datetime.fromisoformat(row["time"]).timestamp()
                if row.get("event") == "run" and row.get("state") == "done":
                    self.end = "done"
                    return
                yield _as_told(row)
            self._told = None
            if not is_there:
                self.end = "stopped"
                return
            self.pause(EVERY)

    def _begin(self) -> int:
        """Where the events of the run that goes on begin, in bytes."""
        waited = 0.0
        while is_held(self.work / LOCK):
            if (place := last_start(self.work / NAME)) is not None:
                return place
            if waited >= BEGINS:
                break
            self.pause(EVERY)
            waited += EVERY
        here = near(self.project)
        help = f"begin one: assay run {here}; what the last one has left: assay report {here}"
        raise UsageError(Problem("C109", "no run goes on", str(here), help=help))


def is_held(lock: Path) -> bool:
    """Whether the process that a lock names is there. On another machine nobody can look, so that
    its word holds."""
    if not lock.exists() or not (match := _HOLDER.match(lock.read_text(errors="replace"))):
        return False
    if match[2] != socket.gethostname():
        return True
    try:
        os.kill(int(match[1]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # of another user
    return True


def holder(lock: Path) -> int | None:
    """The process of this machine that holds a lock; None where there is none, or where a number
    was given to another program since."""
    if not is_held(lock) or not (match := _HOLDER.match(lock.read_text(errors="replace"))):
        return None
    command = Path(f"/proc/{match[1]}/cmdline")
    if match[2] != socket.gethostname() or (
        command.exists() and b"assay" not in command.read_bytes()
    ):
        return None
    return int(match[1])


def last_start(log: Path) -> int | None:
    """Where in a log the run that has not come to its end begins, in bytes."""
    found, place = None, 0
    if not log.exists():
        return None
    with log.open("rb") as lines:
        for raw in lines:
            if b'"run"' in raw:  # most lines need no reading
                try:
                    event = json.loads(raw)
                except ValueError:
                    event = {}
                if event.get("event") == "run":
                    found = place if event.get("state") == "start" else None
            place += len(raw)
    return found


def _as_told(row: dict[str, Any]) -> dict[str, Any]:
    """A line of the log as the event that was told."""
    event = {key: value for key, value in row.items() if key not in ("time", "arm")}
    if row.get("arm") and row.get("event") != "stage":
        event["stage"] = row["arm"]
    return event
