"""The side of assay: the project that `assay run FILE` makes of a set's rows, run through the
command line.

The project is the one of the file, with three things laid over it, so that both sides have the same
rows and aim: the files of train, val and test in place of the one file; the metric of the set; the
documents, where the set has any. What it says for a short first run (the first rows, so many rows a
label) goes, as nobody who compares would keep it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from assay.config.portfolio import read_documents
from assay.config.start import project_text
from assay.core.store import to_json, write_lines, write_text
from assay.stats.intervals import metric_value
from contest import environment
from outside_rows import SPLITS, Laid


def make_project(laid: Laid, folder: Path) -> None:
    """Write the project of a set, unless it is there: a run that was stopped goes on with the same
    one."""
    if (folder / "project.yaml").exists():
        return
    whole = folder / f"{laid.name}.jsonl"
    # The rows that are learnt and chosen from: they alone say how large the project is.
    write_lines(whole, [row for split in SPLITS if split != "test" for row in laid.raw(split)])
    value: dict[str, Any] = YAML(typ="safe").load(project_text(whole, folder))
    value["task"] = {"kind": laid.about["kind"], "metric": laid.about["metric"]}
    files = {split: str((laid.folder / f"{split}.jsonl").absolute()) for split in SPLITS}
    value["data"] = {"files": files, "columns": laid.about["columns"]}
    value["split"] = {"leaks": "repair", "group": laid.about["group"] or None}
    if laid.about["documents"]:
        value["documents"] = [str((laid.folder / "documents").absolute())]
        readers = [arm for arm, _ in read_documents(laid.about["kind"])]
        value["compare"] = [*readers, *value["compare"]]  # as `assay init --documents` has them
    write_text(folder / "project.yaml", to_json(value, indent=1))  # JSON is YAML


def run_assay(laid: Laid, folder: Path, minutes: float | None, threads: int) -> dict[str, Any]:
    """Run the project; what its report says of the recommended arm and of each other.

    Returns:
        recommended, best, arms: name to value, seconds of fitting, and the metric's rows; seconds
            of the whole run;
        `stopped` where an arm was not finished; `failure` in place of these where there is no
        report.
    """
    make_project(laid, folder)
    command = [sys.executable, "-m", "assay.cli", "run", str(folder), "--offline", "--plain"]
    command += ["--minutes", f"{max(0.05, minutes):.2f}"] if minutes is not None else []
    begun = time.monotonic()
    with (folder / "run.log").open("ab") as log:
        done = subprocess.run(command, env=environment(threads, ours=True), stdout=log, stderr=log)
    seconds = time.monotonic() - begun
    file = folder / "report" / "report.json"
    if not file.exists():
        said = (folder / "run.log").read_text(errors="replace").strip().splitlines()
        return {
            "failure": said[-1][:300] if said else f"exit code {done.returncode}",
            "seconds": seconds,
        }
    report = json.loads(file.read_text(encoding="utf-8"))
    arms = {
        one["name"]: arm_of(laid, folder, one)
        for one in report["strategies"]
        if one["status"] == "done"
    }
    best = max(arms, key=lambda name: arms[name]["test"], default=None)
    return {
        "recommended": report["verdict"]["recommended"],
        "best": best,
        "arms": arms,
        "unfinished": {
            one["name"]: one["status"] for one in report["strategies"] if one["status"] != "done"
        },
        "stopped": any(one["status"] == "stopped" for one in report["strategies"]),
        "seconds": round(seconds, 1),
    }


def arm_of(laid: Laid, folder: Path, one: dict[str, Any]) -> dict[str, Any]:
    """An arm's answers to the test rows, scored as those from outside are."""
    lines = (
        (folder / "report" / "predictions" / f"{one['name']}.jsonl")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    answers = {row["id"]: row["answer"] for row in map(json.loads, lines)}
    columns = laid.columns_of("test", [answers[example.id] for example in laid.examples("test")])
    cost = one["cost"]
    answering = (cost["seconds_per_answer"] or 0) * one["n"]
    return {
        "kind": one["kind"],
        "test": round(metric_value(columns, laid.metric.total), 5),
        "fit_seconds": cost["fit_seconds"],
        "seconds": round((cost["fit_seconds"] or 0) + answering, 1),
        "rows": np.round(columns, 4).tolist(),
    }
