"""What `assay run FILE --minutes N` comes to, on files of several kinds as they came.

    python benchmarks/first_runs.py        # FILES with 8 minutes, SHORT with 2 and 4, too
    python benchmarks/first_runs.py --only sms --minutes 2    # one file, one time

Each run begins in an empty folder. Written down, into first_runs.jsonl and from there into
docs/first-run.md: the time asked for and the wall time of the whole command, the strategies with
their scores or why they have none, and the first line of the verdict. What is written down is not
run again; `--again` does.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contest import processor

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("ASSAY_DATA", ROOT.parent / "shared" / "data"))
KEPT = Path(__file__).with_suffix(".jsonl")
PAGE = ROOT / "docs" / "first-run.md"
FILES = (
    "sms_spam/SMSSpamCollection",
    "banking77/train.csv",
    "covid_faq/faq_covidbert.csv",
    "ncbi_disease_ner/train.tsv",
    "scitldr/train_first500.jsonl",
)
SHORT = FILES[:3]
HEAD = """# The first run

What `assay run FILE --minutes N` comes to on files under `../shared/data`, each in an empty folder
and with nothing said about it: the wall time of the whole command, what the strategies scored or
why they have no score, and the first line of the verdict. `pruned` is a strategy that could not win
any more, `stopped` and `skipped` are those for which the time was too short.

Made by `python benchmarks/first_runs.py`.

| file | minutes | took | processor | scores | first line |
|---|--:|--:|---|---|---|
"""


def first_run(name: str, minutes: float) -> dict:
    with tempfile.TemporaryDirectory(prefix="first-run-") as folder:
        file = Path(shutil.copy(SHARED / name, folder))
        started = time.monotonic()
        command = [sys.executable, "-m", "assay.cli", "run", file.name, "--minutes", str(minutes)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        took = time.monotonic() - started
        if done.returncode:
            raise SystemExit(f"{name}: exit {done.returncode}\n{done.stderr}")
        report = json.loads(next(Path(folder).glob("*/report/report.json")).read_text())
    done_ones = [one for one in report["strategies"] if one["status"] == "done"]
    metric = next((next(iter(one["metrics"])) for one in done_ones), "")
    scores = {
        one["name"]: one["metrics"][metric]["value"] if one["status"] == "done" else one["status"]
        for one in report["strategies"]
    }
    return {
        "file": name,
        "minutes": minutes,
        "seconds": round(took, 1),
        "processor": processor(),
        "metric": metric,
        "scores": scores,
        "first": _sentence(done.stdout),
    }


def _sentence(out: str) -> str:
    """The verdict's first line, which the terminal may have broken: up to the indented ones below
    it."""
    lines = out.splitlines()
    end = next(
        (at for at, line in enumerate(lines) if at and (line.startswith(" ") or not line)),
        len(lines),
    )
    return " ".join(lines[:end]).replace("held- out", "held-out")


def page(kept: list[dict]) -> str:
    lines = []
    for one in sorted(
        kept,
        key=lambda one: (FILES.index(one["file"]) if one["file"] in FILES else 99, one["minutes"]),
    ):
        told = (
            (name, f"{value:.3f}" if isinstance(value, float) else value)
            for name, value in one["scores"].items()
        )
        scores = ", ".join(map(" ".join, told))
        cells = (
            one["file"],
            f"{one['minutes']:g}",
            f"{one['seconds'] / 60:.2f}",
            one["processor"],
            f"{one['metric']}: {scores}",
            one["first"],
        )
        lines.append("| " + " | ".join(cells) + " |")
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    given = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    given.add_argument("--only", default="", help="files whose path has this in it")
    given.add_argument("--minutes", type=float, default=None)
    given.add_argument("--again", action="store_true")
    asked = given.parse_args()
    kept = [json.loads(line) for line in KEPT.read_text().splitlines()] if KEPT.exists() else []
    wanted = [(name, 8.0) for name in FILES] + [
        (name, minutes) for minutes in (2.0, 4.0) for name in SHORT
    ]
    if asked.minutes is not None:
        wanted = [(name, asked.minutes) for name in FILES]
    for name, minutes in wanted:
        known = [one for one in kept if (one["file"], one["minutes"]) == (name, minutes)]
        if asked.only not in name or (known and not asked.again):
            continue
        made = first_run(name, minutes)
        print(json.dumps(made), flush=True)
        kept = [one for one in kept if one not in known] + [made]
        KEPT.write_text("".join(json.dumps(one) + "\n" for one in kept))
        PAGE.write_text(page(kept))


if __name__ == "__main__":
    main()
