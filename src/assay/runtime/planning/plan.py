"""What `run --plan` shows: arms with their time, memory and disk, and what does not fit."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.data.folds import split_words
from assay.runtime.events.log import NAME
from assay.runtime.events.run_progress import earlier_seconds

if TYPE_CHECKING:
    from assay.core.types import Strategy
    from assay.evaluation.held_out_test import Exam
    from assay.runtime.arms.runner import Bench

SPREAD = 0.3  # a probe of seconds is this far from a run of minutes, either way
FREE = 0.8  # share of the memory that a plan may take


@dataclass(frozen=True, repr=False)
class Plan:
    """What `run --plan` shows.

    Attributes:
        rows: one an arm: name, state; seconds on the wall, processor_seconds; bytes of memory;
            disk_bytes while it runs, kept_bytes after it; parts, its seconds by what they go into;
            fits, what would fit where it is too large; refused, why it could not be probed. None
            where nothing is known.
        memory, disk: bytes of memory of this machine, and free on its disk.
    """

    head: str
    rows: list[dict[str, Any]]
    memory: int
    disk: int

    @property
    def seconds(self) -> float:
        return sum(row["seconds"] or 0.0 for row in self.rows)

    @property
    def disk_bytes(self) -> int:
        """At the worst moment: what all arms keep, and what the largest one writes for a time."""
        kept = sum(row["kept_bytes"] or 0 for row in self.rows)
        return kept + max(
            ((row["disk_bytes"] or 0) - (row["kept_bytes"] or 0) for row in self.rows), default=0
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "arms": self.rows,
            "seconds": self.seconds,
            "peak_bytes": self._peak(),
            "memory": self.memory,
            "disk_bytes": self.disk_bytes,
            "disk": self.disk,
        }

    def _peak(self) -> int:
        return max((row["bytes"] or 0 for row in self.rows), default=0)

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        width = max([len(row["name"]) for row in self.rows] + [len("strategy")])
        lines = [
            self.head,
            f"  {'strategy':<{width}}  {'state':<9}  {'time':>14}  {'memory':>8}  {'disk':>8}",
        ]
        for row in self.rows:
            took = "–" if row["seconds"] is None else span(row["seconds"])
            memory, disk = size(row["bytes"]), size(row["disk_bytes"])
            lines.append(
                f"  {row['name']:<{width}}  {row['state']:<9}  {took:>14}  {memory:>8}  {disk:>8}"
            )
        lines += [row["refused"] for row in self.rows if row["refused"]]
        lines += [remote_cost_line(row) for row in self.rows if "requests" in row]
        lines += [
            self._too_large(row) for row in self.rows if (row["bytes"] or 0) > FREE * self.memory
        ]
        if self.disk_bytes > self.disk:
            need, here = size(self.disk_bytes), size(self.disk)
            lines.append(
                f"R002 needs about {need} of disk, and {here} are free: make room, or choose"
                " another folder"
            )
        lines.append(
            f"  total {span(self.seconds)} (probed) · peak {size(self._peak(), '')}"
            f" of {size(self.memory)} · disk {size(self.disk_bytes, '')} of {size(self.disk)} free"
        )
        return lines

    def _too_large(self, row: dict[str, Any]) -> str:
        text = (
            f"R098 {row['name']} needs about {size(row['bytes'])} ({size(self.memory)} here, of"
            " which a plan takes"
        )
        ways = (
            "would fit: " + ", or ".join(row["fits"])
            if row["fits"]
            else "lower max_length, or name a smaller model"
        )
        return f"{text} {FREE:.0%}); {ways}"


def remote_cost_line(row: dict[str, Any]) -> str:
    """What an arm whose model is behind an address would send: tokens estimated, answers as long as
    they may be."""
    text = (
        f"  {row['name']}: {row['requests']:,} requests, about {row['prompt_tokens']:,} tokens"
        " of prompts and at most"
    )
    text += f" {row['answer_tokens']:,} of answers"
    return (
        text
        + (f", at most about {row['money']:.4g} in money" if row["money"] else "")
        + "; nothing was sent"
    )


def size(count: int | None, unit: str = " GB") -> str:
    return "–" if count is None else f"{count / 2**30:.1f}{unit}"


def span(seconds: float) -> str:
    """A time as a range, for it was estimated."""
    low, high = seconds * (1 - SPREAD), seconds * (1 + SPREAD)
    if high < 90:
        return f"{max(1, round(low))}–{max(2, round(high))} s"
    return f"{max(1, round(low / 60))}–{max(2, round(high / 60))} min"


def free_disk(place: Path) -> int:
    """Bytes free where `place` is, or will be."""
    there = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    return shutil.disk_usage(there).free


def plan_event(
    bench: Bench,
    arms: dict[str, Strategy],
    exam: Exam,
    minutes: float | None = None,
    gone: float = 0.0,
) -> dict[str, Any]:
    """What will run and what is cached: the first lines of a run that has gone on for `gone`
    seconds."""
    rows = bench.prepared.note["rows"]
    states = {name: bench.state(strategy, exam.hash) for name, strategy in arms.items()}
    width = max(map(len, states))
    head = f"{split_words(rows)} rows; base {bench.project.model}"
    if any(one["code"] == "D250" for one in bench.prepared.note["warnings"]):
        head += "; labels balanced by choice (D250)"
    notes = {m["note"] for m in bench.models.values() if m["note"]}
    lines = [head + (f" ({'; '.join(sorted(notes))})" if notes else "")]
    if minutes is not None:
        lines.append(
            f"  it takes at most about {minutes:g} min, then says what is known; the same"
            " command goes on"
        )
    return {
        "event": "plan",
        "arms": [*arms],
        "minutes": minutes,
        "gone": gone,
        "expected": {
            name: seconds
            for name, seconds in earlier_seconds(bench.project.work / NAME).items()
            if states.get(name) not in (None, "cached")
        },
        "lines": lines + [f"  {name:<{width}}  {state}" for name, state in states.items()],
    }
