"""Is what leaves the house what was measured? Each way of training, in each format, asked again in
its own runtime.

    python benchmarks/exports.py [--arms lora,dora,full,qlora] [--formats peft,merged,...] [--train
        500] [--epochs 1] [--rows N]

Rows      examples/intents: the first `--train` tickets that curation keeps, all of its 276 test
          rows or `--rows`
Arms      `--epochs` of each; `full` at the rate that methods.py found best. What is compared is the
          arm with its export: a half-trained arm is harder, since more of its answers are near
          ties, and one that has learnt nothing says what nobody asks for
Asked     by the equivalence check of `assay export`, with the format's own limit
Original  qlora merged into the base as it was before it was quantised: its figure is told, it has
          no limit
Rerun     a fit is a cached stage, and an export that is there is not written again. Prints
          Markdown, writes benchmarks/out/exports.json
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import assay
from assay.core.errors import OtherAnswers
from assay.core.store import read_lines, to_json, write_json, write_lines, write_text
from assay.presentation.number_format import points
from contest import processor

EXAMPLE = Path(__file__).parents[1] / "examples" / "intents"
OUT = Path(__file__).parent / "out" / "exports"
ARMS = ("lora", "dora", "full", "qlora")
RATES = {"full": {"learning_rate": 9e-5}}
FORMATS = ("peft", "merged", "gguf-f16", "gguf-q8_0", "gguf-q4_k_m", "onnx")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--train", type=int, default=500)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rows", type=int)
    options = parser.parse_args()
    arms = options.arms.split(",")
    folder = project(arms, options.train, options.epochs)
    assay.run(folder, offline=True)
    print(
        "| arm | format | limit | equal answers | accuracy against the arm's |"
        " |\n|---|---|---:|---:|---:|---|"
    )
    found = []
    for arm in arms:
        for name in [
            *options.formats.split(","),
            *(["merged, original"] if arm == "qlora" else []),
        ]:
            if (told := exported(folder, arm, name, options.rows)) is not None:
                found.append(told)
                print(line(told), flush=True)
    write_json(OUT.with_suffix(".json"), {"machine": processor(), "exports": found})
    return 0


def project(arms: list[str], train: int, epochs: int) -> Path:
    """The example's project with these arms, below `out/`."""
    folder = OUT / f"{train}-rows-{epochs}-epochs"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(EXAMPLE / "test.jsonl", folder / "test.jsonl")
    write_lines(folder / "tickets.jsonl", list(read_lines(EXAMPLE / "tickets.jsonl"))[:train])
    head = (EXAMPLE / "project.yaml").read_text().partition("\ncompare:")[0]
    compare = [{"kind": arm, "name": arm, "epochs": epochs, **RATES.get(arm, {})} for arm in arms]
    write_text(folder / "project.yaml", f"{head}\ncompare: {to_json(compare)}\n")
    return folder


def exported(folder: Path, arm: str, name: str, rows: int | None) -> dict[str, Any] | None:
    """What the check said; None where this way of training has no such format."""
    to, _, into = name.partition(", ")
    if to == "peft" and arm == "full":
        return None
    target = folder / "export" / f"{arm}-{name.replace(', ', '-')}"
    for place in (target, target.with_name(f"{target.name}.refused")):
        if (place / "export.json").exists():
            return noted(place, arm, name)
    limit, more = ({"limit": 0.0}, {"into": "original"}) if into else ({}, {})
    try:
        assay.export(folder, arm, to, target, rows=rows, offline=True, **limit, **more)
    except OtherAnswers:
        target = target.with_name(f"{target.name}.refused")
    return noted(target, arm, name)


def noted(folder: Path, arm: str, name: str) -> dict[str, Any]:
    return {**json.loads((folder / "export.json").read_text()), "arm": arm, "format": name}


def line(told: dict[str, Any]) -> str:
    same = told["equivalence"]
    gap = "{} ({} to {})".format(
        *(points(same["difference"][end]) for end in ("value", "low", "high"))
    )
    limit = f"{told['limit']:.1%}" if told["limit"] else "–"
    share = f"{round(same['equal']['value'] * same['n'])} of {same['n']}"
    return f"| {told['arm']} | {told['format']} | {limit} | {share} | {gap} | {told['state']} |"


if __name__ == "__main__":
    sys.exit(main())
