"""What a project's log says of its strategies, as the runs that a tracker shows.

A run      one strategy as it was made once, by the key of its fit; a resumed one has the same
Below it   a trial of a search that is trained in steps, and the second and every further training
           of a strategy that trains several times: each has steps of its own, so each is a run of
           its own
A trial    is also a point of its strategy's run: `trial/score` and what else it had, at its number
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from assay.runtime.events.log import read

STEP = {  # value of a step in the log -> name in a tracker
    "train": "train/loss",
    "lr": "train/learning_rate",
    "norm": "train/gradient_norm",
    "tok/s": "speed/tokens_per_second",
    "computed tok/s": "speed/computed_tokens_per_second",
    "memory": "memory/resident_bytes",
    "reward": "train/reward",
    "kl": "train/kl",
    "length": "train/answer_tokens",
}
LOOK = {
    "val_loss": "val/loss",
    "val": "val/score",
    "train_loss": "val/train_loss",
    "val_reward": "val/reward",
    "val_length": "val/answer_tokens",
    "kl": "val/kl",
}
TRIAL, TRIAL_BEST, TRIAL_SECONDS = "trial/score", "trial/best_score", "trial/seconds"

Value = float | str  # a text is what a trial had where a setting is no number
Point = tuple[int, float, dict[str, Value]]  # step, seconds since 1970, values by name
Known = dict[str, tuple[int, Value]]  # name -> the last step that a tracker has, and its value
State = Literal["running", "done", "failed", "skipped", "stopped", "pruned", "interrupted"]
ENDS: Mapping[str, State] = {
    "done": "done",
    "complete": "done",
    "failed": "failed",
    "skipped": "skipped",
    "stopped": "stopped",
    "pruned": "pruned",
}


@dataclass
class Tracked:
    """One arm as it was made once, or a part of it.

    Attributes:
        settings: flat, all of them, with seed, hashes and versions. key: of the fitted arm; a
            resumed arm has the same.
        points: (step, seconds since 1970) -> values by name. final: test scores by name.
        parent: the run that this is a part of. part: what it is called below it.
        begun, ended: seconds since 1970.
        fresh: points that have not been sent yet; for who sends them while the run goes on.
    """

    arm: str
    key: str
    settings: dict[str, str | int | float | bool]
    points: dict[tuple[int, float], dict[str, Value]] = field(default_factory=dict)
    final: dict[str, float] = field(default_factory=dict)
    parent: Tracked | None = None
    part: str = ""
    begun: float = 0.0
    ended: float | None = None
    state: State = "running"
    fresh: list[Point] = field(default_factory=list)
    _at: dict[int, list[tuple[int, float]]] = field(default_factory=dict, repr=False)

    @property
    def id(self) -> str:
        return f"{self.arm}/{self.key}"

    @property
    def name(self) -> str:
        return f"{self.arm}, {self.part}" if self.part else self.arm

    @property
    def folder(self) -> str:
        """A name that tells the arm's runs with other settings or rows apart."""
        own = f"{self.arm}-{self.key.partition('/')[0][:6]}"
        return f"{own}/{self.part.replace(' ', '-')}" if self.part else own

    def add(self, step: int, seconds: float, values: dict[str, Value]) -> None:
        """A resumed run tells some steps again; the later telling holds."""
        if not values:
            return
        there = self._at.setdefault(step, [])
        for at in [one for one in there if not self.points[one].keys().isdisjoint(values)]:
            del self.points[at]
            there.remove(at)
        if (step, seconds) not in self.points:
            there.append((step, seconds))
        self.points.setdefault((step, seconds), {}).update(values)
        self.fresh.append((step, seconds, values))

    def by_step(self) -> list[Point]:
        """The values of each step together, in order."""
        steps: dict[int, tuple[float, dict[str, Value]]] = {}
        for (step, seconds), values in self.points.items():
            steps.setdefault(step, (seconds, {}))[1].update(values)
        return [(step, seconds, values) for step, (seconds, values) in sorted(steps.items())]

    def last(self) -> tuple[int, float]:
        return max(self.points, default=(0, self.ended or self.begun))


class Tracker(Protocol):
    """Writes runs for one program that shows them. `show`: the command that does."""

    show: str

    def begin(self, run: Tracked) -> Known:
        """Open the run, or go on with the one of that key: what is there already."""
        ...

    def log(self, run: Tracked, points: Iterable[Point]) -> None:
        """Write points, and so that a kill leaves them."""
        ...

    def end(self, run: Tracked) -> None: ...


