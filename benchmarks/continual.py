"""Five tasks, learnt one after another by one adapter: what is forgotten, and what a remedy keeps.

    python benchmarks/continual.py [--ways plain,rehearsal,ewc] [--seeds 0,1,2] [--until MINUTES]

Each task is a project; each but the first goes on from the strategy of the one before (`after:`),
with a remedy or none, and asks the test rows of all tasks before (`evaluate.other_tasks`).

matrix     after the task of the line, the score on the task of the column
average    of all tasks after the last one
forgotten  the mean over all but the last task of what a task's own strategy scored, less what the
           last one scores on it; in points (backward transfer with its sign turned: Lopez-Paz and
           Ranzato 2017, arxiv.org/abs/1706.08840)
forward    the mean over all but the first task of what the strategy before it scores on a task that
           it has not learnt, less what the base scores; in points
new        the mean over all but the first task of a task's own score right after it was learnt
Intervals  over seeds (rows, order of rows and beginnings), Student's t

Resumable: what is done stands in benchmarks/continual.jsonl, which is committed;
docs/continual-measured.md is written from it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assay.core.store import append, drop_torn_line, read_lines, to_json, write_lines, write_text
from assay.stats.standard_error import student
from contest import environment, processor
from outside_rows import Laid, lay_out
from outside_sets import SETS
from outside_third import THIRD

HERE = Path(__file__).parent
OUT, RESULTS = HERE / "out" / "continual", HERE / "continual.jsonl"
PAGE = HERE.parent / "docs" / "continual-measured.md"
TASKS = {
    "snips": "What does the user want?",
    "sms_spam": "Is this text message wanted?",
    "fortunes_kind": "Which collection is this saying from?",
    "davidson": "What kind of post is this?",
    "hatecheck": "Is this sentence hateful?",
}
ROWS = {"train": 96, "val": 40, "test": 80}
LORA: dict[str, Any] = {"kind": "lora", "epochs": 3, "name": "learnt"}
WAYS: dict[str, Any] = {
    "plain": None,
    "rehearsal": {"kind": "rehearsal"},
    "generated": {"kind": "rehearsal", "draw": "generated"},
    "ewc": {"kind": "ewc"},
    "o-lora": {"kind": "o-lora"},
    "inflora": {"kind": "inflora"},
    "lwf": {"kind": "lwf"},
    "l2-sp": {"kind": "l2-sp"},
    "wise-ft": {"kind": "wise-ft"},
}
VERSION = 1  # raise it when a training goes differently


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--until", type=float, help="begin nothing more after so many minutes")
    options = parser.parse_args()
    until = None if options.until is None else time.monotonic() + 60 * options.until
    if RESULTS.exists():
        drop_torn_line(RESULTS)
    for seed in map(int, options.seeds.split(",")):
        for way in options.ways.split(","):
            for place in range(len(TASKS)):
                if until is not None and time.monotonic() > until:
                    break
                if not all(find(results(), way, seed, later) for later in range(place, len(TASKS))):
                    learn(way, seed, place, options.threads)
    write_text(PAGE, page(results()))
    print(f"{PAGE} written")


# --- runs -----------------------------------------------------------------------------------------


def folder_of(way: str, seed: int, place: int) -> Path:
    """The first task is learnt before there is anything to keep: once for all ways."""
    shared = "first" if place == 0 else way
    return OUT / f"{shared}-{seed}" / f"{place}-{[*TASKS][place]}"


def write_project(way: str, seed: int, place: int) -> Path:
    name = [*TASKS][place]
    folder = folder_of(way, seed, place)
    if (folder / "project.yaml").exists():
        return folder
    make = next(one for one in (*SETS, *THIRD) if one.__name__ == name)
    laid: Laid = lay_out(make, HERE / "out" / "outside" / "sets")
    for split, most in ROWS.items():
        rows = laid.raw(split)
        some = random.Random(seed).sample(rows, most) if len(rows) > most else rows
        write_lines(folder / f"{split}.jsonl", some)
    learnt = dict(LORA)
    before = []
    if place:
        earlier = {"kind": "existing", "strategy": "learnt"}
        earlier["project"] = os.path.relpath(folder_of(way, seed, place - 1), folder)
        learnt |= {"after": earlier}
        learnt |= {"retain": [WAYS[way]]} if WAYS[way] else {}
        before = [{**earlier, "name": "before"}]
    base = [{"kind": "shots", "k": 0, "name": "base"}] if way == "plain" or not place else []
    project = {
        "version": 2,
        "seed": seed,
        "model": "smollm2-135m",
        "task": {"kind": "classify", "metric": "accuracy", "instruction": TASKS[name]},
        "data": {
            "files": {split: f"{split}.jsonl" for split in ROWS},
            "columns": laid.about["columns"],
        },
        "split": {"leaks": "repair"},
        "compare": [*base, *before, learnt],
    }
    write_text(folder / "project.yaml", to_json(project, indent=1))  # JSON is YAML
    return folder


def learn(way: str, seed: int, place: int, threads: int) -> None:
    """One task, and its line; on another machine, where what was learnt is gone, it is learnt
    again without a line."""
    folder = write_project(way, seed, place)
    known = find(results(), way, seed, place) is not None
    if known and (folder / "report" / "report.json").exists():
        return
    command = [sys.executable, "-m", "assay.cli", "run", str(folder), "--offline", "--plain"]
    begun = time.monotonic()
    with (folder / "run.log").open("ab") as log:
        env = environment(threads, ours=True)
        subprocess.run(command, env=env, stdout=log, stderr=log, check=True)
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    values = {
        one["name"]: one["metrics"]["accuracy"]["value"]
        for one in report["strategies"]
        if one["status"] == "done"
    }
    tasks = report.get("other_tasks", {}).get("arms", {}).get("learnt", {}).get("tasks", {})
    earlier = [one["after"] for one in tasks.values()]
    if "base" not in values:  # asked once, by the way that comes first
        values["base"] = (find(results(), "plain", seed, place) or {}).get("base")
    row = {"way": way, "seed": seed, "place": place, "version": VERSION, **values}
    row |= {"earlier": earlier, "seconds": round(time.monotonic() - begun, 1)}
    if known:
        return
    append(RESULTS, {**row, "threads": threads, "machine": processor()})
    print(f"{way} {seed} {[*TASKS][place]}: {values['learnt']:.3f}, before {earlier}", flush=True)


def results() -> list[dict[str, Any]]:
    rows = list(read_lines(RESULTS)) if RESULTS.exists() else []
    return [row for row in rows if row["version"] == VERSION]


def find(rows: Sequence[dict[str, Any]], way: str, seed: int, place: int) -> dict[str, Any] | None:
    wanted = ("plain" if place == 0 else way, seed, place)
    found = [row for row in rows if place == 0 and (row["seed"], row["place"]) == (seed, 0)]
    keys = ("way", "seed", "place")
    found += [row for row in rows if tuple(row[key] for key in keys) == wanted]
    return found[0] if found else None


# --- page -----------------------------------------------------------------------------------------


def page(rows: Sequence[dict[str, Any]]) -> str:
    """docs/continual-measured.md."""
    lines = [
        "# One task after another, measured",
        "",
        "Made by `benchmarks/continual.py` from `benchmarks/continual.jsonl`: SmolLM2-135M, a LoRA"
        f" that learns five tasks of {ROWS['train']} rows in order ({', '.join(TASKS)}),"
        f" {ROWS['test']} test rows each, accuracy among a task's labels. *forgotten*: what a"
        " task's own strategy scored on it less what the last one does, the mean over the first"
        " four, in points; *new*: the mean score of a task right after it was learnt, the last"
        " four; *forward*: what the strategy before it scores on a task that is not learnt yet,"
        " less the base's score, in points; *average*: all five after the last; *less plain's*: the"
        " same seed by itself, in points. With 95 % intervals over seeds.",
        "",
        "| remedy | seeds | average | new | less plain's | forgotten | less plain's | forward"
        " | minutes a task |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    whole = {way: chains(rows, way) for way in WAYS}
    plain = {chain[0]["seed"]: chain for chain in whole["plain"]}
    lines += [f"| {' | '.join(line(way, some, plain))} |" for way, some in whole.items() if some]
    for way, some in whole.items():
        if some:
            lines += ["", *matrix(way, some)]
    return "\n".join([*lines, ""])


def chains(rows: Sequence[dict[str, Any]], way: str) -> list[list[dict[str, Any]]]:
    """The seeds of which all five tasks are there."""
    seeds = sorted({row["seed"] for row in rows})
    found = [[find(rows, way, seed, place) for place in range(len(TASKS))] for seed in seeds]
    return [[one for one in chain if one] for chain in found if all(chain)]


def line(
    way: str,
    some: Sequence[Sequence[dict[str, Any]]],
    plain: dict[int, Sequence[dict[str, Any]]],
) -> Iterator[str]:
    yield f"`{way}`"
    yield str(len(some))
    last = [[*chain[-1]["earlier"], chain[-1]["learnt"]] for chain in some]
    yield spread([float(np.mean(scores)) for scores in last], 3)
    both = [(chain, plain[chain[0]["seed"]]) for chain in some if chain[0]["seed"] in plain]
    yield spread([new(chain) for chain in some], 3)
    itself = way == "plain"
    yield "–" if itself else spread([100 * (new(chain) - new(other)) for chain, other in both], 1)
    yield spread([forgotten(chain) for chain in some], 1)
    less = [forgotten(chain) - forgotten(other) for chain, other in both]
    yield "–" if itself else spread(less, 1)
    ahead = [100 * float(np.mean([o["before"] - o["base"] for o in chain[1:]])) for chain in some]
    yield spread(ahead, 1)
    yield f"{np.mean([one['seconds'] for chain in some for one in chain]) / 60:.1f}"


def new(chain: Sequence[dict[str, Any]]) -> float:
    return float(np.mean([one["learnt"] for one in chain[1:]]))


def forgotten(chain: Sequence[dict[str, Any]]) -> float:
    last = chain[-1]["earlier"]
    return 100 * float(np.mean([chain[at]["learnt"] - score for at, score in enumerate(last)]))


def spread(values: Sequence[float], digits: int) -> str:
    """The mean with its interval over seeds."""
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return f"{mean:.{digits}f}"
    half = student(0.95, n - 1) * float(np.std(values, ddof=1)) / n**0.5
    return f"{mean:.{digits}f} ({mean - half:.{digits}f} to {mean + half:.{digits}f})"


def matrix(way: str, some: Sequence[Sequence[dict[str, Any]]]) -> Iterator[str]:
    yield f"`{way}`, the mean of {len(some)} seed{'s' * (len(some) > 1)}:"
    yield ""
    yield f"| after | {' | '.join(TASKS)} |"
    yield f"|---|{'---|' * len(TASKS)}"
    for place, name in enumerate(TASKS):
        each = [[*chain[place]["earlier"], chain[place]["learnt"]] for chain in some]
        cells = [f"{value:.3f}" for value in np.mean(each, axis=0)]
        yield f"| {name} | {' | '.join([*cells, *['–'] * (len(TASKS) - place - 1)])} |"


if __name__ == "__main__":
    main()
