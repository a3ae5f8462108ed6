"""How far `run --plan` is from the run: time and memory of some thirty arms, estimated and then
measured.

    python benchmarks/estimates.py [--only lora,full] [--minutes N] [--threads N] [--retry |
    --probe]

Each arm is probed, as `run --plan` does it, and then run, each in processes of their own, on small
parts of examples/intents and examples/handbook. Patience is set so high that no training ends
early: an estimate is for all epochs. It may be stopped at any time; finished arms stand in
benchmarks/estimates.jsonl, which is committed. Writes benchmarks/estimates.md, which says which
arms are missing.

Time is compared on two clocks. On the wall it is what a user waits; that of the processor is the
one to trust where other programs ran beside this one, or stopped it: `stopped` says for how long.
"""

from __future__ import annotations

import argparse
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from assay.config import load
from assay.core import store
from assay.core.corrupt_files import silent
from assay.evaluation.held_out_test import Exam
from assay.runtime.arms.model_lookup import find_models
from assay.runtime.arms.runner import Bench, cost_of
from assay.runtime.data_stage.prepare import prepare
from assay.runtime.planning.probe import probe_arm
from assay.training.estimate.usage import clock
from contest import processor
from estimates_arms import ARMS, Setting, lay_out

HERE = Path(__file__).parent
OUT = HERE / "out"
TIME = 1.5  # an estimate of time is good when it is within this factor of the run, either way
LESS, MORE = 0.90, 1.25  # and one of memory when it is between these shares of it
TICK = 0.1  # seconds
COLUMNS = (
    "| arm | estimated s | run s | ratio | on the wall | probe s | estimated GB | run GB | ratio"
    " | disk MB |"
)


def main() -> None:
    options = asked()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)  # what each worker takes
    until = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    file = HERE / "estimates.jsonl"
    store.drop_torn_line(file)
    known = {row["key"]: row for row in store.read_lines(file)} if file.exists() else {}
    benches = {name: laid(OUT / "estimates" / name, name) for name in ("intents", "handbook")}
    rows, missing = [], []
    for setting in ARMS:
        if options.only and setting.name not in options.only:
            continue
        before = known.get(setting.key)
        if before is None or options.retry or options.probe:
            if until is not None and time.monotonic() > until:
                missing.append(setting.name)
                continue
            known[setting.key] = {
                "key": setting.key,
                "machine": processor(),
                **compared(setting, *benches[setting.data], before if options.probe else None),
            }
            store.append(file, known[setting.key])
            print(line(known[setting.key]), flush=True)
        rows.append(known[setting.key])
    page = document(rows, missing)
    print(page)
    if not options.only:
        store.write_text(HERE / "estimates.md", page)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", type=lambda text: text.split(","), help="arms by name")
    parser.add_argument("--minutes", type=float, help="begin no arm after so long")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--retry", action="store_true", help="measure again what was finished")
    parser.add_argument(
        "--probe", action="store_true", help="of what was finished estimate again, and run nothing"
    )
    return parser.parse_args()


# --- one arm --------------------------------------------------------------------------------------


def laid(place: Path, data: str) -> tuple[Bench, Exam]:
    """A project with the arms of one data set, ready to run them."""
    lay_out(place, data)
    project = load(place / "project.yaml")
    prepared = prepare(project, silent)
    exam = Exam(prepared.examples("test"))
    bench = Bench(
        project, prepared, find_models(project, project.arms.values(), False, silent), silent
    )
    store.write_lines(
        project.work / "questions" / f"{exam.hash}.jsonl", (q.to_json() for q in exam.questions)
    )
    return bench, exam


def compared(
    setting: Setting, bench: Bench, exam: Exam, before: dict[str, Any] | None
) -> dict[str, Any]:
    """What was estimated for an arm, and what it took, or had taken `before`."""
    strategy = bench.project.arms[setting.name]
    for name in ("fit", "answers"):
        shutil.rmtree(bench.project.work / name, ignore_errors=True)
    with Stops() as probing:
        found = probe_arm(
            bench, setting.name, strategy, bench.project.work / "questions" / f"{exam.hash}.jsonl"
        )
    return {
        "arm": setting.name,
        "data": setting.data,
        "settings": setting.settings,
        "estimated": found,
        "probe": probing.told(),
        "run": before["run"] if before else measured(setting.name, bench, exam),
    }


