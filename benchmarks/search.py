"""Is a search with a model of the settings and early stopping quicker than one at random, and what
do trials share?

    python benchmarks/search.py [--sets intents,banking77] [--seeds 0,1,2] [--method lora]

race      a strategy's usual ranges (`search: auto`) are searched twice with as many trials: TPE
          with the median rule, and at random with every trial whole. Told is the time after which
          TPE has random's best score on val, as a share of random's whole time
separate  the trials of the random search once more, each a strategy of its own, in a process and a
          run of its own: what trials of one search share

Resumable: what is done stands in benchmarks/search.jsonl, which is committed;
docs/search-measured.md is written from it.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assay.core.store import append, drop_torn_line, read_lines, to_json, write_lines, write_text
from contest import environment, processor
from outside_assay import make_project
from outside_rows import lay_out
from outside_sets import SETS

HERE = Path(__file__).parent
ROOT = HERE.parent
OUT, RESULTS = HERE / "out" / "search", HERE / "search.jsonl"
PAGE = ROOT / "docs" / "search-measured.md"
TRIALS = 12
ROWS = {"train": 100, "val": 60, "test": 50}  # that a trial learns, and is scored on, at most
LORA = {"kind": "lora", "epochs": 2, "max_rows": ROWS["train"]}  # a minute a trial, on one thread
WAYS: dict[str, dict[str, Any]] = {
    "tpe": {"sampler": "tpe", "pruner": "median", "trials": TRIALS},
    "random": {"sampler": "random", "pruner": "none", "trials": TRIALS},
}
# Raise it when searches draw or stop differently; since 3 losses end trials, where there are some.
VERSION = {("lora", "tpe"): 3}
OTHERS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sets", default="intents,banking77,pubmedqa,handbook")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--method", default="lora", help="a kind that has usual ranges")
    parser.add_argument("--separate", action="store_true", help="the trials one by one, too")
    parser.add_argument("--until", type=float, help="begin nothing more after so many minutes")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    until = None if options.until is None else time.monotonic() + 60 * options.until
    if RESULTS.exists():
        drop_torn_line(RESULTS)
    for seed in map(int, options.seeds.split(",")):
        for name in options.sets.split(","):
            for way in WAYS:
                if until is not None and time.monotonic() > until:
                    break
                if not find(results(), name, seed, options.method, way):
                    search(name, seed, options.method, way, options.threads)
            if options.separate and (until is None or time.monotonic() < until):
                separate(name, seed, options.method, options.threads)
    write_text(PAGE, page(results()))
    print(f"{PAGE} written")


# --- runs -----------------------------------------------------------------------------------------


def project(name: str, folder: Path, seed: int, arm: dict[str, Any]) -> None:
    """The project of a set with one strategy alone."""
    folder.mkdir(parents=True, exist_ok=True)
    if name in ("intents", "handbook"):
        shutil.copytree(ROOT / "examples" / name, folder, dirs_exist_ok=True)
        from ruamel.yaml import YAML

        value = YAML(typ="safe").load((folder / "project.yaml").read_text(encoding="utf-8"))
    else:
        make = next(one for one in SETS if one.__name__ == name)
        make_project(lay_out(make, HERE / "out" / "outside" / "sets"), folder)
        value = json.loads((folder / "project.yaml").read_text(encoding="utf-8"))
    value |= {"seed": seed, "compare": [arm], "evaluate": {}}
    value.pop("minutes", None)
    files = value["data"]["files"]
    if "val" not in files:
        rows = list(read_lines(folder / files["train"]))
        random.Random(0).shuffle(rows)
        write_lines(folder / "val.jsonl", rows[: ROWS["val"]])
        write_lines(folder / "train.jsonl", rows[ROWS["val"] :])
        files |= {"val": "val.jsonl", "train": "train.jsonl"}
    few = {"val", "test"} | ({"train"} if "max_rows" not in arm else set())
    for split in sorted(few & {*files}):
        rows = list(read_lines(folder / files[split]))
        random.Random(seed).shuffle(rows)
        write_lines(folder / f"{split}.jsonl", rows[: ROWS[split]])
        files[split] = f"{split}.jsonl"
    write_text(folder / "project.yaml", to_json(value, indent=1))  # JSON is YAML


def arm_of(method: str) -> dict[str, Any]:
    return dict(LORA) if method == "lora" else {"kind": method}


def run(folder: Path, threads: int) -> float:
    """Seconds of `assay run`."""
    command = [sys.executable, "-m", "assay.cli", "run", str(folder), "--offline", "--plain"]
    begun = time.monotonic()
    with (folder / "run.log").open("ab") as log:
        env = environment(threads, ours=True)
        subprocess.run(command, env=env, stdout=log, stderr=log, check=True)
    return time.monotonic() - begun


def search(name: str, seed: int, method: str, way: str, threads: int) -> None:
    folder = OUT / way / method / f"{name}-{seed}"
    arm = {**arm_of(method), **usual(method), "name": "searched", "search": WAYS[way]}
    project(name, folder, seed, arm)
    seconds = run(folder, threads)
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    (found,) = (one["search"] for one in report["strategies"] if one["name"] == "searched")
    trials = [
        {key: one[key] for key in ("values", "state", "score", "seconds")}
        for one in found["trials"]
    ]
    add(name, seed, method, way, threads, {"seconds": round(seconds, 1), "trials": trials})


def usual(method: str) -> dict[str, Any]:
    """The method's usual ranges, as `search: auto` takes them."""
    from assay.strategies.catalogue import STRATEGIES

    (kind,) = (one for one in STRATEGIES if one.model_fields["kind"].default == method)
    return {
        place: dict(value) if isinstance(value, dict) else list(value)
        for place, value in kind.usual_ranges.items()
    }


