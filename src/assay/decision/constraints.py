"""Why an arm cannot be recommended, however good it is: it is over a limit, or it surely breaks a
guard.

Limit      `decide.limits`: what was measured is held against what is allowed. Over is over: a limit
           has no interval. A time that was taken on a busy machine breaks a limit only where the
           processor time in it does
Guard      `task.guards`: the most points that a metric may fall below what is at hand without
           adapting: the better, on that metric, of the base as it is (the arm that asks it with no
           examples) and the best floor. `forgetting` is held against the base's own score on
           general probes, where that was measured
Surely     the whole interval lies below what is allowed. Where only a part of it does, the arm
           stays in and it is said
Watch out  a guard's intervals are not corrected for several arms: of forty arms that just keep a
           guard, one is put out
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.decision.finished_arm import (
    Arm,
    contention_of,
    measured_time,
    surely_takes,
    was_busy,
)
from assay.decision.measured_scores import ArmScores
from assay.decision.ownership import Owned
from assay.decision.settings import ArmLimits
from assay.presentation.number_format import points, three

# What is asked beside the scores and has a guard -> on what, and against what it is held
BESIDE = {
    "forgetting": ("general probes", "the base"),
    "other_tasks": ("another task", "the strategy that had learnt it"),
}


@dataclass(frozen=True, slots=True)
class Out:
    """One reason: its name (of a limit, or "guard: metric") and the words that follow the arm's
    name."""

    name: str
    words: str


def over_limits(cost: Mapping[str, Any], month: Owned | None, limits: ArmLimits) -> list[Out]:
    """The limits that an arm does not keep, each with what was measured and what is allowed."""
    found = []
    for name, allowed in limits:
        value, words = _measure_limit(name, cost, month)
        if allowed is not None and value is not None and value > allowed:
            found.append(
                Out(name, f"{words.format(three(value))}, more than the {three(allowed)} allowed")
            )
    return found


def undecided_limits(done: Sequence[Arm], limits: ArmLimits) -> list[str]:
    """Limits that an arm breaks by a time taken on a busy machine, and may keep on a quiet one, a
    sentence each."""
    said = []
    for arm in done:
        timed = "answers" if measured_time(arm.cost, "alone") is None else "alone"
        for name, part, unit in (("ms_per_answer", timed, 1e3), ("fit_minutes", "fit", 1 / 60)):
            allowed, seconds = getattr(limits, name), measured_time(arm.cost, part)
            if allowed is None or seconds is None or not contention_of(arm.cost, part):
                continue
            if unit * (surely_takes(arm.cost, part) or 0.0) <= allowed < unit * seconds:
                said.append(
                    f"Whether {arm.name} keeps {name} is open: {three(unit * seconds)} was measured"
                    f" on a busy machine, {three(allowed)} is allowed. To time it again, delete"
                    f" work/{'fit' if part == 'fit' else 'answers'} and run on a quiet machine."
                )
    return said


def busy_sentence(done: Sequence[Arm]) -> str:
    """Which arms were timed on a busy machine; empty where none was."""
    names = [arm.name for arm in done if was_busy(arm.cost)]
    if not names:
        return ""
    verb = "was" if len(names) == 1 else "were"
    return (
        f"{', '.join(names)} {verb} timed while other programs used the processor. Costs count"
        " processor time."
    )


def _measure_limit(
    name: str, cost: Mapping[str, Any], month: Owned | None
) -> tuple[float | None, str]:
    """What stands against a limit, and how it is said."""
    if name == "ms_per_answer":
        if measured_time(cost, "alone") is not None:
            took = surely_takes(cost, "alone")
            return _part(took, 1e-3), "takes {} ms an answer (95 in 100 are faster)"
        # Asked in batches an answer takes no longer than alone, so this can only let an arm pass
        # that should not.
        words = "takes {} ms an answer (mean of a batch; alone it was not timed)"
        return _part(surely_takes(cost, "answers"), 1e-3), words
    if name == "fit_minutes":
        return _part(surely_takes(cost, "fit"), 60), "takes {} minutes to fit"
    if name == "peak_mb":
        return _part(cost.get("peak_bytes"), 1e6), "needs {} MB of memory"
    if name == "kept_mb":
        return _part(cost.get("kept_bytes"), 1e6), "keeps {} MB on disk"
    return None if month is None or not month.money else month.total, "costs {} a month"


def _part(value: float | None, by: float) -> float | None:
    return None if value is None else value / by


@dataclass(frozen=True, slots=True)
class Guard:
    """How one arm stands to one guard. Figures are in points, positive where the arm is better than
    the reference."""

    metric: str
    allowed: float
    reference: str
    difference: float
    low: float
    high: float

    @property
    def state(self) -> Literal["kept", "broken", "unsure"]:
        if self.high < -self.allowed:
            return "broken"
        return "kept" if self.low >= -self.allowed else "unsure"

    @property
    def words(self) -> str:
        gap = (
            f"{points(self.difference / 100)} points ({points(self.low / 100)} to"
            f" {points(self.high / 100)})"
        )
        allowed = f"{three(self.allowed)} may be lost"
        if self.metric in BESIDE:
            where = BESIDE[self.metric][0]
            return f"has {gap} on {where} against {self.reference}, and {allowed}"
        return (
            f"has {gap} of {self.metric.replace('_', ' ')} against {self.reference}, and {allowed}"
        )

    def to_json(self) -> dict[str, Any]:
        numbers = {name: round(getattr(self, name), 4) for name in ("difference", "low", "high")}
        return {
            "state": self.state,
            "allowed": self.allowed,
            "reference": self.reference,
            **numbers,
        }


def references(
    guards: Mapping[str, float], done: Sequence[Arm], measured: ArmScores
) -> dict[str, str]:
    """Guarded metric -> the arm it is held against: of the base as it is and the floors, the one
    best by that metric. Metrics of which no such arm was run, or that were not measured, are left
    out."""
    at_hand = [arm.name for arm in done if arm.floor or as_it_is(arm)]
    better = {metric.name: 1 if metric.higher_is_better else -1 for metric in measured.metrics}
    return {
        name: max(at_hand, key=lambda arm: better[name] * measured.value(arm, name))
        for name in guards
        if name in better and at_hand
    }


def as_it_is(arm: Arm) -> bool:
    """The base with the task's own prompt and no example."""
    return (
        arm.kind == "shots"
        and not {key: value for key, value in arm.settings.items() if key not in ("k", "model")}
        and arm.settings.get("k") == 0
    )


