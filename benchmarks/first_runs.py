"""What a first run comes to in so many minutes, on one core or two, on a quiet machine or beside
another job.

    python benchmarks/first_runs.py [--sets snips,scitldr] [--minutes 2,4,8,15] [--cores 1,2]
                                    [--load quiet,busy] [--until MINUTES] [--first CORE]

Each set is the project that `assay run FILE` makes, on at most as many rows as `race.py` takes, in
an empty folder: nothing is kept from another run. *Cores*: the run may use only so many.
*Busy*: another process keeps each of them busy from before the run until its end. *Points lost*: by
the test scores of the whole comparison (`race.py`, without any limit, on the same rows), its best
strategy among those of the project less the one that is recommended; a strategy that the whole
comparison does not have, such as a training on fewer rows, counts with its own test score.
*LoRA*: whether some LoRA has a score, be it of a heat on val. *Over*: of the time asked for.

Resumable: what is done stands in benchmarks/first_runs.jsonl, which is committed; docs/first-run.md
is written from it. Two runs on one core each may go side by side: `--first 0` and `--first 1`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.core.store import append, drop_torn_line, read_lines, write_text
from contest import environment, processor
from outside_rows import Laid, lay_out
from outside_sets import SETS
from race import make_wide_project, results

HERE = Path(__file__).parent
OUT, KEPT = HERE / "out" / "first_runs", Path(__file__).with_suffix(".jsonl")
PAGE = HERE.parent / "docs" / "first-run.md"
NAMES = "snips,davidson,docs_issues,banking77,sms_spam,restaurant_intents,pubmedqa,snips_slots"
NAMES += ",ncbi_disease,mmlu,scitldr,covid_answers"
BUSY = "while True: sum(range(10**6))"
KEY = ("set", "hash", "minutes", "cores", "load")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sets", default=NAMES)
    parser.add_argument("--minutes", default="8,2,4,15")
    parser.add_argument("--cores", default="1,2")
    parser.add_argument("--load", default="quiet,busy")
    parser.add_argument("--until", type=float, help="begin nothing more after so many minutes")
    parser.add_argument("--first", type=int, default=0, help="the first core that a run may use")
    options = parser.parse_args()
    until = None if options.until is None else time.monotonic() + 60 * options.until
    names = options.sets.split(",")
    known = {make.__name__: make for make in SETS}
    sets = [lay_out(known[name], HERE / "out" / "outside" / "sets") for name in names]
    if KEPT.exists():
        drop_torn_line(KEPT)
    for minutes in map(float, options.minutes.split(",")):
        for cores in map(int, options.cores.split(",")):
            for load in options.load.split(","):
                for laid in sets:
                    cell = dict(
                        zip(KEY, (laid.name, laid.about["hash"], minutes, cores, load), strict=True)
                    )
                    if until is not None and time.monotonic() > until:
                        continue
                    if not any(all(row[k] == v for k, v in cell.items()) for row in kept()):
                        append(KEPT, cell | first_run(laid, cell, options.first))
    write_text(PAGE, page(kept()))
    print(f"{PAGE} written")


def kept() -> list[dict[str, Any]]:
    return list(read_lines(KEPT)) if KEPT.exists() else []


def first_run(laid: Laid, cell: dict[str, Any], first: int) -> dict[str, Any]:
    """One run in an empty folder; what its report says."""
    folder = OUT / f"{cell['minutes']:g}-{cell['cores']}-{cell['load']}" / laid.name
    shutil.rmtree(folder, ignore_errors=True)
    make_wide_project(laid, folder, wide=())
    cores = set(range(first, first + cell["cores"]))
    command = [sys.executable, "-m", "assay.cli", "run", str(folder), "--offline", "--plain"]
    command += ["--minutes", f"{cell['minutes']:g}"]
    with (
        (folder / "run.log").open("ab") as log,
        neighbours(cores if cell["load"] == "busy" else ()),
    ):
        begun = time.monotonic()
        done = subprocess.run(
            command,
            env=environment(cell["cores"], ours=True),
            stdout=log,
            stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        seconds = time.monotonic() - begun
    if done.returncode:
        raise SystemExit(f"{folder}: exit code {done.returncode}, see run.log")
    made = told(json.loads((folder / "report" / "report.json").read_text(encoding="utf-8")))
    print(f"{laid.name} {folder.parent.name}: {made['headline']} ({seconds:.0f} s)", flush=True)
    return {"seconds": round(seconds, 1), **made, "processor": processor()}


@contextmanager
def neighbours(cores: Sequence[int] | set[int]) -> Iterator[None]:
    """Another process on each core, which does nothing but compute."""
    others = [
        subprocess.Popen(
            [sys.executable, "-c", BUSY],
            preexec_fn=lambda core=core: os.sched_setaffinity(0, {core}),
        )
        for core in cores
    ]
    try:
        yield
    finally:
        for one in others:
            one.kill()
            one.wait()


def told(report: dict[str, Any]) -> dict[str, Any]:
    """Of a report: what is recommended, and each strategy's test score, or how far it came."""
    metric = report["task"]["metric"]
    arms = {
        one["name"]: one["metrics"][metric]["value"]
        if one["status"] == "done"
        else {"status": one["status"], "val": next((h["value"] for h in one["heats"][::-1]), None)}
        for one in report["strategies"]
    }
    verdict = report["verdict"]
    return {
        "metric": metric,
        "recommended": verdict["recommended"],
        "state": verdict["state"],
        "headline": verdict["headline"],
        "arms": arms,
    }


