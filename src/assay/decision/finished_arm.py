"""What the report is built from: one `Arm` per strategy, and the blocks that only the page
shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from assay.core.types import Record, Task
from assay.evaluation.scoring import Scores, judge

# What was timed -> its name in an arm's cost
TIMES = {"fit": "fit_seconds", "answers": "seconds_per_answer", "alone": "alone"}

# pruned: it could not win any more
Status = Literal["done", "failed", "skipped", "stopped", "pruned"]


@dataclass(frozen=True)
class Arm:
    """One way of doing it, with its answers to all test rows. An arm that is not done has no
    records."""

    name: str
    kind: str
    settings: dict[str, Any] = field(default_factory=dict)  # those that differ from their defaults
    status: Status = "done"
    records: list[Record] = field(default_factory=list)  # every arm's in the same order
    # fit_seconds, seconds_per_answer, tokens_per_answer, peak_bytes, kept_bytes: a number or None
    # when not measured; money_per_answer: of a model that is paid for; parts: the pieces that must
    # be kept and run, each with a "name"
    cost: dict[str, Any] = field(default_factory=dict)
    floor: bool = False  # what any worthwhile arm must beat
    # seconds that it would have taken longer, where the time was over; None: not known
    left: float | None = None
    note: str = ""  # why it failed or was skipped; or why its training ended
    # of a trained arm: how its training went, as a word and a text
    fit: dict[str, str] | None = None
    # of each look at val {"step", "train"?, "val"?, "score"?, "kept"?}: losses, the metric, and
    # whether its weights are kept
    curve: list[dict[str, Any]] | None = None
    losses: tuple[tuple[float, float], ...] = ()  # (step, training loss there), in all few hundred
    # of an arm whose settings were searched: its trials, see `strategies/search`
    search: dict[str, Any] | None = None
    # of a run with a time limit: what it was given on val before it met the test rows, see
    # `runtime/arms/race.py`: {"rows", "asked", "value", "seconds"}
    heats: tuple[dict[str, Any], ...] = ()
    seeds: tuple[list[Record], ...] = ()  # records of the same arm fitted with further seeds
    # the task by which the records were judged last, and what they scored
    _judged: list[tuple[Task, Scores]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def scores_by(self, task: Task) -> Scores:
        """Its records judged by every metric of the task: once, for a run asks a dozen times.

        Raises:
            ValueError: there are no records.
        """
        if not self._judged or self._judged[0][0] != task:
            self._judged[:] = [(task, judge(self.records, task))]
        return self._judged[0][1]


def time_of(cost: Mapping[str, Any], part: str) -> float | None:
    """Seconds of one of `TIMES` that a quiet machine would have taken: waiting for a processor is
    left out of what was timed on a busy one."""
    seconds, busy = measured_time(cost, part), contention_of(cost, part)
    return seconds if seconds is None or not busy else seconds * (1 - (busy["lost"] or 0.0))


def surely_takes(cost: Mapping[str, Any], part: str) -> float | None:
    """The least that it takes: 0 where the machine was busy and how much was lost is not known."""
    busy = contention_of(cost, part)
    unknown = busy and (busy["lost"] is None or busy["throttled"])
    return 0.0 if unknown else time_of(cost, part)


def contention_of(cost: Mapping[str, Any], part: str) -> dict[str, Any] | None:
    """What kept the machine busy while this time was taken; None where it was quiet, or nobody
    looked."""
    found = (cost.get("contention") or {}).get(part)
    return found if found and found["busy"] else None


def was_busy(cost: Mapping[str, Any], *parts: str) -> bool:
    """Whether one of `parts`, or of all times, was taken on a busy machine."""
    return any(contention_of(cost, part) for part in parts or TIMES)


def measured_time(cost: Mapping[str, Any], part: str) -> float | None:
    """As it was measured, waiting and all."""
    return (cost.get("alone") or {}).get("p95") if part == "alone" else cost.get(TIMES[part])


class Extra(TypedDict, total=False):
    """Shown in report.html and report.md, not part of report.json. Every key may be left out."""

    # {"step", "action", "reason", "count", "examples": [{"id", "file", "line", "text"}]}
    ledger: list[dict[str, Any]]
    # {"id", "kind", "similarity", "decision", "first": side, "second": side}
    leaks: list[dict[str, Any]]
    #                              side = {"split", "id", "source", "text"}
    labels: dict[str, dict[str, int]]  # split -> label -> rows
    # {"unit": "tokens", "edges": [...], "counts": [...], "limit": number or None}
    lengths: dict[str, Any]
    # one training example: {"parts": [{"text", "learnt": bool}], "learnt": n, "tokens": n}
    rendered: dict[str, Any]
    base: str  # the base model
    project_yaml: str
    commands: list[str]
    hashes: dict[str, str]
    # one sentence each: what leaks have cost, whether the base has read the test rows
    doubts: list[str]
    # split -> rows, given, share, by_chance, examples: see data/benchmark_overlap.py
    given_away: dict[str, dict[str, Any]]
    not_tried: list[str]  # one sentence each
    limits: list[str]  # one sentence each, beside those that the report finds itself
