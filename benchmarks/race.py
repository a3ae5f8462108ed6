"""Does a race come to the verdict of the full comparison, how much sooner, and what does it lose?

    python benchmarks/race.py [--sets snips,pubmedqa] [--minutes 2,5,10,30] [--until MINUTES]

Each set is the project that `assay run FILE` makes, on the rows of `outside.py`, and what that
leaves out because it rarely wins or takes long: nearest rows, the base with and without examples,
an encoder, LoRA where there is none; of larger sets a part that is drawn, since LoRA on all rows
of all of them takes a night. *whole*: every strategy is fitted on all rows and asked all test rows,
without a limit. *race*: a limit that is far away, so that only the race leaves strategies out. *N
minutes*: what a run of so long recommends; where the race ended sooner, it is the race's. All in
folders of their own, so that nothing is shared. What a recommendation loses is told by the whole
comparison's scores on the same test rows.

Resumable: what is done stands in benchmarks/race.jsonl, which is committed; docs/race-measured.md
is written from it.
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
from contextlib import suppress
from pathlib import Path
from typing import Any

from assay.config import make_strategy
from assay.core.store import append, drop_torn_line, read_lines, to_json, write_lines, write_text
from contest import environment, processor
from outside_assay import make_project
from outside_rows import Laid, lay_out
from outside_sets import SETS

HERE = Path(__file__).parent
OUT, RESULTS = HERE / "out" / "race", HERE / "race.jsonl"
PAGE = HERE.parent / "docs" / "race-measured.md"
SOON = "snips,docs_issues,pubmedqa,banking77,restaurant_intents,snips_slots,ncbi_disease,mmlu"
SOON += ",scitldr,davidson"
WIDE: tuple[dict[str, Any], ...] = (
    {"kind": "knn"},
    {"kind": "shots", "k": 0},
    {"kind": "shots", "k": 4, "select": "similar"},
    {"kind": "encoder"},
    {"kind": "lora"},
)
ROWS = {"train": 400, "val": 100, "test": 400}  # at most
TICK = os.sysconf("SC_CLK_TCK")
FAR = 1000.0  # minutes: a limit that is never met
RACE, WHOLE = 4, 1  # versions: raise them when races, or whole comparisons, go differently


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sets", default=SOON)
    parser.add_argument("--only", choices=("race", "whole"), help="not the other")
    parser.add_argument("--minutes", default="", help="limits besides: 2,5,10,30")
    parser.add_argument("--until", type=float, help="begin nothing more after so many minutes")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    until = None if options.until is None else time.monotonic() + 60 * options.until
    limits = [float(one) for one in options.minutes.split(",") if one]
    if RESULTS.exists():
        drop_torn_line(RESULTS)
    names = options.sets.split(",")
    for make in (one for one in SETS if one.__name__ in names):
        laid = lay_out(make, HERE / "out" / "outside" / "sets")
        ways = (options.only,) if options.only else ("race", "whole", *limits)
        for way in ways:
            if until is not None and time.monotonic() > until:
                break
            if not find(results(), laid, way) and not ends_sooner(laid, way):
                run(laid, way, options.threads)
    write_text(PAGE, page(results()))
    print(f"{PAGE} written")


def ends_sooner(laid: Laid, way: str | float) -> bool:
    """Whether the race of a set is over before so many minutes: they change nothing then."""
    raced = find(results(), laid, "race")
    return isinstance(way, float) and raced is not None and raced["seconds"] < 60 * way


def make_wide_project(laid: Laid, folder: Path, wide: Sequence[dict[str, Any]] = WIDE) -> None:
    """The project of a set, with strategies that its file leaves out, on at most ROWS rows."""
    if (folder / "project.yaml").exists():
        return
    make_project(laid, folder)
    value = json.loads((folder / "project.yaml").read_text(encoding="utf-8"))
    named = {arm["kind"] for arm in value["compare"]}
    for arm in wide:
        there = arm["kind"] in named if arm["kind"] == "lora" else arm in value["compare"]
        if not there and not [*make_strategy(arm, {}).unfit(laid.task)]:
            value["compare"].append(arm)
    for split, most in ROWS.items():
        rows = laid.raw(split)
        if len(rows) > most:
            write_lines(folder / f"{split}.jsonl", random.Random(0).sample(rows, most))
            value["data"]["files"][split] = f"{split}.jsonl"
    write_text(folder / "project.yaml", to_json(value, indent=1))


def run(laid: Laid, way: str | float, threads: int) -> None:
    """One run, and its line."""
    folder = OUT / f"{way}" / laid.name
    make_wide_project(laid, folder)
    sets = ["--set", "race=false", "--set", "minutes=null"] if way == "whole" else []
    minutes = {"whole": [], "race": ["--minutes", f"{FAR:g}"]}.get(str(way))
    more = ["--minutes", f"{way:g}"] if minutes is None else minutes  # type: ignore[str-format]
    command = [sys.executable, "-m", "assay.cli", "run", str(folder), "--offline", "--plain"]
    begun = time.monotonic()
    with (folder / "run.log").open("ab") as log:
        env = environment(threads, ours=True)
        process = subprocess.Popen([*command, *more, *sets], env=env, stdout=log, stderr=log)
        spent = processor_seconds(process)
    seconds = time.monotonic() - begun
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    metric = report["task"]["metric"]
    arms = {
        one["name"]: {
            "status": one["status"],
            "value": one["metrics"][metric]["value"] if one["status"] == "done" else None,
            "heats": one["heats"],
        }
        for one in report["strategies"]
    }
    row = {"set": laid.name, "hash": laid.about["hash"], "way": way, "version": version(way)}
    row |= {"seconds": round(seconds, 1), "processor_seconds": round(spent)}
    row |= {"threads": threads, "metric": metric}
    row |= {"recommended": report["verdict"]["recommended"], "arms": arms, "machine": processor()}
    append(RESULTS, row)
    print(f"{laid.name} {way}: {row['recommended']} ({seconds:.0f} s)", flush=True)


def processor_seconds(process: subprocess.Popen[bytes]) -> float:
    """Of a process and all below it until it has ended: what a neighbour on the machine hardly
    changes. Looked up every second, so that a second or two at the end may be missing."""
    most = 0.0
    while process.poll() is None:
        each = dict(processor_times())
        tree = {process.pid}
        while more := {pid for pid, (parent, _) in each.items() if parent in tree} - tree:
            tree |= more
        most = max(most, sum(each[pid][1] for pid in tree if pid in each))
        time.sleep(1)
    return most


def processor_times() -> Iterator[tuple[int, tuple[int, float]]]:
    """Process -> its parent, and the seconds of itself and of those that it has waited for."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            told = stat.read_text().rpartition(")")[2].split()
            yield int(stat.parent.name), (int(told[1]), sum(map(int, told[11:15])) / TICK)


