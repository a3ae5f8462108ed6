"""How long an arm will take and how much memory it needs, from a short run of the arm itself.

How       The arm is fitted on a few rows and answers a few questions, in a process of its own. What happens before the
          first progress event is start-up and does not grow; what comes after grows with the rows. The longest rows are
          among the few, so that the memory seen is that of the worst batch.
Watch out early stopping may end a training sooner than planned; the estimate is for all epochs
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay import store
from assay.nouns import Example, Strategy
from assay.prepared import read_examples
from assay.spent import peak_bytes
from assay.worker import Job

if TYPE_CHECKING:
    from assay.bench import Bench
    from assay.validate import Exam

TRAIN_ROWS = 48  # three optimiser steps of 16 rows an epoch
LONG_ROWS = 8
QUESTIONS = 32
TEMPLATE = 120  # characters that a chat template and an instruction add to a row, about
SPREAD = 0.3  # a probe of seconds is this far from a run of minutes, either way
FREE = 0.8  # share of the memory that a plan may take


def thin(examples: Sequence[Example], n: int) -> list[Example]:
    """`n` examples that stand for all: evenly spaced by length."""
    ordered = sorted(examples, key=lambda e: (len(e.text), e.id))
    if len(ordered) <= n:
        return ordered
    return [ordered[(2 * i + 1) * len(ordered) // (2 * n)] for i in range(n)]


def probe(job: Job) -> None:
    """Runs in the worker: fit and answer on a few rows, then tell the event "probe" with seconds and bytes."""
    if job.strategy.neural:
        from assay.model.environment import threads
        from assay.model.machine import steady

        steady(job.seed, threads())
    whole = job.lesson()
    questions = read_examples(Path(job.request["questions"]))
    begun = time.monotonic()
    marks: list[float] = []
    job.watch = lambda event: marks.append(time.monotonic()) if event.get("unit") == "step" else None
    with tempfile.TemporaryDirectory() as place:
        fitted, share = _fit(job, whole, Path(place))
    ended = time.monotonic()
    # Start-up ends a step before the first step was told.
    step = (marks[-1] - marks[0]) / max(1, len(marks) - 1) if marks else 0.0
    startup = (marks[0] - step if marks else ended) - begun
    few = thin(questions, QUESTIONS)
    if few:
        fitted.answer(few[:2])  # the first answers warm up what the later ones share
    middle = time.monotonic()
    fitted.answer(few)
    answering = time.monotonic() - middle
    growing = max(0.0, ended - begun - startup)
    job.tell(
        {
            "event": "probe",
            "seconds": startup + growing / share + answering * len(questions) / max(1, len(few)),
            "answer": answering / max(1, len(few)),
            "bytes": peak_bytes(),
        }
    )


def _fit(job: Job, whole: Any, place: Path) -> tuple[Any, float]:
    """The arm fitted on a few rows, and what share of the whole work that was: text, not rows, takes the time."""
    share = min(1.0, TRAIN_ROWS / max(1, len(whole.train)))
    val = tuple(thin(whole.val, max(2, round(share * len(whole.val))))) if whole.val else ()
    longest = sorted(whole.train, key=lambda e: (-len(e.text), e.id))[:LONG_ROWS]
    names = {e.id for e in longest}
    rest = thin([e for e in whole.train if e.id not in names], TRAIN_ROWS - len(longest))
    # An arm that learns nothing by steps is fitted on all rows: it is quick, and it must know them to answer.
    steps = bool(epochs_of(job.strategy))
    few = replace(
        whole,
        train=tuple([*longest, *rest]) if steps else whole.train,
        val=val if steps else whole.val,
        means=replace(whole.means, workdir=place),
        fit=job.fit,
    )
    return job.fit(job.strategy, few), work(few.train) / max(1, work(whole.train))


def work(examples: Sequence[Example]) -> int:
    """What a pass over the rows costs, about: their characters, with those of the template and the instruction."""
    context = sum(len(d.text) for e in examples for d in e.context)
    return context + sum(len(e.text) + len(e.target or "") + TEMPLATE for e in examples)


def epochs_of(strategy: Strategy) -> int:
    """Epochs of a strategy or of the one inside it; 0 when nothing is trained by steps."""
    for name, value in strategy:
        if name == "epochs":
            return value
        if isinstance(value, Strategy) and (inside := epochs_of(value)):
            return inside
    return 0


@dataclass(frozen=True)
class Plan:
    """What `run --plan` shows."""

    head: str
    rows: list[dict[str, Any]]  # name, state, seconds, bytes
    memory: int  # bytes of this machine

    @property
    def seconds(self) -> float:
        return sum(row["seconds"] or 0.0 for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        return {"arms": self.rows, "seconds": self.seconds, "peak_bytes": self._peak(), "memory": self.memory}

    def _peak(self) -> int:
        return max((row["bytes"] or 0 for row in self.rows), default=0)

    def lines(self) -> list[str]:
        width = max([len(row["name"]) for row in self.rows] + [4])
        lines = [self.head, f"  {'arm':<{width}}  {'state':<8}  {'time':>14}  {'memory':>8}"]
        for row in self.rows:
            took = "–" if row["seconds"] is None else span(row["seconds"])
            memory = "–" if row["bytes"] is None else f"{row['bytes'] / 2**30:.1f} GB"
            lines.append(f"  {row['name']:<{width}}  {row['state']:<8}  {took:>14}  {memory:>8}")
        lines += [self._too_large(row) for row in self.rows if (row["bytes"] or 0) > FREE * self.memory]
        lines.append(
            f"  total {span(self.seconds)} (probed) · peak {self._peak() / 2**30:.1f} of {self.memory / 2**30:.1f} GB"
        )
        return lines

    def _too_large(self, row: dict[str, Any]) -> str:
        need, here = row["bytes"] / 2**30, self.memory / 2**30
        return (
            f"R098 {row['name']} needs about {need:.0f} GB ({here:.0f} GB here, of which a plan takes {FREE:.0%});"
            " lower max_length or micro_tokens, or name a smaller model"
        )


def span(seconds: float) -> str:
    """A time as a range, for it was estimated."""
    low, high = seconds * (1 - SPREAD), seconds * (1 + SPREAD)
    if high < 90:
        return f"{max(1, round(low))}–{max(2, round(high))} s"
    return f"{max(1, round(low / 60))}–{max(2, round(high / 60))} min"


def planned(bench: Bench, arms: dict[str, Strategy], exam: Exam) -> Plan:
    """Probe every arm that is not cached, one after the other, each in a process of its own."""
    from assay.flow import plan_event

    rows = []
    asked = bench.project.work / "questions" / f"{exam.hash}.jsonl"
    store.write_lines(asked, (q.to_json() for q in exam.questions))
    for name, strategy in arms.items():
        state = bench.state(strategy, exam.hash)
        row: dict[str, Any] = {"name": name, "state": state, "seconds": None, "bytes": None}
        if state != "cached":
            bench.tell({"event": "note", "text": f"probing {name}"})
            found: dict[str, Any] = {}
            with tempfile.TemporaryDirectory() as place:
                request = {**bench.request(strategy), "mode": "probe", "questions": str(asked)}
                listening = replace(bench, tell=lambda event, found=found: hear(event, found))
                listening.launch(Path(place), request, name)
            row |= {"seconds": round(found["seconds"], 2), "bytes": found["bytes"]}
        rows.append(row)
    return Plan(plan_event(bench, arms, exam)["lines"][0], rows, machine_memory())


def hear(event: dict[str, Any], found: dict[str, Any]) -> None:
    if event["event"] == "probe":
        found.update(event)


def machine_memory() -> int:
    import os

    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
