"""Hand what a project's log says about its arms to a tracker: TensorBoard, MLflow, W&B or Trackio.

How       `work/events.jsonl` is the one source; this reads it after, or during, a run. Nothing of a
          tracker runs in the process that trains an arm. Each writes into
          `work/trackers/<name>/`, which `export` makes anew; nothing leaves the machine
Watch out an address in MLFLOW_TRACKING_URI is used instead of that folder, and what its runs have
          stays there
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

from assay.core.errors import Problem, UsageError, unknown_name
from assay.core.file_ownership import make_folder
from assay.core.project_paths import place as place_of
from assay.runtime.events.mlflow_tracker import MlflowTracker
from assay.runtime.events.tensorboard_tracker import TensorboardTracker
from assay.runtime.events.tracked_runs import Known, Point, Tracked, Tracker, Value, read_runs
from assay.runtime.events.trackio_tracker import TrackioTracker
from assay.runtime.events.wandb_tracker import WandbTracker

# (name of the project, folder that it writes to)
TRACKERS: dict[str, Callable[[str, Path], Tracker]] = {
    "tensorboard": TensorboardTracker,
    "mlflow": MlflowTracker,
    "wandb": WandbTracker,
    "trackio": TrackioTracker,
}
PACKAGES = {
    "tensorboard": "tensorboard",
    "mlflow": "mlflow-skinny",
    "wandb": "wandb",
    "trackio": "trackio",
}


@dataclass
class Sender:
    """Gives runs to a tracker, each point once: what the tracker has of a run is asked when the run
    is opened."""

    tracker: Tracker
    known: dict[str, Known] = field(default_factory=dict)  # of runs that are open, by id
    begun: set[str] = field(default_factory=set)  # ids of those that were ever opened

    def send(self, run: Tracked, points: Sequence[Point] | None = None) -> None:
        """Points of a run, of one that is still to be opened all that it has; and its end."""
        if run.parent is not None and run.parent.id not in self.begun:
            self.send(run.parent)
        if run.id not in self.known:
            self.known[run.id] = self.tracker.begin(run)
            self.begun.add(run.id)
            points = None
        self._log(run, run.by_step() if points is None else points)
        if run.state == "running":
            return
        known, (step, _) = self.known[run.id], run.last()
        final: dict[str, Value] = {
            name: value
            for name, value in run.final.items()
            if not _same(known.get(name), (step, value))
        }
        if final:
            self.tracker.log(run, [(step, run.ended or run.last()[1], final)])
        self.tracker.end(run)
        del self.known[run.id]

    def close(self, runs: Iterable[Tracked]) -> None:
        """End the runs that are still open: the program was killed, or goes on elsewhere."""
        for run in [one for one in runs if one.id in self.known]:
            run.state = "interrupted"
            self.send(run, [])

    def _log(self, run: Tracked, points: Sequence[Point]) -> None:
        known = self.known[run.id]
        new = []
        for step, seconds, values in points:
            left = {
                name: value
                for name, value in values.items()
                if name not in known or known[name][0] < step
            }
            known |= {name: (step, value) for name, value in left.items()}
            if left:
                new.append((step, seconds, left))
        if new:
            self.tracker.log(run, new)


def _same(known: tuple[int, Value] | None, now: tuple[int, float]) -> bool:
    """Whether it is there, in single precision."""
    if known is None or isinstance(known[1], str):
        return False
    return known[0] == now[0] and math.isclose(known[1], now[1], rel_tol=1e-6)


def open_tracker(to: str, project: str, place: Path) -> Tracker:
    """A tracker that goes on with what its folder has."""
    make_folder(place)
    return TRACKERS[to](project, place)


def tracker_folder(work: Path, to: str) -> Path:
    return work.absolute() / "trackers" / to


def export(folder: Path, to: str) -> str:
    """Write the arms of a project for a tracker; the command that shows them.

    Raises:
        UsageError: C062 nothing has run, C088 no such tracker, C089 its package is not installed.
    """
    check_trackers((to,), "--to")
    runs = read_runs(folder)
    if not runs:
        raise UsageError(
            Problem(
                "C062", "no strategy has been fitted yet", str(folder), help=f"assay run {folder}"
            )
        )
    if (place := tracker_folder(place_of(folder, "work"), to)).exists():
        shutil.rmtree(place)
    with _require_package(to), redirect_stdout(StringIO()):  # some of them print greetings
        sender = Sender(open_tracker(to, folder.absolute().name, place))
        for run in runs:
            sender.send(run)
        sender.close(runs)
    return sender.tracker.show


def check_trackers(names: Sequence[str], place: str = "--report-to") -> Sequence[str]:
    """The names, where there are such trackers.

    Raises:
        UsageError: C088.
    """
    problems = [
        unknown_name("C088", "tracker", name, TRACKERS, place)
        for name in names
        if name not in TRACKERS
    ]
    if problems:
        raise UsageError(*problems)
    return names


def is_installed(to: str) -> bool:
    return find_spec(to) is not None


def missing(to: str) -> Problem:
    """C089."""
    help = f"pip install 'assay[track]', or pip install {PACKAGES[to]}"
    return Problem("C089", f"{to} is not installed", help=help)


@contextmanager
def _require_package(to: str) -> Generator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in (to, "tensorboard"):
            raise
        raise UsageError(missing(to)) from None
