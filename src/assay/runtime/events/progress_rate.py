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

LAST = 20  # step times that are looked at
LOGGED = ("norm", "computed tok/s")  # values of a step that the log has and a line has no room for
STEPS, SECONDS = 10, 5.0  # known before an estimate is given
SHOWN = {"curate": "prepare"}  # the key of the project file; on disk the stage keeps its name


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
        done = event.get("done", self.done)
        self.total = event.get("total") or self.total
        unit = event.get("unit") or self.unit
        # another part of the stage begins: it is learnt, now it is asked
        if done < self.done or unit != self.unit:
            self.said_tenth, self._seen, self._last = 0, 0, None
            self._times.clear()
        self.unit = unit
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

    def time_left(self) -> tuple[float, float, float] | None:
        """Seconds left: low, middle, high; None while measuring or without a total."""
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
            parts += [self._count(), f"{self._percent()}%"]
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
        """The middle and the right of the live line: count, bar and percent; time left."""
        if not self.total:
            return (f"{self.unit} {self._count()}" if self.done else ""), duration(
                now - self.started
            )
        full = int(bar * self.done / self.total)
        middle = (
            f"{self.unit} {self._count()}  {'█' * full}{'░' * (bar - full)} {self._percent():>3} %"
        )
        left = self.time_left()
        return middle, f"{span(left[0], left[2])} left" if left else "measuring"

    def values_shown(self) -> str:
        """`train 0.612   val 0.701   lr 1.7e-4   512 tok/s   2.3 GB`."""
        values = self._numbers()
        rates = {name: value for name, value in values.items() if "/s" in name}
        parts = [f"{name} {number(value)}" for name, value in values.items() if name not in rates]
        parts += [f"{number(value)} {name}" for name, value in rates.items()]
        memory = self.values.get("memory")
        return "   ".join([*parts, f"{memory / 2**30:.1f} GB"] if memory else parts)

    def fit_shown(self) -> str:
        """`fit: learning`, once val was looked at."""
        return f"fit: {self.values['fit']}" if self.values.get("fit") else ""

    def _numbers(self) -> dict[str, Any]:
        """The values that stand one beside the other."""
        return {
            name: value
            for name, value in self.values.items()
            if name not in (*LOGGED, "memory", "fit")
        }

    def _percent(self) -> int:
        return min(100, int(100 * self.done / self.total))

    def _count(self) -> str:
        if self.unit == "byte":
            return (
                f"{self.done / 1e6:.1f}/{self.total / 1e6:.1f}MB"
                if self.total
                else f"{self.done / 1e6:.1f}MB"
            )
        return f"{self.done:.0f}/{self.total:.0f}" if self.total else f"{self.done:,.0f}"


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