# --- page -----------------------------------------------------------------------------------------


def page(rows: Sequence[dict[str, Any]]) -> str:
    """docs/first-run.md."""
    lines = ["# The first run", ""]
    lines += [f"{_paragraph()}", ""]
    head = (
        "| minutes | cores | machine | sets | points lost: mean (most) | undecided | LoRA | over |"
    )
    lines += [head, "|--:|--:|---|--:|--:|--:|--:|--:|"]
    cells = sorted({(row["minutes"], row["cores"], row["load"]) for row in rows})
    for cell in cells:
        lines.append(summary(cell, [row for row in rows if _cell(row) == cell]))
    for cell in cells:
        minutes, cores, load = cell
        lines += ["", f"## {minutes:g} minutes, {_cores(cores)}, {load}", ""]
        lines += ["| set | took | headline | points lost | strategies |", "|---|--:|---|--:|---|"]
        lines += [line(row) for row in rows if _cell(row) == cell]
    return "\n".join([*lines, ""])


def _paragraph() -> str:
    doc = (__doc__ or "").split("\n\n")
    text = " ".join(doc[2].split())
    return (
        f"{text}\n\nMade by `python benchmarks/first_runs.py`, from `benchmarks/first_runs.jsonl`."
    )


def _cell(row: dict[str, Any]) -> tuple[float, int, str]:
    return row["minutes"], row["cores"], row["load"]


def _cores(count: int) -> str:
    return f"{count} core{'s' * (count > 1)}"


def summary(cell: tuple[float, int, str], rows: Sequence[dict[str, Any]]) -> str:
    minutes, cores, load = cell
    points = [one for row in rows if (one := lost(row)) is not None]
    open_ones = sum(row["state"] == "undecided" for row in rows)
    trained = [row for row in rows if any(name.startswith("lora") for name in row["arms"])]
    scored = sum(has_lora(row) for row in trained)
    late = max(row["seconds"] / (60 * minutes) - 1 for row in rows)
    mean = f"{sum(points) / len(points):.1f} ({max(points):.1f})" if points else "–"
    cells = (f"{minutes:g}", str(cores), load, str(len(rows)), mean)
    cells += (f"{open_ones}", f"{scored} of {len(trained)}", f"{max(0.0, late):.0%}")
    return f"| {' | '.join(cells)} |"


def has_lora(row: dict[str, Any]) -> bool:
    """Whether a LoRA was asked anything: the test rows, or val in a heat."""
    return any(
        not isinstance(one, dict) or one["val"] is not None
        for name, one in row["arms"].items()
        if name.startswith("lora")
    )


def lost(row: dict[str, Any]) -> float | None:
    """Points against the whole comparison; None where there is none of these rows."""
    whole = next(
        (
            one
            for one in results()
            if one["way"] == "whole" and (one["set"], one["hash"]) == (row["set"], row["hash"])
        ),
        None,
    )
    if whole is None:
        return None
    scores = {name: one["value"] for name, one in whole["arms"].items()}
    own = {name: one for name, one in row["arms"].items() if not isinstance(one, dict)}
    mine = row["recommended"]
    listed = [value for name, value in scores.items() if name in row["arms"]]
    best = max([value for value in listed if value is not None], default=0.0)
    got = scores.get(mine) if mine in scores else own.get(mine, 0.0)
    return max(0.0, 100 * (best - (got or 0.0)))


def line(row: dict[str, Any]) -> str:
    points = lost(row)
    arms = ", ".join(
        f"{name} {one:.3f}"
        if not isinstance(one, dict)
        else f"{name} {one['status']}"
        + (f" (val {one['val']:.3f})" if one["val"] is not None else "")
        for name, one in row["arms"].items()
    )
    cells = (row["set"], f"{row['seconds'] / 60:.1f}", row["headline"])
    cells += ("–" if points is None else f"{points:.1f}", f"{row['metric']}: {arms}")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
