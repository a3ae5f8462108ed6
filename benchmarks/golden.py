"""Does a change of structure leave every result as it was?

    python benchmarks/golden.py run OUT [--checkout FOLDER] [--only snips,demo]
    python benchmarks/golden.py compare BEFORE AFTER

`run` runs small projects of every kind of task with the code of a checkout (this one, if left out)
and keeps their folders in OUT: sets of `outside_sets.py` cut to a few rows, the examples, and
projects with a search, preferences, rewards, one training after another and all audits. A project
that has a report already is passed over. `compare` prints where two reports differ and exits with 1
where they do; times, costs, memory, paths and the machine are ignored, for they differ from run to
run. Keep OUT outside the repository.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
ROWS = {"train": 120, "val": 30, "test": 40, "data": 190}
SETS = (
    "banking77 sms_spam snips davidson docs_issues hatecheck pubmedqa restaurant_intents"
    " presidio_types restaurant snips_slots ncbi_disease piqa mmlu xquad medquad gsm8k"
    " covid_answers scitldr cranfield_rank"
).split()
PLAIN = (
    "majority tfidf knn similarity probe dictionary crf tagger lead extractive edit_script"
).split()
MODEL = "smollm2-135m"
LORA = {"kind": "lora", "name": "lora", "epochs": 1, "max_rows": 24, "val_rows": 8}
FEW = {"kind": "shots", "k": 2}
# What a set's project has besides: the parts of the product that no plain project reaches.
MORE: dict[str, dict[str, Any]] = {
    "snips": {
        "compare": [{"kind": "tfidf"}, {"kind": "probe"}, LORA, FEW],
        "evaluate": {"depth": "full", "contamination": True},
    },
    "davidson": {
        "compare": [{"kind": "tfidf", "c": [0.3, 1.0, 3.0]}, {"kind": "probe"}],
        "search": {"trials": 3, "sampler": "random"},
    },
    "xquad": {
        "compare": [{"kind": "knn"}, FEW, {"kind": "rag", "top": 2, "inner": FEW}, LORA],
        "evaluate": {"robustness": True, "update_drill": True},
    },
    "docs_issues": {
        "compare": [
            {"kind": "encoder", "epochs": 1},
            {"kind": "setfit", "epochs": 1},
            {"kind": "stack", "inners": [{"kind": "tfidf"}, {"kind": "probe"}]},
            {"kind": "quantise", "name": "small", "inner": LORA},
            {"kind": "lora", "name": "further", "after": "lora", "epochs": 1, "max_rows": 16},
            LORA,
        ],
    },
}
# Where a number stands that differs from run to run, or a name of this machine.
LOOSE = re.compile(
    r"second|minute|time|_ms|ms_|_mb|mb_|bytes|watt|kwh|cost|price|per_hour|break_even|hours|machine"
    r"|versions|processor|memory|threads|created|started|finished|folder|path|commit|energy|effort"
    r"|events|log|spent|when|date|hash|digest|assay|latency|cpu|pareto|cheap|decision|summary"
)
CLOSE = 1e-6  # numbers this close are the same


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    ran = commands.add_parser("run")
    ran.add_argument("out", type=Path)
    ran.add_argument("--checkout", type=Path, default=ROOT)
    ran.add_argument("--only", default="")
    compared = commands.add_parser("compare")
    compared.add_argument("before", type=Path)
    compared.add_argument("after", type=Path)
    options = parser.parse_args()
    if options.command == "compare":
        sys.exit(compare(options.before, options.after))
    os.environ["PYTHONPATH"] = str(options.checkout / "src")
    names = options.only.split(",") if options.only else [*SETS, "demo", "voice", "handbook"]
    for name in names:
        folder = options.out / name
        if not (folder / "report" / "report.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            make_project(name, folder)
            run(name, folder)


def make_project(name: str, folder: Path) -> None:
    """Write a small project: a set of `outside_sets.py`, or an example, on at most ROWS rows."""
    if name in SETS:
        make_set_project(name, folder)
        return
    shutil.copytree(ROOT / "examples", folder.with_name("examples"), dirs_exist_ok=True)
    shutil.copytree(ROOT / "examples" / name, folder)
    value = YAML(typ="safe").load((folder / "project.yaml").read_text(encoding="utf-8"))
    value.pop("minutes", None)
    for strategy in value["compare"]:
        shorten(strategy)
    for split, file in value["data"]["files"].items():
        rows = (folder / file).resolve().read_text(encoding="utf-8").splitlines()
        few = random.Random(0).sample(rows, min(len(rows), ROWS[split]))
        (folder / f"{split}.jsonl").write_text("\n".join(few) + "\n", encoding="utf-8")
        value["data"]["files"][split] = f"{split}.jsonl"
    (folder / "project.yaml").write_text(json.dumps(value, indent=1), encoding="utf-8")


def shorten(strategy: dict[str, Any]) -> None:
    """Cut the training of a strategy, and of those inside it, to a few rows."""
    if strategy["kind"] in ("lora", "full", "dpo"):
        strategy |= {"epochs": 1, "max_rows": 24}
    if "inner" in strategy:
        shorten(strategy["inner"])


def make_set_project(name: str, folder: Path) -> None:
    import outside_sets
    from outside_rows import _columns, _shares, parts_of

    source = getattr(outside_sets, name)()
    folder.mkdir(parents=True)
    files = {}
    for split, rows in parts_of(source).items():
        rows = random.Random(0).sample(rows, min(len(rows), ROWS[split]))
        lines = (json.dumps({"id": f"{split}-{n}", **row}) for n, row in enumerate(rows))
        (folder / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        files[split] = f"{split}.jsonl"
    value: dict[str, Any] = {
        "version": 2,
        "name": name.replace("_", "-"),
        "seed": 1,
        "model": MODEL,
        "task": {"kind": source.kind, "metric": source.metric},
        "data": {"files": files, "columns": _columns(source)},
        "split": {"leaks": "repair", **_shares(source), "group": source.group or None},
    }
    for file, text in source.documents.items():
        (folder / "documents").mkdir(exist_ok=True)
        (folder / "documents" / file).write_text(text, encoding="utf-8")
        value["documents"] = ["documents"]
    value |= MORE.get(name, {"compare": fitting(source.kind)})
    (folder / "project.yaml").write_text(json.dumps(value, indent=1), encoding="utf-8")


def fitting(kind: str) -> list[dict[str, Any]]:
    """A few strategies of each family that a kind of task allows."""
    from assay.core.types import Task
    from assay.strategies.catalogue import STRATEGIES

    task = Task(kind=kind, labels=("a", "b"))
    every = {one.model_fields["kind"].default: one for one in STRATEGIES}
    plain = [every[name]() for name in PLAIN]
    fit = [one for one in plain if not (one.belongs_elsewhere(task) or [*one.unfit(task)])]
    return [*({"kind": one.kind} for one in fit), FEW, LORA]


def run(name: str, folder: Path) -> None:
    begun = time.monotonic()
    command = [sys.executable, "-m", "assay.cli", "run", str(folder), "--plain"]
    with (folder / "run.log").open("ab") as log:
        done = subprocess.run(command, stdout=log, stderr=log)
    print(f"{name}: exit {done.returncode}, {time.monotonic() - begun:.0f} s", flush=True)


def compare(before: Path, after: Path) -> int:
    """Print every difference; return 1 where there is one."""
    differences = 0
    for first in sorted(before.glob("*/report/report.json")):
        name = first.parts[-3]
        second = after / name / "report" / "report.json"
        if not second.exists():
            print(f"{name}: no report in {after}")
            differences += 1
            continue
        found = [
            *unequal(*(json.loads(one.read_text(encoding="utf-8")) for one in (first, second)))
        ]
        print(f"{name}: {'same' if not found else f'{len(found)} differences'}")
        for line in found[:12]:
            print(f"  {line}")
        differences += len(found)
    return int(bool(differences))


def unequal(a: Any, b: Any, at: str = "") -> Iterator[str]:
    """Where two values of a report differ, as lines."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}):
            if LOOSE.search(key.lower()):
                continue
            if key in a and key in b:
                yield from unequal(a[key], b[key], f"{at}.{key}")
            else:
                yield f"{at}.{key}: only {'before' if key in a else 'after'}"
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (left, right) in enumerate(zip(a, b, strict=True)):
            yield from unequal(left, right, f"{at}[{index}]")
    elif isinstance(a, float) and isinstance(b, (int, float)):
        if abs(a - b) > CLOSE * max(1.0, abs(a)):
            yield f"{at}: {a} -> {b}"
    elif a != b:
        yield f"{at}: {str(a)[:80]} -> {str(b)[:80]}"


if __name__ == "__main__":
    main()
