"""How far a run is: which of its strategies have ended, and how long the others take.

Estimate   of the strategy at work its own time left; of those that wait what they took in an
           earlier run, a third more or less. One that never ran is unknown, so the whole is "at
           least"
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.runtime.events.progress_rate import HEAT, StageProgress, duration, span

SPREAD = 0.3  # an earlier run of a strategy is this far from the next one, either way


@dataclass(slots=True)
class RunProgress:
    """
    Attributes:
        started: when the run began, by the clock of who shows it. arms: those it has. minutes: its
            limit, or none. expected: seconds of those that ran earlier. states: of those that
            have begun, running or as they ended.
    """

    started: float
    arms: tuple[str, ...]
    minutes: float | None = None
    expected: Mapping[str, float] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_event(cls, event: Mapping[str, Any], now: float) -> RunProgress:
        """Of a plan that is told."""
        arms, expected = tuple(event.get("arms") or ()), event.get("expected") or {}
        return cls(now - (event.get("gone") or 0.0), arms, event.get("minutes"), expected)

    def to_do(self, stages: Iterable[str] = ()) -> list[str]:
        """Strategies that have not begun. `stages`: those at work; a heat is its strategy's."""
        racing = {name.removeprefix(HEAT).partition(" on ")[0] for name in stages}
        return [name for name in self.arms if name not in self.states and name not in racing]

    @property
    def ended(self) -> int:
        return sum(self.states.get(name, "running") != "running" for name in self.arms)

    def parts(self, now: float, stages: Mapping[str, StageProgress]) -> list[str]:
        """`3 of 7 strategies`, `2 min 10 s so far`, `8–11 min left`, `at most 20 min 00 s`; what
        follows the strategies are additional checks."""
        head = f"{self.ended} of {len(self.arms)} strategies"
        if self.ended == len(self.arms):
            head = "additional checks"
        left = self._left(now, stages) if self.ended < len(self.arms) else ""
        some = (head, f"{duration(now - self.started)} so far", left, self._limit(now))
        return [part for part in some if part]

    def _left(self, now: float, stages: Mapping[str, StageProgress]) -> str:
        low, high, is_whole = 0.0, 0.0, True
        for name in self.arms:
            if self.states.get(name, "running") != "running":
                continue
            stage = stages.get(name)
            if stage is not None and (left := stage.time_left()) is not None:
                low, high = low + left[0], high + left[2]
            elif name in self.expected:
                rest = self.expected[name] - (now - stage.started if stage else 0.0)
                low += max(0.0, rest * (1 - SPREAD))
                high += max(0.0, rest * (1 + SPREAD))
            else:
                is_whole = False
        if is_whole:
            return f"{span(low, high)} left"
        return f"at least {span(low, low)} left" if low >= 1 else ""

    def _limit(self, now: float) -> str:
        if self.minutes is None:
            return ""
        return f"at most {duration(max(0.0, 60 * self.minutes - (now - self.started)))}"


def earlier_seconds(file: Path) -> dict[str, float]:
    """Seconds that each strategy took when it was last fitted and asked, by the log of a
    project."""
    found: dict[str, float] = {}
    if not file.exists():
        return found
    with file.open("rb") as lines:
        for raw in lines:
            if b'"done"' not in raw or b'"stage"' not in raw:  # most lines, which need no reading
                continue
            try:
                event = json.loads(raw)
            except ValueError:
                continue
            if event.get("event") == "stage" and event.get("value") is not None:
                found[event["arm"]] = event.get("seconds") or 0.0
    return found