def check_guards(
    guards: Mapping[str, float],
    done: Sequence[Arm],
    measured: ArmScores,
    found: Mapping[str, Any],
) -> dict[str, list[Guard]]:
    """Arm -> how it stands to each guard that can be judged. The reference itself has no such
    entry.

    Args:
        guards: metric or a key of `BESIDE` -> points that may be lost.
        found: of report.json, by these keys: {"arms": {name: {"combined": {"difference", "low",
            "high"}}}} in points.
    """
    held: dict[str, list[Guard]] = {arm.name: [] for arm in done}
    for metric, reference in references(guards, done, measured).items():
        sign = next(
            1 if one.higher_is_better else -1 for one in measured.metrics if one.name == metric
        )
        for name, gaps in measured.versus(reference).items():
            if metric in gaps and None not in gaps[metric].values():
                low, high = sorted(100 * sign * gaps[metric][end] for end in ("low", "high"))
                size = 100 * sign * gaps[metric]["difference"]
                held[name].append(Guard(metric, guards[metric], reference, size, low, high))
    for key, (_, reference) in BESIDE.items():
        if key not in guards or not found.get(key):
            continue
        for name, one in found[key].get("arms", {}).items():
            gap = one.get("combined")
            if name in held and gap and None not in (gap["difference"], gap["low"], gap["high"]):
                numbers = (float(gap[end]) for end in ("difference", "low", "high"))
                held[name].append(Guard(key, guards[key], reference, *numbers))
    return held


def guard_problems(
    guards: Mapping[str, float],
    done: Sequence[Arm],
    measured: ArmScores,
    found: Mapping[str, Any],
) -> list[str]:
    """Guards that could not be judged, a sentence each."""
    held = references(guards, done, measured)
    said = [
        f"The guard on {name.replace('_', ' ')} could not"
        " be judged: no baseline and no base as it is (`shots` with k: 0) was run to hold"
        " it against."
        for name in guards
        if name not in BESIDE and name not in held
    ]
    for key in BESIDE:
        if key in guards and not found.get(key):
            name = key.replace("_", " ")
            was = "were" if name.endswith("s") else "was"
            said.append(f"The guard on {name} could not be judged: {name} {was} not measured.")
    return said