@dataclass
class TrackedRuns:
    """Takes the events of a log, oldest first. `runs`: in the order in which they began."""

    _found: dict[str, Tracked] = field(default_factory=dict)
    _newest: dict[str, _Trained] = field(default_factory=dict)

    @property
    def runs(self) -> list[Tracked]:
        return list(self._found.values())

    def take(self, event: Mapping[str, Any]) -> list[Tracked]:
        """The runs that the event says something of."""
        arm = event.get("arm", "")
        kind = event.get("event")
        if kind != "arm" and arm not in self._newest:
            return []
        seconds = datetime.fromisoformat(event["time"]).timestamp()
        if kind == "arm":
            return [self._begin(arm, event, seconds)]
        at = self._newest[arm]
        match kind:
            case "progress" if event.get("unit") == "step" and "trial" not in event:
                run = self._training(at, event["done"], seconds)
                run.add(event["done"], seconds, _named(STEP, event.get("values") or {}))
                return [run]
            case "progress" if "trial" in event and (step := _step(event)) is not None:
                run = self._trial(at, event["trial"], seconds)
                run.add(step, seconds, _named(STEP, event.get("values") or {}))
                return [run]
            case "evaluation" if "trial" in event:
                run = self._trial(at, event["trial"], seconds)
                run.add(event["step"], seconds, _named(LOOK, event))
                return [run]
            case "evaluation":
                run = self._training(at, event["step"], seconds)
                run.add(event["step"], seconds, _named(LOOK, event))
                return [run]
            case "trial":
                return self._end_trial(at, event, seconds)
            case "stage" if event.get("state") in ENDS:
                return self._end(at, event, seconds)
        return []

    def _begin(self, arm: str, event: Mapping[str, Any], seconds: float) -> Tracked:
        key = str(event.get("key", ""))
        names = ("kind", "settings", "seed", "data", "models", "environment")
        settings = dict(_flat({name: event.get(name) for name in names}))
        run = self._found.setdefault(f"{arm}/{key}", Tracked(arm, key, settings, begun=seconds))
        run.state, run.ended = "running", None
        trained = self._newest.get(arm)
        if trained is None or trained.run is not run:
            trained = self._newest[arm] = _Trained(run, run)
        trained.is_resumed = True
        return run

    def _part(self, run: Tracked, part: str, settings: dict[str, Any], seconds: float) -> Tracked:
        key = f"{run.key}/{part}"
        return self._found.setdefault(
            f"{run.arm}/{key}",
            Tracked(run.arm, key, settings, parent=run, part=part, begun=seconds),
        )

    def _training(self, at: _Trained, step: int, seconds: float) -> Tracked:
        """The run that a step belongs to. Where steps begin anew in one run of the program,
        another training of the strategy has begun."""
        if step < at.step and not at.is_resumed:
            at.trainings += 1
            at.training = self._part(at.run, f"training {at.trainings}", {}, seconds)
        at.step, at.is_resumed = step, False
        return at.training

    def _trial(self, at: _Trained, number: int, seconds: float) -> Tracked:
        return self._part(at.run, f"trial {number + 1}", at.trials.get(number, {}), seconds)

    def _end_trial(self, at: _Trained, event: Mapping[str, Any], seconds: float) -> list[Tracked]:
        number = event["trial"]
        settings = {f"settings.{k}": v for k, v in _flat(event.get("values") or {})}
        at.trials[number] = settings
        if event.get("state") not in ENDS:
            return []
        values: dict[str, Value] = {
            f"trial/{name}": float(value) if isinstance(value, int | float) else value
            for name, value in settings.items()
        }
        best = event.get("best") or {}
        for name, value in (
            (TRIAL, event.get("score")),
            (TRIAL_BEST, best.get("score")),
            (TRIAL_SECONDS, event.get("seconds")),
        ):
            if value is not None:
                values[name] = float(value)
        at.run.add(number + 1, seconds, values)
        own = self._found.get(f"{at.run.arm}/{at.run.key}/trial {number + 1}")
        if own is None:
            return [at.run]
        own.state, own.ended = ENDS[event["state"]], seconds
        if event.get("score") is not None:
            own.final[TRIAL] = float(event["score"])
        return [own, at.run]

    def _end(self, at: _Trained, event: Mapping[str, Any], seconds: float) -> list[Tracked]:
        if event["state"] == "done" and event.get("value") is not None:
            name = str(event.get("metric", "score")).partition(" ")[0]
            at.run.final["test/" + name] = float(event["value"])
        ended = [one for one in self.runs if one.parent is at.run and one.state == "running"]
        for one in (*ended, at.run):
            one.state, one.ended = ENDS[event["state"]], seconds
        return [*ended, at.run]


@dataclass
class _Trained:
    """Where a strategy is: `step` of its `training`, the `trainings`-th."""

    run: Tracked
    training: Tracked
    step: int = 0
    trainings: int = 1
    is_resumed: bool = True
    trials: dict[int, dict[str, Any]] = field(default_factory=dict)  # settings by number


def read_runs(folder: Path) -> list[Tracked]:
    """What the log of a project says of its arms, in the order in which they began."""
    found = TrackedRuns()
    for event in read(folder):
        found.take(event)
    return found.runs


def _step(event: Mapping[str, Any]) -> int | None:
    """Of the training of a trial: in the search, or of the trial that is kept."""
    return event["done"] if event.get("unit") == "step" else event.get("step")


def _named(names: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Value]:
    return {name: float(values[key]) for key, name in names.items() if values.get(key) is not None}


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str | int | float | bool]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}".lstrip("."))
    elif isinstance(value, list):
        yield name, ", ".join(str(item) for item in value)
    elif value is not None:
        yield name, value