def measured(name: str, bench: Bench, exam: Exam) -> dict[str, Any]:
    strategy = bench.project.arms[name]
    with Stops() as running:
        bench.run(name, strategy, exam.questions, exam.hash)
    cost = cost_of(bench, strategy, exam.hash)
    kept = sum(p.stat().st_size for p in bench.project.work.glob("fit/*/arm/**/*") if p.is_file())
    return {**running.told(), "bytes": cost["peak_bytes"], "kept_bytes": kept, "cost": cost}


@dataclass
class Stops:
    """Seconds of a block on both clocks, those of child processes included; and for how long this
    process was stopped in it, and with it those that it had started."""

    seconds: list[float] = field(default_factory=list)
    stopped: float = 0.0

    def __enter__(self) -> Stops:
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        self._begun = clock()
        return self

    def _look(self) -> None:
        last = time.monotonic()
        while not self._over.wait(TICK):
            now = time.monotonic()
            if now - last > 5 * TICK:
                self.stopped += now - last - TICK
            last = now

    def told(self) -> dict[str, float]:
        wall, processor = self.seconds
        return {
            "seconds": wall - self.stopped,
            "processor_seconds": processor,
            "stopped": self.stopped,
        }

    def __exit__(self, *_: object) -> None:
        self.seconds = (clock() - self._begun).tolist()
        self._over.set()
        self._watch.join()


# --- the page -------------------------------------------------------------------------------------


def ratios(row: dict[str, Any]) -> tuple[float, float, float]:
    """Estimated over measured: seconds of the processor, seconds on the wall, memory."""
    found, run = row["estimated"], row["run"]
    return (
        found["processor_seconds"] / run["processor_seconds"],
        found["seconds"] / run["seconds"],
        found["bytes"] / run["bytes"],
    )


def line(row: dict[str, Any]) -> str:
    found, run, (time_, wall, memory) = row["estimated"], row["run"], ratios(row)
    marks = [
        "" if good else " **out**" for good in (1 / TIME <= time_ <= TIME, LESS <= memory <= MORE)
    ]
    return (
        f"| {row['arm']} | {found['processor_seconds']:.0f} | {run['processor_seconds']:.0f} "
        f"| {time_:.2f}{marks[0]} | {wall:.2f} | {row['probe']['processor_seconds']:.0f} "
        f"| {found['bytes'] / 1e9:.2f} | {run['bytes'] / 1e9:.2f} | {memory:.2f}{marks[1]} "
        f"| {found['kept_bytes'] / 1e6:.1f} of {found['disk_bytes'] / 1e6:.0f} |"
    )


def document(rows: Sequence[dict[str, Any]], missing: Sequence[str]) -> str:
    return "\n\n".join(paragraphs(rows, missing)) + "\n"


def paragraphs(rows: Sequence[dict[str, Any]], missing: Sequence[str]) -> Iterator[str]:
    yield "# Estimates against runs"
    yield (
        f"SmolLM2-135M-Instruct, {' and '.join(sorted({row['machine'] for row in rows}))},"
        f" {date.today().isoformat()}. Made by `benchmarks/estimates.py`."
        " Seconds are those of the processor, for the arm's whole process; `on"
        " the wall` is the ratio of what a user waits, on a machine that was not idle. `probe s` is"
        " what the estimate took. `disk` is what is kept, of what lies there at the worst moment."
    )
    if not rows:
        return
    times, walls, memories = zip(*map(ratios, rows), strict=True)
    good = sum(1 / TIME <= ratio <= TIME for ratio in times)
    on_wall = sum(1 / TIME <= ratio <= TIME for ratio in walls)
    fits = sum(LESS <= ratio <= MORE for ratio in memories)
    yield (
        f"Time within a factor of {TIME}: {good}"
        f" of {len(rows)} ({min(times):.2f} to {max(times):.2f}; on the wall {on_wall}). Memory"
        f" within -10/+25 %: {fits} of {len(rows)} ({min(memories):.2f} to {max(memories):.2f})."
        f" A probe takes {median(row['probe']['processor_seconds'] for row in rows):.0f}"
        f" s in the middle, {max(row['probe']['processor_seconds'] for row in rows):.0f} s at most."
    )
    yield "\n".join([COLUMNS, "|---" * 10 + "|", *map(line, rows)])
    if missing:
        yield "## Not measured yet\n\n" + ", ".join(missing)


if __name__ == "__main__":
    main()