def results() -> list[dict[str, Any]]:
    rows = list(read_lines(RESULTS)) if RESULTS.exists() else []
    return [row for row in rows if row["version"] == version(row["way"])]


def version(way: str | float) -> int:
    return WHOLE if way == "whole" else RACE


def find(rows: Sequence[dict[str, Any]], laid: Laid, way: str | float) -> dict[str, Any] | None:
    same = [row for row in rows if (row["set"], row["way"]) == (laid.name, way)]
    return next((row for row in same if row["hash"] == laid.about["hash"]), None)


# --- page -----------------------------------------------------------------------------------------


def page(rows: Sequence[dict[str, Any]]) -> str:
    """docs/race-measured.md."""
    whole = {row["set"]: row for row in rows if row["way"] == "whole"}
    raced = {row["set"]: row for row in rows if row["way"] == "race"}
    both = [name for name in whole if name in raced]
    lines = [
        "# The race, measured",
        "",
        "Made by `benchmarks/race.py` from `benchmarks/race.jsonl`. The same project twice: every"
        " strategy fitted on all rows and asked all test rows, and the [race](race.md) without a"
        " limit that is met. Points lost: by the scores of the whole comparison on its test rows,"
        " its recommendation less the race's. Processor time, since runs went on beside others."
        " *On those left out*: of the seconds that fits and val took, the share of strategies that"
        " did not meet the test rows; the rest went to those that may win, which are fitted whole.",
        "",
        "| set | whole, processor minutes | race | race of whole | on those left out"
        " | whole recommends | race recommends | points lost | met the test rows |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in both:
        first, other = whole[name], raced[name]
        met = sum(one["status"] == "done" for one in other["arms"].values())
        cells = [
            name,
            f"{first['processor_seconds'] / 60:.1f}",
            f"{other['processor_seconds'] / 60:.1f}",
            f"{share(first, other):.2f}",
            f"{on_losers(other):.2f}",
            f"`{first['recommended']}`",
            f"`{other['recommended']}`",
            f"{lost(first, other):.1f}",
            f"{met} of {len(other['arms'])}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    if both:
        shares = [share(whole[name], raced[name]) for name in both]
        points = [lost(whole[name], raced[name]) for name in both]
        least = [one * (1 - on_losers(raced[name])) for one, name in zip(shares, both, strict=True)]
        lines += [
            "",
            f"On {sum(one <= 1 / 3 for one in shares)} of {len(both)} sets the race takes a"
            f" third of the time or less; it loses {sum(points) / len(points):.1f} points on"
            f" average, {max(points):.1f} at most. Had it known from the start whom to leave out,"
            f" it would take a third or less on {sum(one <= 1 / 3 for one in least)}.",
        ]
    return "\n".join([*lines, *curve(rows, whole), ""])


def share(whole: dict[str, Any], other: dict[str, Any]) -> float:
    """Of the whole comparison's processor time."""
    return other["processor_seconds"] / whole["processor_seconds"]


def on_losers(raced: dict[str, Any]) -> float:
    """The share of its heats' seconds that went to strategies which never met the test rows."""
    spent = {
        name: sum(heat["seconds"] for heat in one.get("heats", ()))
        for name, one in raced["arms"].items()
    }
    losers = sum(spent[name] for name, one in raced["arms"].items() if one["status"] != "done")
    return losers / (sum(spent.values()) or 1.0)


def lost(whole: dict[str, Any], other: dict[str, Any]) -> float:
    """Points, by the whole comparison's scores; where nothing was recommended, all of them."""
    best, name = whole["arms"][whole["recommended"]]["value"], other["recommended"]
    return 100 * (best - (whole["arms"][name]["value"] if name else 0.0))


def curve(rows: Sequence[dict[str, Any]], whole: dict[str, dict[str, Any]]) -> list[str]:
    """Points lost by a limit of so many minutes."""
    limited = [row for row in rows if isinstance(row["way"], float) and row["set"] in whole]
    if not limited:
        return []
    limits = sorted({row["way"] for row in limited})
    lines = [
        "",
        "## In so many minutes",
        "",
        "Points lost by a run with a limit, on one thread of a machine that had other work; –: the"
        " race ends by itself before, and its verdict is above.",
        "",
        "![Points lost against minutes, a panel a set](race-measured.svg)",
        "",
    ]
    lines += [
        f"| set | {' | '.join(f'{one:g}' for one in limits)} |",
        f"|{'---|' * (len(limits) + 1)}",
    ]
    for name in whole:
        there = {row["way"]: row for row in limited if row["set"] == name}
        if there:
            cells = [
                f"{lost(whole[name], there[one]):.1f}" if one in there else "–" for one in limits
            ]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    main()
