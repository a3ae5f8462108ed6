"""Bias of a word count on tweets, by HateCheck's identity groups and by swapped words; and what
remedies change.

    python benchmarks/bias.py [--folder FOLDER] [--arm '{kind: knn}'] [--set
    evaluate.bias.rows=100 ...]

davidson_hate's 6,000 tweets (hate, offensive, neither), split by the product, and hatecheck as a
checklist. A word count knows the words that its training tweets call hateful, and no others:
HateCheck's groups show which. Prints Markdown and writes benchmarks/out/bias.json. Takes a minute
and a half.
"""

import argparse
import csv
import tempfile
from pathlib import Path
from typing import Any

import assay
from assay.core import store
from workloads import DATA

NAMES = {"0": "hate", "1": "offensive", "2": "neither"}
PROJECT = """
task: {kind: classify}
data: {files: {data: rows.jsonl}, columns: {text: text, label: label}}
prepare: [{kind: repair}, {kind: dedupe}]
compare: [{kind: majority}, {kind: tfidf}%s]
evaluate:
  bias:
    swap: [gender, names, identity]
    rows: 400
    remedies: [counterfactual, balance]
    checklists:
      - file: hatecheck.csv
        text: test_case
        label: label_gold
        group: target_ident
        rows: 4000
        labels: {hateful: hate, non-hateful: neither}
"""


def build(folder: Path, arms: str) -> Path:
    """The project, from the shared data sets."""
    with (DATA / "davidson_hate" / "labeled_data_first6000.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = [
            {"text": row["tweet"], "label": NAMES[row["class"]]} for row in csv.DictReader(file)
        ]
    store.write_lines(folder / "rows.jsonl", rows)
    listed = (DATA / "hatecheck" / "test_suite_cases.csv").read_text(encoding="utf-8")
    store.write_text(folder / "hatecheck.csv", listed)
    store.write_text(folder / "project.yaml", PROJECT % arms)
    return folder


def tables(found: dict[str, Any]) -> str:
    """Pairs, groups and remedies as Markdown."""
    lines = ["| arm | what differs | pairs | change | above the control |", "|---|---|---|---|---|"]
    for name, arm in found["arms"].items():
        for one in arm["pairs"]:
            above = bounds(one["above"]) if "above" in one else "–"
            lines.append(
                f"| {name} | {one['group']} {one['source']} | {one['n']} |"
                f" {bounds(one['changed'])} | {above} |"
            )
    lines += ["", "| arm | rows | gap | by chance | worst | best |", "|---|---|---|---|---|---|"]
    for name, arm in found["arms"].items():
        for listed in arm["checklists"]:
            for label, gap in {"all": listed["slices"], **listed["by_label"]}.items():
                ends = " | ".join(
                    f"{gap[end]} {gap['groups'][gap[end]]['value']:.3f}"
                    for end in ("worst", "best")
                )
                lines.append(
                    f"| {name} | {label} | {bounds(gap, 'gap')} | {gap['chance']:.3f} | {ends} |"
                )
    lines += [
        "",
        "| remedy | arm | rows made | pairs that change | price in accuracy |",
        "|---|---|---|---|---|",
    ]
    for one in found["remedies"]:
        gap = (
            f"{one['gap']['before']:.4f} to {one['gap']['after']:.4f},"
            f" {bounds(one['gap'], 'difference')}"
        )
        lines.append(
            f"| {one['remedy']} | {one['arm']} | {one['made']} | {gap} |"
            f" {bounds(one['price'], 'difference')} |"
        )
    return "\n".join(lines)


def bounds(one: dict[str, Any], name: str = "value") -> str:
    return f"{one[name]:.4f} ({one['low']:.4f} to {one['high']:.4f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, help="of the project; a temporary one when left out")
    parser.add_argument("--arm", action="append", default=[], help="a further arm, as YAML")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        help="changes a value of the project, as assay run does",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = options.folder or Path(spare)
        report = assay.run(
            build(folder, "".join(f", {arm}" for arm in options.arm)), sets=options.set
        )
    found = report.data["bias"]
    print(tables(found))
    store.write_json(Path(__file__).parent / "out" / "bias.json", found)


if __name__ == "__main__":
    main()
