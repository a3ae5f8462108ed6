"""What small changes of the questions cost each arm: tweets labelled hate, offensive or neither.

    python benchmarks/robustness.py [--rows 1000] [--rate 0.1] [--shots] [--data FOLDER]

The arms are a linear model on word weights and the most frequent label on `--rows` rows, the
nearest training rows by sentence vectors on 300, and with `--shots` the base as it is on 100. 6,000
tweets (davidson_hate), a fifth of them for the test, no official split. Everything goes through
`assay.run`, so that the report in benchmarks/out/robustness/ is the product's own. What must hold:
words broken by slips and spaces cost the linear model, whose features are words, and capitals
change none of its answers, since it lower-cases. Prints Markdown and writes
benchmarks/out/robustness.json; a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from pathlib import Path
from typing import Any

import assay
from assay.core.store import write_json, write_lines, write_text
from contest import processor

HERE = Path(__file__).parent
ROOT = HERE.parent
LABELS = ("hate", "offensive", "neither")
WORDS = "{kind: majority}, {kind: tfidf}, {kind: knn}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--shots", action="store_true")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("ASSAY_DATA") or ROOT.parent / "shared/data"),
    )
    asked = parser.parse_args()
    # The base has a project of its own: where it is at hand, long texts are measured by what it
    # reads.
    words = project(asked.data.resolve(), "robustness", WORDS)
    groups = [(words, "majority, tfidf", asked.rows), (words, "knn", min(asked.rows, 300))]
    if asked.shots:
        groups.append(
            (
                project(asked.data.resolve(), "robustness-shots", "{kind: shots, k: 0}"),
                "zero-shot",
                100,
            )
        )
    found = []
    for folder, arms, rows in groups:
        sets = [f"rate={asked.rate}", f"rows={rows}", f"arms=[{arms}]"]
        found.append(measured(folder, [f"evaluate.robustness.{one}" for one in sets]))
    for one in found:
        print(table(one), "\n")
    for line in judged(found[0]):
        print(f"- {line}")
    write_json(
        HERE / "out" / "robustness.json",
        {"processor": processor(), "rate": asked.rate, "found": found},
    )


def project(data: Path, name: str, arms: str) -> Path:
    """The folder of a project of that name, with the tweets as JSON lines."""
    folder = HERE / "out" / name
    with (data / "davidson_hate" / "labeled_data_first6000.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = [
            {"text": row["tweet"], "label": LABELS[int(row["class"])]}
            for row in csv.DictReader(file)
        ]
    write_lines(folder / "tweets.jsonl", rows)
    prompts = data / "inthewild_jailbreaks" / "inthewild_first250.json"
    wild = f", jailbreaks: {json.dumps(str(prompts))}" if prompts.exists() else ""
    write_text(
        folder / "project.yaml",
        "name: tweets\nseed: 1\ntask: {instruction: Say whether the message is hateful "
        "or offensive.}\ndata: {files: {data: tweets.jsonl}, columns: {text: text, label: label}}\n"
        "split: {train: 0.7, val: 0.1, test: 0.2, leaks: repair}\n"
        f"compare: [{arms}]\nevaluate:\n  robustness: {{when: always{wild}}}\n",
    )
    return folder


def measured(folder: Path, sets: list[str]) -> dict[str, Any]:
    return assay.run(folder, sets=sets, tell=told).data["robustness"]


def told(event: dict[str, Any]) -> None:
    if event.get("event") == "stage":
        print(f"  {event['name']} {event['state']} {event.get('metric', '')}", flush=True)


def table(found: dict[str, Any]) -> str:
    """A row a kind of change, a column an arm: points with their interval."""
    arms = found["arms"]
    lines = [
        "| change | n | " + " | ".join(arm["name"] for arm in arms) + " |",
        "|---|---:|" + "---:|" * len(arms),
    ]
    before = " | ".join(f"{arm['before']['value']:.3f}" for arm in arms)
    lines.append(f"| as they come | {found['rows']:,} | {before} |")
    for at, kind in enumerate(arms[0]["kinds"]):
        cells = " | ".join(points(arm["kinds"][at]["change"]) for arm in arms)
        lines.append(f"| {kind['kind']} | {kind['n']:,} | {cells} |")
    attack = [next((k["attack"] for k in arm["kinds"] if k["attack"]), None) for arm in arms]
    cells = " | ".join(
        f"{100 * a['value']:.0f} % ({100 * a['low']:.0f} to {100 * a['high']:.0f})"
        for a in attack
        if a
    )
    return "\n".join([*lines, f"| wrong answer asked for, and given | | {cells} |"])


def points(change: dict[str, Any]) -> str:
    return " ".join(
        [
            f"{100 * change['difference']:+.1f}",
            f"({100 * change['low']:+.1f} to {100 * change['high']:+.1f})",
        ]
    )


def judged(found: dict[str, Any]) -> list[str]:
    """What must hold for the linear model, and whether it does."""
    [arm] = [arm for arm in found["arms"] if arm["name"] == "tfidf"]
    kinds = {kind["kind"]: kind for kind in arm["kinds"]}
    said = [
        f"{name} costs tfidf accuracy:"
        f" {'yes' if kinds[name]['change']['high'] < 0 else 'not shown'}"
        for name in ("typos", "spacing")
    ]
    changed = kinds["casing"]["changed"]["value"]
    return [
        *said,
        "casing changes no answer of tfidf:"
        f" {'yes' if changed == 0 else f'no, {100 * changed:.1f} %'}",
    ]


if __name__ == "__main__":
    main()
