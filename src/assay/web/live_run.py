"""The run of a project as its log tells it: strategies with their states, how far each is, its
curve, what was warned of. The newest run, whether it goes on, has ended or was stopped."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from assay.core.project_paths import place
from assay.presentation.svg import Plot
from assay.presentation.training_plot import curves
from assay.runtime.events.log import LOCK, NAME, LogReader
from assay.runtime.events.progress_rate import StageProgress, duration, stage_name
from assay.runtime.events.run_follower import is_held
from assay.runtime.events.run_progress import RunProgress

NOTES = 40  # lines that are kept of what was noted
POINTS = 600  # of a curve; of more every other is left out
WIDE = 720  # pixels of a curve


@dataclass
class StageResult:
    """A strategy or stage that has ended. `state`: done, cached, pruned, stopped, failed, ..."""

    name: str
    state: str
    text: str
    seconds: float | None


@dataclass
class RunState:
    """
    Attributes:
        begun: seconds since 1970; None: there was no run yet. stages: at work. results: by name,
            in the order of their ends. curves: of what is or was trained, step -> loss of it,
            and loss and score on val where that was looked at.
        warnings: (code, text) -> times. last: seconds since 1970 of the newest event.
    """

    begun: float | None = None
    whole: RunProgress | None = None
    stages: dict[str, StageProgress] = field(default_factory=dict)
    results: dict[str, StageResult] = field(default_factory=dict)
    curves: dict[str, dict[float, dict[str, float]]] = field(default_factory=dict)
    warnings: dict[tuple[str, str], int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    last: float = 0.0
    ended: bool = False  # as the log says it

    def take(self, event: Mapping[str, Any], now: float) -> None:
        """One line of the log."""
        self.last = now
        take = self._TAKES.get(str(event.get("event")))
        if take is not None:
            take(self, {**event, "stage": event.get("arm") or event.get("name")}, now)

    def _run(self, event: dict[str, Any], now: float) -> None:
        self.ended = event.get("state") != "start"

    def _plan(self, event: dict[str, Any], now: float) -> None:
        self.whole = RunProgress.from_event(event, now)

    def _stage(self, event: dict[str, Any], now: float) -> None:
        name, state = stage_name(event), str(event.get("state"))
        if self.whole and name in self.whole.arms:
            self.whole.states[name] = "running" if state == "start" else state
        if state == "start":
            self.stages[name] = StageProgress(name, now)
            self.results.pop(name, None)
            return
        stage = self.stages.pop(name, None)
        for part in [one for one in self.stages if one.startswith(f"{name}, ")]:
            del self.stages[part]
        seconds = event.get("seconds")
        if seconds is None and stage is not None:
            seconds = now - stage.started
        text = " ".join(str(event[key]) for key in ("metric", "note") if event.get(key))
        self.results[name] = StageResult(name, state, text, seconds)

    def _progress(self, event: dict[str, Any], now: float) -> None:
        name = stage_name(event)
        self.stages.setdefault(name, StageProgress(name, now)).advance(event, now)
        step = event.get("step", event.get("done") if event.get("unit") == "step" else None)
        loss = (event.get("values") or {}).get("train")
        if step is not None and loss is not None:
            self._point(name, step, "train", loss)

    def _trial(self, event: dict[str, Any], now: float) -> None:
        name = stage_name(event)
        self.stages.setdefault(name, StageProgress(name, now)).take_trial(event)
        if event.get("state") == "start":
            self.curves.pop(name, None)

    def _activity(self, event: dict[str, Any], now: float) -> None:
        if stage := self.stages.get(stage_name(event)):
            stage.activity = str(event.get("text", ""))

    def _evaluation(self, event: dict[str, Any], now: float) -> None:
        for key, told in (("val", event.get("val_loss")), ("score", event.get("val"))):
            if told is not None:
                self._point(stage_name(event), event["step"], key, told)

    def _point(self, name: str, step: float, key: str, value: float) -> None:
        """A training that is gone on with tells its last steps once more: they stand over the
        first."""
        points = self.curves.setdefault(name, {})
        points.setdefault(step, {"step": step})[key] = value
        if len(points) > POINTS:
            plain = [step for step, one in points.items() if not {"val", "score"} & {*one}]
            for step in plain[::2]:
                del points[step]

    def _warning(self, event: dict[str, Any], now: float) -> None:
        key = (str(event.get("code", "")), str(event.get("text", "")))
        self.warnings[key] = self.warnings.get(key, 0) + int(event.get("count") or 1)

    def _note(self, event: dict[str, Any], now: float) -> None:
        self.notes = [*self.notes, str(event.get("text", ""))][-NOTES:]

    _TAKES = {
        "run": _run,
        "plan": _plan,
        "stage": _stage,
        "progress": _progress,
        "download": _progress,
        "activity": _activity,
        "trial": _trial,
        "evaluation": _evaluation,
        "warning": _warning,
        "note": _note,
    }


class LiveRun:
    """Reads the log on from where it was read to; for all pages of a project."""

    def __init__(self, target: Path):
        self.work = place(target, "work")
        self._reader = LogReader(self.work / NAME)
        self._state = RunState()
        self._lock = threading.Lock()

    @property
    def goes_on(self) -> bool:
        return is_held(self.work / LOCK)

    @contextmanager
    def look(self) -> Generator[RunState]:
        """The state as the log has it now; inside the block nobody reads on."""
        with self._lock:
            file = self._reader.file
            if not file.exists() or file.stat().st_size < self._reader.place:  # `assay clean`
                self._reader, self._state = LogReader(file), RunState()
            for row in self._reader.read():
                now = datetime.fromisoformat(row["time"]).timestamp()
                if row.get("event") == "run" and row.get("state") == "start":
                    self._state = RunState(begun=now)
                self._state.take(row, now)
            yield self._state


def rows_of(state: RunState, now: float, *, goes_on: bool) -> list[dict[str, Any]]:
    """What the table of a run says: each strategy or stage with its state, in the order of the
    plan."""
    names = list(state.whole.arms) if state.whole else []
    others = [name for name in (*state.results, *state.stages) if name not in names]
    found = []
    for name in [*dict.fromkeys(others), *names]:
        stage, result = state.stages.get(name), state.results.get(name)
        if stage is not None and state.ended:  # a heat of the race that ended with its strategy
            if result is None and name not in names:
                continue
            stage = None
        if stage is not None:
            middle, right = stage.format_progress(0, now)
            share = min(1.0, stage.done / stage.total) if stage.total else None
            values = [*stage.value_parts(), stage.fit_shown()]
            said = {"state": "running", "share": share, "text": middle, "left": right}
            if not goes_on:
                said |= {"state": "stopped", "left": "goes on with the next run"}
            found.append({"name": name, "also": [one for one in values if one], **said})
        elif result is not None:
            took = "" if result.seconds is None else duration(result.seconds)
            said = {"state": result.state, "share": None, "text": result.text, "left": took}
            found.append({"name": name, "also": [], **said})
        else:
            said = {"state": "to do", "share": None, "text": "", "left": ""}
            found.append({"name": name, "also": [], **said})
    return found


def plots_of(state: RunState) -> list[Plot]:
    """The curve of each training that is at work, else of the last one."""
    names = [name for name in state.curves if name in state.stages] or list(state.curves)[-1:]
    found = []
    for number, name in enumerate(names):
        plot = curves(
            f"live{number}",
            [state.curves[name][step] for step in sorted(state.curves[name])],
            title=f"Training of {name}",
            about="Training loss of each step; loss and score where val was looked at.",
            caption=f"{name}: loss by step, and loss and score on val.",
            width=WIDE,
        )
        found += [plot] if plot is not None else []
    return found
