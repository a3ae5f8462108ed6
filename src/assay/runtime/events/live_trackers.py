"""Trackers that are given the events of a run while it goes on: TensorBoard, MLflow, W&B, Trackio.

How         a process a tracker reads the log of the run (`tracker_process`), begun with the first
            strategy that is fitted; the run itself loads nothing of theirs and never waits for
            them before its end
Fails       a library that is missing, a server that is away, whatever the tracker raises: one note,
            and the run goes on. The log has everything, so `assay report --to` brings it later
A kill      ends these processes too. The next run asks each tracker what it has, and sends the rest
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.core.file_ownership import make_folder, opener
from assay.core.processes import end_process, how_ended, last_line, start_process
from assay.core.project_paths import near
from assay.core.types import Tell
from assay.runtime.events.log import NAME, size
from assay.runtime.events.trackers import is_installed, missing, tracker_folder

MODULE = "assay.runtime.events.tracker_process"
DRAIN = 60.0  # seconds for what is still to be sent, once a run has ended
SOON = 2.0  # where it was interrupted; the run that goes on sends the rest
SILENT = 3.0  # of them without a word
LONGEST = 160  # characters of a library's message


@contextmanager
def send_to_trackers(
    names: Sequence[str], project: Path, work: Path, tell: Tell, *, offline: bool = False
) -> Generator[Tell]:
    """`tell` that also says, once, that a tracker has failed.

    Args:
        names: of trackers. project: as one types it. work: its folder, with the log of events.
            offline: what would leave the machine stays on it.
    """
    wanted = []
    for name in dict.fromkeys(names):
        if is_installed(name):
            wanted.append(name)
        else:
            tell({"event": "note", "text": f"{missing(name)}. The run goes on without it"})
    live: list[LiveTracker] = []

    def heard(event: dict[str, Any]) -> None:
        # The first strategy that is fitted: before, and in a run that is cached, nothing is sent.
        if event.get("event") == "arm" and wanted:
            live.extend(_begin(wanted, project, work, tell, offline))
            wanted.clear()
        tell(event)
        for one in live:
            one.tell_failure(tell)

    try:
        yield heard
    except BaseException:
        _end_all(live, tell, SOON, is_told=False)
        raise
    else:
        _end_all(live, tell, DRAIN, is_told=True)
    finally:
        for one in live:
            one.kill()


def _begin(
    names: Sequence[str], project: Path, work: Path, tell: Tell, offline: bool
) -> list[LiveTracker]:
    live = []
    for name in names:
        try:
            live.append(LiveTracker(name, project, work, offline=offline))
        except OSError as error:  # no memory, too many processes
            text = f"R056 {name} could not be started: {error.strerror}. The run goes on without it"
            tell({"event": "note", "text": text})
    return live


def _end_all(live: Sequence[LiveTracker], tell: Tell, seconds: float, *, is_told: bool) -> None:
    """Let them send what is left, for so long together; `is_told`: who is still waited for, and
    who was ended."""
    until = time.monotonic() + seconds
    for one in live:
        one.close_input()
    for one in live:
        if one.wait(min(SILENT, until - time.monotonic())) or not is_told:
            continue
        text = f"{one.name} still takes what is left, for {seconds:.0f} s at most"
        tell({"event": "note", "text": text})
        if not one.wait(until - time.monotonic()):
            one.note(tell, "had not taken everything when it was ended, after the run")
    for one in live:
        one.tell_failure(tell)


class LiveTracker:
    """The process of one tracker. Its stderr is beside the folder that it writes to."""

    def __init__(self, name: str, project: Path, work: Path, *, offline: bool = False):
        self.name, self.project = name, project
        folder, log = tracker_folder(work, name), work.absolute() / NAME
        make_folder(folder)
        self.said = folder.with_suffix(".log")
        self.begun = size(self.said)  # what earlier runs have left
        with open(self.said, "ab", opener=opener) as said:
            self.process = start_process(
                MODULE,
                folder,
                log,
                Path(project.absolute().name),
                Path(str(size(log))),
                environment=_environment(offline),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        self._failed = False

    def tell_failure(self, tell: Tell) -> None:
        """One note, where the process has ended before the run."""
        if self._failed or not (code := self.process.poll()):
            return
        lines = self.said.read_bytes()[self.begun :].decode(errors="replace")
        why = last_line(lines) if lines.strip() else f"it {how_ended(code)}"
        self.note(tell, f"takes nothing more, and the run goes on: {why[:LONGEST]}")

    def close_input(self) -> None:
        """The run has ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait(self, seconds: float) -> bool:
        """Whether all is sent, or never will be, before so long."""
        try:
            self.process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        end_process(self.process)

    def note(self, tell: Tell, what: str) -> None:
        self._failed = True
        way = f"assay report {near(self.project)} --to {self.name}"
        text = f"R056 {self.name} {what}. All of it later: {way}"
        tell({"event": "note", "text": text})


def _environment(offline: bool) -> Mapping[str, str]:
    """That of this process; `offline`, without what names a server."""
    paths = (str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH"))
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    if offline:
        found["WANDB_MODE"] = "offline"
        if not found.get("MLFLOW_TRACKING_URI", "").startswith(("file:", "sqlite:")):
            found.pop("MLFLOW_TRACKING_URI", None)
    return found
