"""How far a stage is and how long it still takes: a range from the times of its last steps.

Estimate         median time of the last 20 steps x steps left; the range is their 10th to 90th
                 percentile
Watch out        nothing is said before 10 steps or 5 seconds: the first steps are slow and would
                 mislead
"""

from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from assay.runtime.events.search_progress import SearchProgress, number

LAST = 20  # step times that are looked at
LOGGED = ("norm", "computed tok/s")  # values of a step that the log has and a line has no room for
FIRST = ("train", "val", "score")
STEPS, SECONDS = 10, 5.0  # known before an estimate is given
SHOWN = {"curate": "prepare"}  # the key of the project file; on disk the stage keeps its name
HEAT = "race, "  # how the name of a strategy's heat begins


def stage_name(event: dict[str, Any]) -> str:
    """What people read of the stage that an event is about."""
    name = event.get("stage") or event.get("name") or "download"
    return SHOWN.get(name, name)


def duration(seconds: float) -> str:
    """0.3 s, 12 s, 5 min 02 s, 1 h 04 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def span(low: float, high: float) -> str:
    """A range in the unit of its upper end: 4–6 min, 20–40 s."""
    unit, name = (3600, "h") if high >= 5400 else (60, "min") if high >= 90 else (1, "s")
    first, last = round(low / unit), max(1, round(high / unit))
    return f"{first}–{last} {name}" if first < last else f"{last} {name}"


@dataclass(slots=True)
class StageProgress:
    """One running stage."""

    name: str
    started: float
    done: float = 0
    total: float = 0
    unit: str = "step"
    values: dict[str, Any] = field(default_factory=dict)
    search: SearchProgress | None = None  # of one whose settings are searched
    activity: str = ""  # what it does that cannot be counted: it loads a model
    said_at: float = field(init=False)  # when a plain line was last written
    said_tenth: int = 0
    _seen: int = 0
    _last: float | None = None
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=LAST))  # seconds per unit

    def __post_init__(self) -> None:
        self.said_at = self.started

    def advance(self, event: dict[str, Any], now: float) -> None:
        """Take a progress event. An event that does not move `done` (an evaluation) brings values
        only; its time is then part of the next step, as it will be for the steps to come."""
        self.activity = ""
        done = event.get("done", self.done)
        self.total = event.get("total") or self.total
        unit = event.get("unit") or self.unit
        # another part of the stage begins: it is learnt, now it is asked
        if done < self.done or unit != self.unit:
            self.said_tenth, self._seen, self._last = 0, 0, None
            self._times.clear()
        if unit != self.unit:
            self.values.clear()
        self.unit = unit
        if unit == "search":
            self.search = self.search or SearchProgress()
            self.search.advance(event)
        self.values.update({k: v for k, v in (event.get("values") or {}).items() if v is not None})
        # The first event may be far in (a resumed stage): only from the second on is a time per
        # step known.
        if self._last is not None and done > self.done:
            moved = done - self.done
            self._times.append((now - self._last) / moved)
            self._seen += int(moved)
            self._last = now
        elif self._last is None:
            self._last = now
        self.done = done

    def take_trial(self, event: dict[str, Any]) -> None:
        """Take the beginning or the end of a trial; the values of the one before are over."""
        self.search = self.search or SearchProgress()
        self.search.take(event)
        if event["state"] == "start":
            self.values.clear()
        elif self.unit == "search" and self.total:  # one that was ended early is done all the same
            self.done = max(self.done, self.total * (event["trial"] + 1) / event["trials"])

    def time_left(self) -> tuple[float, float, float] | None:
        """Seconds left: low, middle, high; None while measuring or without a total."""
        if self.unit == "search" and self.search and self.total:
            return self.search.time_left(self.done / self.total)
        if not self.total or not self._times or (self._seen < STEPS and sum(self._times) < SECONDS):
            return None
        ordered = sorted(self._times)
        steps = max(0, self.total - self.done)
        low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
        return low * steps, median(ordered) * steps, high * steps

    def line(self) -> str:
        """`lora-r8 312/600 52% train=0.612 val=0.701 left=240-360s rss=2.3G fit=learning`."""
        parts = [self.name]
        if self.total:
            trial = "trial " if self.unit == "search" else ""
            parts += [trial + self._count(), f"{self._percent()}%"]
        elif self.done:
            parts.append(self._count())
        parts += [
            f"{name.replace(' ', '-')}={number(value)}" for name, value in self._numbers().items()
        ]
        if self.total:
            left = self.time_left()
            parts.append(f"left={left[0]:.0f}-{left[2]:.0f}s" if left else "left=measuring")
        if memory := self.values.get("memory"):
            parts.append(f"rss={memory / 2**30:.1f}G")
        if fit := self.values.get("fit"):
            parts.append(f"fit={fit.replace(' ', '-')}")
        return " ".join(parts)

    def format_progress(self, bar: int, now: float) -> tuple[str, str]:
        """The middle and the right of the live line: count, bar and percent; time left. Without a
        bar where it is of no width. What cannot be counted: its words, and the time so far."""
        if self.activity and self.unit != "search":
            return self.activity, duration(now - self.started)
        unit = "trial" if self.unit == "search" else self.unit
        if not self.total:
            return (f"{unit} {self._count()}" if self.done else ""), duration(now - self.started)
        full = int(bar * self.done / self.total)
        drawn = f"{'█' * full}{'░' * (bar - full)} " if bar else ""
        middle = f"{unit} {self._count()}  {drawn}{self._percent():>3} %"
        if self.done >= self.total:  # what comes next has not begun to count
            return middle, duration(now - self.started)
        left = self.time_left()
        return middle, f"{span(left[0], left[2])} left" if left else "measuring"

    def value_parts(self) -> list[str]:
        """`train 0.612`, `val 0.701`, `lr 1.7e-4`, `512 tok/s`, `2.3 GB`."""
        values = self._numbers()
        rates = {name: value for name, value in values.items() if "/s" in name}
        parts = [f"{name} {number(value)}" for name, value in values.items() if name not in rates]
        parts += [f"{number(value)} {name}" for name, value in rates.items()]
        memory = self.values.get("memory")
        return [*parts, f"{memory / 2**30:.1f} GB"] if memory else parts

    def fit_shown(self) -> str:
        """`fit: learning`, once val was looked at."""
        return f"fit: {self.values['fit']}" if self.values.get("fit") else ""

    def _numbers(self) -> dict[str, Any]:
        """The values that stand one beside the other: losses and scores before the others, for a
        narrow line has room for the first ones only."""
        names = sorted(self.values, key=lambda name: FIRST.index(name) if name in FIRST else 9)
        return {name: self.values[name] for name in names if name not in (*LOGGED, "memory", "fit")}

    def _percent(self) -> int:
        return min(100, int(100 * self.done / self.total))

    def _count(self) -> str:
        if self.unit == "byte":
            return (
                f"{self.done / 1e6:.1f}/{self.total / 1e6:.1f}MB"
                if self.total
                else f"{self.done / 1e6:.1f}MB"
            )
        if self.unit == "search" and self.search:
            return f"{self.search.trial + 1}/{self.search.trials}"
        return f"{self.done:.0f}/{self.total:.0f}" if self.total else f"{self.done:,.0f}"
