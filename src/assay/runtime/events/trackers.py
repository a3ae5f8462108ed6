"""Hand what a project's log says about its arms to a tracker: TensorBoard, MLflow, W&B or Trackio.

How       `work/events.jsonl` is the one source; this reads it after, or during, a run. Nothing of a
          tracker runs while an arm is trained. Each writes into `work/trackers/<name>/`, made anew
          each time; nothing leaves the machine.
Watch out an address in MLFLOW_TRACKING_URI is used instead of that folder, and then runs are added
          each time
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from assay.core.errors import Problem, UsageError, unknown_name
from assay.core.file_ownership import make_folder
from assay.core.project_paths import place as place_of
from assay.runtime.events.log import read

STEP = {  # value of a step in the log -> name in a tracker
    "train": "train/loss",
    "lr": "train/learning_rate",
    "norm": "train/gradient_norm",
    "tok/s": "speed/tokens_per_second",
    "computed tok/s": "speed/computed_tokens_per_second",
    "memory": "memory/resident_bytes",
}
LOOK = {"val_loss": "val/loss", "val": "val/score", "train_loss": "val/train_loss"}


@dataclass
class Tracked:
    """One arm as it was made once.

    Attributes:
        settings: flat, all of them, with seed, hashes and versions. key: of the fitted arm; a
            resumed arm has the same.
        points: (step, seconds since 1970) -> values by name. final: test scores by name.
    """

    arm: str
    key: str
    settings: dict[str, str | int | float | bool]
    points: dict[tuple[int, float], dict[str, float]] = field(default_factory=dict)
    final: dict[str, float] = field(default_factory=dict)


def read_runs(folder: Path) -> list[Tracked]:
    """What the log of a project says of its arms, in the order in which they began."""
    found: dict[tuple[str, str], Tracked] = {}
    newest: dict[str, Tracked] = {}
    for event in read(folder):
        arm = event.get("arm", "")
        if event.get("event") == "arm":
            key = (arm, str(event.get("key", "")))
            flat = {
                name: event.get(name)
                for name in ("kind", "settings", "seed", "data", "models", "environment")
            }
            newest[arm] = found.setdefault(key, Tracked(*key, dict(_flat(flat))))
        elif arm in newest:
            _add(newest[arm], event)
    return list(found.values())


def _add(one: Tracked, event: dict[str, Any]) -> None:
    match event.get("event"):
        case "progress" if event.get("unit") == "step":
            step, names, values = event["done"], STEP, event.get("values") or {}
        case "evaluation":
            step, names, values = event["step"], LOOK, event
        case "stage" if event.get("state") == "done" and event.get("value") is not None:
            one.final["test/" + str(event.get("metric", "score")).partition(" ")[0]] = event[
                "value"
            ]
            return
        case _:
            return
    found = {name: float(values[key]) for key, name in names.items() if values.get(key) is not None}
    # A resumed run tells some steps again; the later telling holds.
    for at in [
        at for at in one.points if at[0] == step and not one.points[at].keys().isdisjoint(found)
    ]:
        del one.points[at]
    one.points[step, datetime.fromisoformat(event["time"]).timestamp()] = found


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str | int | float | bool]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}".lstrip("."))
    elif isinstance(value, list):
        yield name, ", ".join(str(item) for item in value)
    elif value is not None:
        yield name, value


def export(folder: Path, to: str) -> str:
    """Write the arms of a project for a tracker; the command that shows them.

    Raises:
        UsageError: C062 nothing has run, C088 no such tracker, C089 its package is not installed.
    """
    if to not in TRACKERS:
        raise UsageError(unknown_name("C088", "tracker", to, TRACKERS))
    runs = read_runs(folder)
    if not runs:
        raise UsageError(
            Problem(
                "C062", "no strategy has been fitted yet", str(folder), help=f"assay run {folder}"
            )
        )
    place = place_of(folder.absolute(), "work") / "trackers" / to
    if place.exists():
        shutil.rmtree(place)
    make_folder(place)
    with _require_package(to), redirect_stdout(StringIO()):  # some of them print greetings
        return TRACKERS[to](runs, folder.absolute().name, place)


@contextmanager
def _require_package(to: str) -> Generator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in (to, "tensorboard"):
            raise
        text = f"{to} is not installed"
        raise UsageError(
            Problem("C089", text, help=f"pip install 'assay[track]', or pip install {PACKAGES[to]}")
        ) from None


# --- the trackers: (runs, name of the project, folder) -> command that shows them -----------------


def tensorboard(runs: Sequence[Tracked], project: str, place: Path) -> str:
    from torch.utils.tensorboard.writer import SummaryWriter

    for one in runs:
        writer = SummaryWriter(str(place / _folder(one)))
        for (step, seconds), values in one.points.items():
            for name, value in values.items():
                writer.add_scalar(name, value, step, walltime=seconds)
        last = max((step for step, _ in one.points), default=0)
        for name, value in one.final.items():
            writer.add_scalar(name, value, last)
        writer.add_text(
            "settings", "\n".join(f"    {name}: {value}" for name, value in one.settings.items())
        )
        writer.close()
    return f"tensorboard --logdir {place}"


def mlflow(runs: Sequence[Tracked], project: str, place: Path) -> str:
    # the form that needs no database and no server
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    from mlflow.entities import Metric, Param
    from mlflow.tracking import MlflowClient

    address = os.environ.get("MLFLOW_TRACKING_URI") or place.as_uri()
    client = MlflowClient(tracking_uri=address)
    known = client.get_experiment_by_name(project)
    experiment = known.experiment_id if known else client.create_experiment(project)
    for one in runs:
        run = client.create_run(
            experiment, run_name=one.arm, tags={"assay.key": one.key}
        ).info.run_id
        found = [
            Metric(name, value, int(seconds * 1000), step)
            for (step, seconds), values in one.points.items()
            for name, value in values.items()
        ]
        last = max(one.points, default=(0, 0.0))
        found += [
            Metric(name, value, int(last[1] * 1000), last[0]) for name, value in one.final.items()
        ]
        settings = [Param(name, str(value)[:6000]) for name, value in one.settings.items()]
        for start in range(0, len(settings), 100):  # as many as a server takes at once
            client.log_batch(run, params=settings[start : start + 100])
        for start in range(0, len(found), 1000):
            client.log_batch(run, metrics=found[start : start + 1000])
        client.set_terminated(run)
    return f"MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri {address}"


def wandb(runs: Sequence[Tracked], project: str, place: Path) -> str:
    import wandb as package

    for one in runs:
        settings = package.Settings(console="off", silent=True, x_disable_stats=True)
        run = package.init(
            project=project,
            name=one.arm,
            dir=str(place),
            mode="offline",
            config=one.settings,
            settings=settings,
        )
        for step, values in _by_step(one):
            run.log(values, step=step)
        run.summary.update(one.final)
        run.finish()
    return f"wandb sync {place}/wandb/offline-run-*"


def trackio(runs: Sequence[Tracked], project: str, place: Path) -> str:
    os.environ["TRACKIO_DIR"] = str(place)  # read when the package is imported
    import trackio as package

    for one in runs:
        package.init(
            project,
            _folder(one),
            config=one.settings,
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )
        for step, values in _by_step(one):
            package.log(values, step=step)
        if one.final:
            package.log(one.final, step=max((step for step, _ in one.points), default=0))
        package.finish()
    return f"TRACKIO_DIR={place} trackio show --project {project}"


def _by_step(one: Tracked) -> list[tuple[int, dict[str, float]]]:
    """The values of each step together, in order."""
    steps: dict[int, dict[str, float]] = {}
    for (step, _), values in one.points.items():
        steps.setdefault(step, {}).update(values)
    return sorted(steps.items())


def _folder(one: Tracked) -> str:
    """A name that tells the arm's runs with other settings or rows apart."""
    return f"{one.arm}-{one.key[:6]}"


TRACKERS: dict[str, Callable[[Sequence[Tracked], str, Path], str]] = {
    "tensorboard": tensorboard,
    "mlflow": mlflow,
    "wandb": wandb,
    "trackio": trackio,
}
PACKAGES = {
    "tensorboard": "tensorboard",
    "mlflow": "mlflow-skinny",
    "wandb": "wandb",
    "trackio": "trackio",
}
