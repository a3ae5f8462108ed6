"""Trackers that are given the events of a run while it goes on: TensorBoard, MLflow, W&B, Trackio.

How         a process a tracker reads the log of the run (`tracker_process`); the run itself loads
            nothing of theirs and never waits for them before its end
Fails       a library that is missing, a server that is away, whatever the tracker raises: one note,
            and the run goes on. The log has everything, so `assay report --to` brings it later
A kill      ends these processes too. The next run asks each tracker what it has, and sends the rest
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
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
SOON = 4.0  # where it was interrupted
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
    live = []
    for name in dict.fromkeys(names):
        if is_installed(name):
            live.append(LiveTracker(name, project, work, offline=offline))
        else:
            tell({"event": "note", "text": f"{missing(name)}. The run goes on without it"})

    def heard(event: dict[str, Any]) -> None:
        tell(event)
        for one in live:
            one.tell_failure(tell)

    with ExitStack() as ending:
        for one in live:
            ending.callback(one.kill)
        try:
            yield heard
        except BaseException:
            for one in live:
                one.close(tell, SOON)
            raise
        for one in live:
            one.close(tell, DRAIN)


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
        self._failed = True
        lines = self.said.read_bytes()[self.begun :].decode(errors="replace")
        why = last_line(lines) if lines.strip() else f"it {how_ended(code)}"
        self._note(tell, f"takes nothing more: {why[:LONGEST]}")

    def close(self, tell: Tell, seconds: float) -> None:
        """Wait until all is sent, but no longer than so."""
        if self.process.poll() is None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._failed = True
                self._note(tell, f"had not taken everything {seconds:.0f} s after the run")
        self.tell_failure(tell)

    def kill(self) -> None:
        end_process(self.process)

    def _note(self, tell: Tell, what: str) -> None:
        way = f"assay report {near(self.project)} --to {self.name}"
        text = f"R056 {self.name} {what}. The run goes on; all of it later: {way}"
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
