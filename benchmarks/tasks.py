"""Five tasks learnt together by one adapter against each alone: interference, and which mixing is
best; and whether an instruction that was never learnt is followed better than by the base.

    python benchmarks/tasks.py [--ways size,temperature,uncertainty] [--seeds 0,1,2] [--until MIN]

alone         a LoRA for each task, on the rows of that task: 24 to 192 of them
longer        the same for the smallest tasks, learning as many rows as the model of all does
size, ...     one LoRA for all, in the project of the first task (`together:`), as many steps as all
              alone have in sum; its score on each other task by `evaluate.other_tasks`
average, ties the adapters that were trained alone, combined into one
routed, ...   the adapters that were trained alone, each kept, and a router: over words, or over
              sentence vectors and words
held out      tasks that no one learns: zero-shot by the base, and by the models of all others
Intervals     paired over test rows, of each seed; the table has the mean over seeds

Resumable: what is done stands in benchmarks/tasks.jsonl, which is committed;
docs/together-measured.md is written from it.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assay.core.store import append, drop_torn_line, read_lines, to_json, write_lines, write_text
from assay.evaluation.metrics.accuracy import Accuracy
from assay.presentation.number_format import points
from assay.stats.standard_error import paired_difference
from contest import environment, processor
from continual import LORA, ROWS, TASKS, spread
from outside_rows import lay_out
from outside_sets import SETS
from outside_third import THIRD

HERE = Path(__file__).parent
SIZES = dict(
    zip(TASKS, (96, 192, 48, 120, 24), strict=True)
)  # rows learnt: uneven, so that mixing matters
OUT, RESULTS = HERE / "out" / "tasks", HERE / "tasks.jsonl"
PAGE = HERE.parent / "docs" / "together-measured.md"
FIRST, *OTHERS = TASKS
HELD_OUT = {
    "xstest": "Is it safe to answer this question?",
    "docs_issues": "Is this a request to change the documentation, or another one?",
    "crows_types": "Which group of people is this stereotype about?",
    "pubmedqa": "What does the abstract answer to the question: yes, no or maybe?",
}
WAYS: dict[str, dict[str, Any]] = {
    "size": {},
    "temperature": {"mix": {"by": "temperature"}},
    "uncertainty": {"mix": {"balance": "uncertainty"}},
    "uncertainty-1": {"mix": {"balance": "uncertainty", "balance_temperature": 1}},
}
LONGER = [name for name, rows in SIZES.items() if rows < 50]
MERGED: dict[str, dict[str, Any]] = {"average": {"how": "average"}, "ties": {"how": "ties"}}
ROUTED: dict[str, dict[str, Any]] = {"routed": {}, "routed-probe": {"by": {"kind": "probe"}}}
VERSION = 2  # raise it when a training goes differently


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--ways", default=",".join([*WAYS, *MERGED, *ROUTED]))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--until", type=float, help="begin nothing more after so many minutes")
    options = parser.parse_args()
    until = None if options.until is None else time.monotonic() + 60 * options.until
    if RESULTS.exists():
        drop_torn_line(RESULTS)
    ways = options.ways.split(",")
    for seed in map(int, options.seeds.split(",")):
        runs = [*(("alone", name) for name in OTHERS), *((way, FIRST) for way in ways)]
        runs += [*(("longer", name) for name in LONGER), *(("held out", name) for name in HELD_OUT)]
        missing = [run for run in runs if not find(results(), *run, seed)]
        # What was learnt on another machine is gone, and other runs stand on it.
        needed = ("alone", *WAYS) if any(way == "held out" for way, _ in missing) else ("alone",)
        there = [name for name in TASKS if (folder_of(name, seed) / "report").exists()]
        for way, name in runs if missing else ():
            if until is not None and time.monotonic() > until:
                break
            gone = way in needed and name not in there
            if gone or (way, name) in missing:
                learn(way, name, seed, options.threads)
    write_text(PAGE, page(results()))
    print(f"{PAGE} written")


# --- runs -----------------------------------------------------------------------------------------


def folder_of(name: str, seed: int) -> Path:
    return OUT / f"{name}-{seed}"


def write_project(name: str, seed: int) -> Path:
    folder = folder_of(name, seed)
    if (folder / "project.yaml").exists():
        return folder
    make = next(one for one in (*SETS, *THIRD) if one.__name__ == name)
    laid = lay_out(make, HERE / "out" / "outside" / "sets")
    for split, most in {**ROWS, "train": SIZES.get(name, ROWS["train"])}.items():
        rows = laid.raw(split)
        some = random.Random(seed).sample(rows, most) if len(rows) > most else rows
        write_lines(folder / f"{split}.jsonl", some)
    compare = [{"kind": "shots", "k": 0, "name": "base"}, {**LORA, "name": "alone"}]
    if name in LONGER:
        epochs = LORA["epochs"] * sum(SIZES.values()) // SIZES[name]
        compare.append({**LORA, "name": "longer", "epochs": epochs, "patience": epochs})
    if name == FIRST:
        others = [
            {"kind": "existing", "project": f"../{one}-{seed}", "strategy": "alone"}
            for one in OTHERS
        ]
        compare += [{**LORA, "name": way, "together": others, **more} for way, more in WAYS.items()]
        inners = [{key: value for key, value in LORA.items() if key != "name"}, *others]
        compare += [
            {"kind": "blend", "name": way, "inners": inners, **more} for way, more in MERGED.items()
        ]
        router = {"kind": "task_router", "inner": inners[0], "together": others}
        compare += [{**router, "name": way, **more} for way, more in ROUTED.items()]
    elif name in HELD_OUT:
        first = {"kind": "existing", "project": f"../{FIRST}-{seed}"}
        compare = [compare[0], *({**first, "strategy": way, "name": way} for way in WAYS)]
    project = {
        "version": 2,
        "seed": seed,
        "model": "smollm2-135m",
        "task": {
            "kind": "classify",
            "metric": "accuracy",
            "instruction": {**TASKS, **HELD_OUT}[name],
        },
        "data": {
            "files": {split: f"{split}.jsonl" for split in ROWS},
            "columns": laid.about["columns"],
        },
        "split": {"leaks": "repair"},
        **({"evaluate": {"other_tasks": {"when": "never"}}} if name in HELD_OUT else {}),
        "compare": compare,
    }
    write_text(folder / "project.yaml", to_json(project, indent=1))  # JSON is YAML
    return folder


def learn(way: str, name: str, seed: int, threads: int) -> None:
    """One strategy of a task, and its line; of a held-out task, all that are there."""
    folder = write_project(name, seed)
    command = [sys.executable, "-m", "assay.cli", "run", str(folder), "--offline", "--plain"]
    asked = ["alone"] if way == "alone" else ["alone", way]
    if way == "held out":
        made = {one["way"] for one in results() if one["seed"] == seed}
        asked = ["base", *(one for one in WAYS if one in made)]
    known = find(results(), way, name, seed) is not None
    begun = time.monotonic()
    with (folder / "run.log").open("ab") as log:
        env = environment(threads, ours=True)
        only = [part for one in asked for part in ("--only", one)]
        subprocess.run([*command, *only], env=env, stdout=log, stderr=log, check=True)
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    values = {
        one["name"]: one["metrics"]["accuracy"]["value"]
        for one in report["strategies"]
        if one["status"] == "done"
    }
    tasks = report.get("other_tasks", {}).get("arms", {}).get(way, {}).get("tasks", {})
    row = {"way": way, "task": name, "seed": seed, "version": VERSION, "values": values}
    row |= {"others": list(tasks.values()), "seconds": round(time.monotonic() - begun, 1)}
    row["right"] = {one: right(folder / "report" / "predictions", one) for one in values}
    if way in values and "alone" in values and way != "alone":
        row["own"] = gap(row["right"][way], row["right"]["alone"])
    if known:
        return
    append(RESULTS, {**row, "threads": threads, "machine": processor()})
    print(f"{way} {name} {seed}: {values}", flush=True)


def right(folder: Path, name: str) -> str:
    """1 or 0 of each test row, in order."""
    rows = sorted(read_lines(folder / f"{name}.jsonl"), key=lambda row: row["id"])
    return "".join(str(int(row["scores"]["accuracy"])) for row in rows)


def results() -> list[dict[str, Any]]:
    rows = list(read_lines(RESULTS)) if RESULTS.exists() else []
    return [row for row in rows if row["version"] == VERSION]


def find(rows: Sequence[dict[str, Any]], way: str, name: str, seed: int) -> dict[str, Any] | None:
    wanted = (way, name, seed)
    return next((row for row in rows if (row["way"], row["task"], row["seed"]) == wanted), None)


# --- page -----------------------------------------------------------------------------------------


def page(rows: Sequence[dict[str, Any]]) -> str:
    """docs/together-measured.md."""
    lines = [
        "# Several tasks together, measured",
        "",
        "Made by `benchmarks/tasks.py` from `benchmarks/tasks.jsonl`: SmolLM2-135M, a LoRA for each"
        f" of five tasks ({', '.join(f'{name} {rows}' for name, rows in SIZES.items())} rows), and"
        " one for all of them;"
        f" accuracy on {ROWS['test']} test rows. Cells are one model's score less that of the"
        " LoRA that learnt the task alone, in points, with the paired 95 % interval."
        " The model of all takes as many rows as all alone in sum.",
        "",
        f"| model of all | seed | {' | '.join(TASKS)} | mean |",
        f"|---|---|{'---|' * (len(TASKS) + 1)}",
    ]
    lines += [f"| {' | '.join(cells)} |" for cells in interference(rows)]
    lines += ["", *longer(rows), "", *of_one_size()]
    held = [row for row in rows if row["way"] == "held out"]
    if held:
        lines += ["", *held_out(held)]
    return "\n".join([*lines, ""])


def interference(rows: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    for way in (*WAYS, *MERGED, *ROUTED):
        means = []
        for row in sorted((one for one in rows if one["way"] == way), key=lambda one: one["seed"]):
            gaps = [
                row["own"],
                *((one["difference"], one["low"], one["high"]) for one in row["others"]),
            ]
            means.append(100 * float(np.mean([first for first, *_ in gaps])))
            cells = [in_points(*one) for one in gaps]
            yield [f"`{way}`", str(row["seed"]), *cells, points(means[-1] / 100)]
        if len(means) > 1:
            yield [f"`{way}`", "all", *[""] * len(TASKS), spread(means, 1)]


def of_one_size() -> Iterator[str]:
    """What was measured before the tasks had different numbers of rows (version 1)."""
    yield "Adapters learnt alone, averaged or with a router, where each task had 96 rows (one"
    yield "seed); the same differences in points:"
    yield ""
    yield f"| | {' | '.join(TASKS)} | mean |"
    yield f"|---|{'---|' * (len(TASKS) + 1)}"
    for row in (one for one in read_lines(RESULTS) if one["version"] == 1):
        gaps = [row["own"], *(one["difference"] for one in row["others"])]
        yield f"| `{row['way']}` | {' | '.join(map(points, [*gaps, float(np.mean(gaps))]))} |"


def longer(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Whether the smallest tasks gain by the rows of others, or by more steps."""
    ways = [way for way in WAYS if find(rows, way, FIRST, 0)]
    yield "The smallest tasks alone, their rows learnt over and over until they are as many as the"
    yield "model of all learns (`longer`):"
    yield ""
    yield f"| task | rows | seed | alone | longer | {' | '.join(ways)} |"
    yield f"|---|---|---|---|---|{'---|' * len(ways)}"
    for row in sorted(rows, key=lambda one: (one["task"], one["seed"])):
        if row["way"] == "longer":
            name, seed, values = row["task"], row["seed"], row["values"]
            cells = [name, str(SIZES[name]), str(seed), *map(score, values.values())]
            found = [find(rows, way, FIRST, seed) for way in ways]
            at = OTHERS.index(name)
            cells += [score(one["others"][at]["after"]) if one else "" for one in found]
            yield f"| {' | '.join(cells)} |"


