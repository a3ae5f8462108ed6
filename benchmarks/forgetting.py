"""What full fine-tuning and LoRA forget: rows of banking77, 2 epochs, general probes before and
after.

Claims   full fine-tuning at a high rate forgets, LoRA forgets less, with intervals; at most 150,000
         tokens a model; probes on which the base guesses are marked
Rows     6 intents of banking77, 90 rows to train and val, 40 test rows, drawn with the seed;
         `--rows 330` for more
Probes   assay's own, and samples of LAMBADA and MMLU (../shared/data, or ASSAY_DATA); `--sets` and
         `--tokens` for more
Rerun    everything is a cached stage: an interrupted run goes on, a finished one only prints
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import assay
from assay.core import store
from assay.presentation.number_format import format_signed, points, score, tenths
from workloads import DATA, banking77

SETS = ("lambada_test", "mmlu_sample")  # also known: wikitext2, piqa_valid, bbh_eight
LABELS, TEST = 6, 40
RATES = ("1e-3",)  # of full fine-tuning


def project(
    folder: Path, rows: int, tokens: int, sets: Sequence[str], rates: Sequence[str], seed: int = 0
) -> Path:
    """A project of the drawn rows in `folder`."""
    draw = random.Random(seed)
    task, train = banking77("train")
    _, test = banking77("test")
    labels = set(draw.sample(sorted(task.labels), LABELS))
    for name, every, n in (("train", train, rows), ("test", test, TEST)):
        some = draw.sample([row for row in every if row.target in labels], n)
        store.write_lines(
            folder / f"{name}.jsonl", ({"text": row.text, "label": row.target} for row in some)
        )
    places = ", ".join(str(DATA / name) for name in sets)
    full = [
        f"{{kind: full, epochs: 2, learning_rate: {float(rate)}, name: full-{rate}}}"
        for rate in rates
    ]
    arms = "".join(f"  - {arm}\n" for arm in ("{kind: lora, epochs: 2}", *full))
    store.write_text(
        folder / "project.yaml",
        f"name: forgetting\nseed: {seed}\ndata: {{files: {{train: train.jsonl, "
        "test: test.jsonl}, columns: {text: text, label: label}}\nsplit: {leaks: repair}\n"
        f"evaluate: {{forgetting: {{sets: [{places}], tokens: {tokens}}}}}\ncompare:\n{arms}",
    )
    return folder


def table(found: dict[str, Any], strategies: list[dict[str, Any]]) -> str:
    """Markdown: a row a probe and arm, then a row an arm."""
    lines = ["| arm | probe | n | before | after | change | |", "|---|---|---|---|---|---|---|"]
    for name, one in found["arms"].items():
        for probe, v in one["probes"].items():
            shape = points if v["unit"] == "share" else format_signed
            change = f"{shape(v['difference'])} ({shape(v['low'])} to {shape(v['high'])})"
            note = "at chance" if v["chance"] else "" if v["unit"] == "share" else v["unit"]
            cells = (name, probe, str(v["n"]), score(v["before"]), score(v["after"]), change, note)
            lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "| arm | accuracy | points on general probes | tokens | seconds |",
        "|---|---|---|---|---|",
    ]
    right = {
        s["name"]: s["metrics"]["accuracy"]["value"] for s in strategies if s["status"] == "done"
    }
    for name, one in found["base"].items():
        lines.append(f"| {name}, the base | | | {one['tokens']:,} | {one['seconds']:.0f} |")
    for name, one in found["arms"].items():
        whole = one["combined"]
        change = (
            f"{tenths(whole['difference'])} ({tenths(whole['low'])} to {tenths(whole['high'])})"
        )
        lines.append(
            f"| {name} | {right[name]:.3f} | {change} | {one['tokens']:,} | {one['seconds']:.0f} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=90)
    parser.add_argument("--tokens", type=int, default=20_000)
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--rates", nargs="*", default=RATES)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out" / "forgetting")
    given = parser.parse_args()
    folder = project(given.out, given.rows, given.tokens, given.sets, given.rates)
    report = assay.run(
        folder, offline=True, tell=lambda event: print(json.dumps(event)[:160], file=sys.stderr)
    )
    found = report.data["forgetting"]
    store.write_json(given.out / "result.json", found)
    print(table(found, report.data["strategies"]))
    for note in sorted((folder / "work" / "probes").glob("*/done.json")):
        said = store.read_json(note)["note"]
        print(
            f"{note.parent.name}: {said['seconds']:.0f} s, {said['processor_seconds']:.0f}"
            " processor seconds"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
