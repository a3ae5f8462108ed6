"""How far a search is: its trials, the best so far, and how long the rest takes.

Estimate   seconds of the trials that have ended, median and 10th to 90th percentile, times the
           trials that are left; no more than the search's own limit leaves
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

SHORT = {"learning_rate": "lr"}  # as the values of a step are called
LONGEST = 20  # characters of a setting


@dataclass(slots=True)
class SearchProgress:
    """
    Attributes:
        trial: the number of the one at work, from 0. values: its settings. best: of those that
            have ended: trial, score, values. step, steps: of the training of the trial.
    """

    trial: int = 0
    trials: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    best: Mapping[str, Any] | None = None
    state: str = "start"
    score: float | None = None
    step: int = 0
    steps: int = 0
    spent: float = 0.0
    limit: float | None = None
    seconds: list[float] = field(default_factory=list)  # of trials that have ended

    def take(self, event: Mapping[str, Any]) -> None:
        """A trial that begins or has ended."""
        self.trial, self.trials = event["trial"], event["trials"]
        self.values, self.best = event.get("values") or {}, event.get("best")
        self.state, self.score = event["state"], event.get("score")
        self.spent, self.limit = event.get("spent") or 0.0, event.get("limit")
        self.step = self.steps = 0
        if event["state"] != "start" and event.get("seconds") is not None:
            self.seconds.append(event["seconds"])

    def advance(self, event: Mapping[str, Any]) -> None:
        """Progress of the search: where its trial is."""
        self.trial = event.get("trial", self.trial)
        self.trials = event.get("trials", self.trials)
        self.step, self.steps = event.get("step", 0), event.get("steps", 0)

    def time_left(self, share: float) -> tuple[float, float, float] | None:
        """Seconds left: low, middle, high; None before a trial has ended. `share`: of the search
        that is done."""
        if not self.seconds:
            return None
        ordered = sorted(self.seconds)
        trials = self.trials * max(0.0, 1 - share)
        low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
        left = low * trials, median(ordered) * trials, high * trials
        if self.limit is None:
            return left
        # The trial that is at work when the time is over is fitted to its end.
        most = max(0.0, self.limit - self.spent) + high
        return min(left[0], most), min(left[1], most), min(left[2], most)

    def best_parts(self) -> list[str]:
        """`best 0.712 in trial 2: rank 8`, `lr 3.2e-4`; none before a trial has come to its end."""
        if self.best is None:
            return []
        first, *others = settings_shown(self.best["values"]) or [""]
        head = f"best {number(self.best['score'])} in trial {self.best['trial'] + 1}"
        return [f"{head}: {first}" if first else head, *others]

    def trial_parts(self) -> list[str]:
        """`trial 3: rank 16`, `lr 0.0011`, of the one at work."""
        first, *others = settings_shown(self.values) or [""]
        step = [f"step {self.step}/{self.steps}"] if self.steps else []
        return [f"trial {self.trial + 1}: {first}".rstrip(": "), *others, *step]

    def line(self) -> str:
        """`trial 3/12 complete 0.701 rank=16 lr=0.0011 best=0.712`, of one that has ended."""
        score = "" if self.score is None else number(self.score)
        values = [one.replace(" ", "=", 1) for one in settings_shown(self.values)]
        best = f"best={number(self.best['score'])}" if self.best else ""
        parts = [f"trial {self.trial + 1}/{self.trials}", self.state, score, *values, best]
        return " ".join(filter(None, parts))

    def summary(self) -> str:
        """`12 trials, best: rank 8, lr 3.2e-4`, of a search that has ended."""
        if self.best is None:
            return ""
        return f"{self.trial + 1} trials, best: {', '.join(settings_shown(self.best['values']))}"


def settings_shown(values: Mapping[str, Any]) -> list[str]:
    """Settings by the last part of their place, `rank 8`; by all of it where two are called the
    same, or where it is a number of a list."""
    last = [place if (short := place.rpartition(".")[2]).isdigit() else short for place in values]
    names = [
        short if last.count(short) == 1 else place
        for place, short in zip(values, last, strict=True)
    ]
    return [
        f"{SHORT.get(name, name)} {_short(value)}"
        for name, value in zip(names, values.values(), strict=True)
    ]


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("kind", "...")
    if isinstance(value, list | tuple):
        value = "-".join(str(one) for one in value)
    is_plain = isinstance(value, float) and 0.001 <= abs(value) < 1000
    text = f"{value:.3g}" if is_plain else number(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def number(value: Any) -> str:
    """Three significant digits: 0.612, 1.7e-4, 512."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{value}"
    if value != value or value in (float("inf"), float("-inf")):
        return f"{value}"
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) < 0.001:
        digits, power = f"{value:.1e}".split("e")
        return f"{digits}e{int(power)}"
    return f"{value:.3g}" if isinstance(value, int) else f"{value:#.3g}".rstrip(".")