def separate(name: str, seed: int, method: str, threads: int) -> None:
    """The trials of the random search, each a run of its own."""
    searched = find(results(), name, seed, method, "random")
    if searched is None or find(results(), name, seed, method, "separate"):
        return
    seconds, fits = [], []
    for number, trial in enumerate(searched["trials"]):
        folder = OUT / "separate" / method / f"{name}-{seed}-{number}"
        project(name, folder, seed, {**arm_of(method), **trial["values"]})
        seconds.append(round(run(folder, threads), 1))
        (arm,) = json.loads((folder / "report" / "report.json").read_text())["strategies"]
        fits.append(round(arm["cost"]["fit_seconds"], 1))
    found = {"seconds": sum(seconds), "each": seconds, "fits": fits}
    add(name, seed, method, "separate", threads, found)


def add(name: str, seed: int, method: str, way: str, threads: int, found: dict[str, Any]) -> None:
    row = {"set": name, "seed": seed, "method": method, "way": way, "version": version(method, way)}
    append(RESULTS, {**row, "threads": threads, **found, "machine": processor()})
    print(f"{name} {seed} {method} {way}: {found['seconds']:.0f} s", flush=True)


def results() -> list[dict[str, Any]]:
    rows = list(read_lines(RESULTS)) if RESULTS.exists() else []
    return [row for row in rows if row["version"] == version(row["method"], row["way"])]


def version(method: str, way: str) -> int:
    return VERSION.get((method, way), OTHERS)


def find(
    rows: Sequence[dict[str, Any]], name: str, seed: int, method: str, way: str
) -> dict[str, Any] | None:
    wanted = (name, seed, method, way)
    keys = ("set", "seed", "method", "way")
    return next((row for row in rows if tuple(row[key] for key in keys) == wanted), None)


# --- page -----------------------------------------------------------------------------------------


def page(rows: Sequence[dict[str, Any]]) -> str:
    """docs/search-measured.md."""
    lines = [
        "# Searches, measured",
        "",
        "Made by `benchmarks/search.py` from `benchmarks/search.jsonl`: the usual ranges of a"
        f" method (`search: auto`), {TRIALS} trials, of {ROWS['train']} rows scored on"
        f" {ROWS['val']} of val: so few that a score is off by some 6 points either way, and what"
        " is compared is how soon a search comes as far, not how far. *reached*: after which share"
        " of random search's whole time TPE with the median rule has the score that was random's"
        " best on val; – where it never has. *separate*: the time of the search at random, and of"
        " TPE, as a share of that of 12 runs with one of the trials each; both are counted in whole"
        " trials of their own, since the machine had other work beside them.",
        "",
        "| set | method | seed | random, best | TPE, best | random, minutes | TPE, minutes"
        " | reached | random of separate | TPE of separate |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [f"| {' | '.join(cells)} |" for cells in page_rows(rows)]
    return "\n".join([*lines, ""])


def page_rows(rows: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    for other in (row for row in rows if row["way"] == "random"):
        key = (other["set"], other["seed"], other["method"])
        tpe = find(rows, *key, "tpe")
        if tpe is None:
            continue
        apart = find(rows, *key, "separate")
        reached = time_to(tpe["trials"], best_of(other["trials"]))
        whole = sum(one["seconds"] for one in other["trials"])
        yield [
            other["set"],
            f"`{other['method']}`",
            f"{other['seed']}",
            f"{best_of(other['trials']):.3f}",
            f"{best_of(tpe['trials']):.3f}",
            f"{whole / 60:.1f}",
            f"{sum(one['seconds'] for one in tpe['trials']) / 60:.1f}",
            "–" if reached is None else f"{reached / whole:.2f}",
            share_of_separate(other, other, apart),
            share_of_separate(tpe, other, apart),
        ]


def share_of_separate(
    search: dict[str, Any], plain: dict[str, Any], apart: dict[str, Any] | None
) -> str:
    """The time of a search as a share of that of its trials one by one, both in whole trials of
    their own day: the machine had other work besides, and not the same."""
    if apart is None:
        return "–"
    whole = np.mean([one["seconds"] for one in plain["trials"]])
    return f"{search['seconds'] / whole / (apart['seconds'] / np.mean(apart['fits'])):.2f}"


def best_of(trials: Sequence[dict[str, Any]]) -> float:
    return max((one["score"] for one in trials if one["state"] == "complete"), default=np.nan)


def time_to(trials: Sequence[dict[str, Any]], score: float) -> float | None:
    """Seconds until a trial has the score; None where none has."""
    taken = 0.0
    for one in trials:
        taken += one["seconds"]
        if one["state"] == "complete" and one["score"] >= score:
            return taken
    return None


if __name__ == "__main__":
    main()
