"""What `epochs: auto` is worth where rows are few: a LoRA with it, and with three epochs.

    python benchmarks/few_rows.py [--sets snips,davidson] [--rows 48,96] [--seeds 0,1] [--threads 1]

Rows are drawn from those that `outside.py` lays out; a quarter as many are val, which chooses the
weights. At most 200 test rows. Both in one project, so on the same rows; resumable: what is done
stands in benchmarks/few_rows.jsonl, and docs/few-rows-measured.md is written from it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from pathlib import Path
from typing import Any

import assay
from assay.core.store import append, drop_torn_line, read_lines, to_json, write_lines, write_text
from contest import processor
from longer import behind, scored
from outside_assay import make_project
from outside_rows import Laid, lay_out
from outside_sets import SETS

HERE = Path(__file__).parent
OUT, RESULTS = HERE / "out" / "few_rows", HERE / "few_rows.jsonl"
PAGE = HERE.parent / "docs" / "few-rows-measured.md"
SOON = "snips,davidson,restaurant_intents,docs_issues,mmlu"
TEST, VAL = 200, 0.25  # rows at most; of the rows to learn from
ARMS = [
    {"kind": "majority"},
    {"kind": "tfidf"},
    {"kind": "lora", "epochs": 3, "name": "three"},
    {"kind": "lora", "name": "auto"},
]
VERSION = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sets", default=SOON)
    parser.add_argument("--rows", default="48,96")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)  # what each worker takes
    if RESULTS.exists():
        drop_torn_line(RESULTS)
    for seed in map(int, options.seeds.split(",")):
        for make in (one for one in SETS if one.__name__ in options.sets.split(",")):
            laid = lay_out(make, HERE / "out" / "outside" / "sets")
            for count in map(int, options.rows.split(",")):
                own = {"set": laid.name, "rows": count, "seed": seed, "version": VERSION}
                if not any(own.items() <= row.items() for row in results()):
                    append(RESULTS, own | run(laid, count, seed))
                    write_text(PAGE, page(results()))
    write_text(PAGE, page(results()))
    print(f"{PAGE} written")


def results() -> list[dict[str, Any]]:
    rows = list(read_lines(RESULTS)) if RESULTS.exists() else []
    return [row for row in rows if row["version"] == VERSION]


def run(laid: Laid, count: int, seed: int) -> dict[str, Any]:
    """One project, and what its report says."""
    folder = OUT / f"{laid.name}-{count}-{seed}"
    make_project(laid, folder)
    value = json.loads((folder / "project.yaml").read_text(encoding="utf-8"))
    most = {"train": count, "val": round(VAL * count), "test": TEST}
    for split, size in most.items():
        rows = laid.raw(split)
        some = random.Random(seed).sample(rows, min(size, len(rows)))
        write_lines(folder / f"{split}.jsonl", some)
        value["data"]["files"][split] = f"{split}.jsonl"
    value |= {"compare": ARMS, "seed": seed, "race": False, "minutes": None}
    write_text(folder / "project.yaml", to_json(value, indent=1))
    report = assay.run(folder, minutes=None, offline=True)
    lost = behind(report, "auto", "three")
    steps = {arm["name"]: arm["settings"] for arm in report.data["strategies"]}
    print(laid.name, count, seed, scored(report), {n: s.get("epochs") for n, s in steps.items()})
    return {
        "metric": report.data["task"]["metric"],
        "values": scored(report),
        "gained": lost,
        "seconds": {arm["name"]: arm["cost"]["fit_seconds"] for arm in report.data["strategies"]},
        "machine": processor(),
    }


def page(rows: list[dict[str, Any]]) -> str:
    lines = [
        "# Few rows, measured",
        "",
        "Made by `benchmarks/few_rows.py` from `benchmarks/few_rows.jsonl`. A LoRA of SmolLM2-135M"
        " with `epochs: auto` ([training](training.md#few-rows)) and with 3 epochs, which were the"
        " default before; a quarter as many rows are val, which chooses the weights. Points with"
        " 95 % intervals, paired, on at most 200 test rows; times of fitting on a machine that had"
        " other work. davidson and restaurant_intents of seed 0 were run when scores exactly one"
        " val row apart counted as equal too.",
        "",
        "| set | rows | seed | metric | majority | tfidf | 3 epochs | `auto` | gained, points"
        " | seconds, 3 epochs | `auto` |",
        "|---|---:|---:|---|---:|---:|---:|---:|---|---:|---:|",
    ]
    for row in sorted(rows, key=lambda row: (row["set"], row["rows"], row["seed"])):
        found, gap, took = row["values"], row["gained"], row["seconds"]
        values = [f"{found[name]:.3f}" for name in ("majority", "tfidf", "three", "auto")]
        gained = f"{100 * gap['value']:+.1f} ({100 * gap['low']:+.1f} to {100 * gap['high']:+.1f})"
        cells = [row["set"], str(row["rows"]), str(row["seed"]), row["metric"], *values, gained]
        cells += [f"{took[name]:.0f}" for name in ("three", "auto")]
        lines.append(f"| {' | '.join(cells)} |")
    if rows:
        mean = sum(row["gained"]["value"] for row in rows) / len(rows)
        better = sum(row["gained"]["value"] > 0 for row in rows)
        lines += [
            "",
            f"`auto` gains {100 * mean:.1f} points on average; it is ahead on {better} of"
            f" {len(rows)}.",
        ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