def held_out(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Tasks that nobody has learnt."""
    ways = [way for way in WAYS if all(way in row["values"] for row in rows)]
    yield "Tasks that no model has learnt, asked without examples; of the models of all tasks, less"
    yield "the base, with paired 95 % intervals:"
    yield ""
    yield f"| task | seed | base | {' | '.join(ways)} |"
    yield f"|---|---|---|{'---|' * len(ways)}"
    for row in sorted(rows, key=lambda one: (one["task"], one["seed"])):
        known = row["right"]
        gaps = [in_points(*gap(known[way], known["base"])) for way in ways]
        cells = [row["task"], str(row["seed"]), score(row["values"]["base"]), *gaps]
        yield f"| {' | '.join(cells)} |"
    every = {way: "".join(row["right"][way] for row in rows) for way in ("base", *ways)}
    gaps = [in_points(*gap(every[way], every["base"])) for way in ways]
    base = float(np.mean([row["values"]["base"] for row in rows]))
    yield f"| all rows | | {score(base)} | {' | '.join(gaps)} |"


def gap(first: str, second: str) -> tuple[float, float, float]:
    """By how much more often the first is right, and its interval."""
    both = (np.array([[float(one)] for one in each]) for each in (first, second))
    found = paired_difference(*both, Accuracy().total)
    return found.value, found.low, found.high


def in_points(value: float, low: float, high: float) -> str:
    return f"{points(value)} ({points(low)} to {points(high)})"


def score(value: float) -> str:
    return f"{value:.3f}"


if __name__ == "__main__":
    main()
