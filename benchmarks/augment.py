"""What made rows do to an arm that takes seconds: `tfidf` on examples/intents, with and without
each augmentation.

Claim   the table of docs/augment.md. Each difference is paired: both arms answer the same test rows
Tests   the test rows as they are; all of them with slips of the hand; all of them with a trick
        around the question. The last two are made by the same augmentations with another seed, so
        an arm trained with one has seen its like
Run     python benchmarks/augment.py [--out augment.json]: six fits of `tfidf`, no model
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.config import load
from assay.core.store import write_json
from assay.core.types import Augmentation, Example, Lesson, Means, Record
from assay.data.augment.adversarial import Adversarial
from assay.data.augment.noise import Noise
from assay.evaluation.scoring import judge
from assay.runtime.data_stage.prepare import Prepared, prepare
from assay.stats.intervals import metric_value, paired_interval
from assay.strategies.baselines.tfidf import Tfidf

EXAMPLE = Path(__file__).parents[1] / "examples" / "intents"
TRIED = ("", "noise", "paraphrase", "adversarial", "counterfactual", "balance")
Scored = dict[tuple[str, str], tuple[Any, Any]]  # (test, metric) -> its rows, its total
SEED = 99  # of what is done to the test rows; the project's own is another


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("augment.json"))
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        made = {kind: prepared_with(kind, Path(folder)) for kind in TRIED}
        tests = tests_of(made[""].examples("test"))
        fitted = {kind: scored(prepared, tests) for kind, prepared in made.items()}
        sizes = {kind: len(prepared.examples("train")) for kind, prepared in made.items()}
    rows = [measured(kind, sizes[kind], fitted[kind], fitted[""]) for kind in TRIED]
    write_json(out, rows)
    print("\n".join(table(rows)))


def prepared_with(kind: str, folder: Path) -> Prepared:
    """The example's data with one augmentation at its defaults, or with none."""
    text = (EXAMPLE / "project.yaml").read_text() + (
        f"\naugment: [{{kind: {kind}}}]\n" if kind else ""
    )
    place = folder / (kind or "none")
    place.mkdir()
    for file in EXAMPLE.glob("*.jsonl"):
        (place / file.name).symlink_to(file)
    (place / "project.yaml").write_text(text)
    return prepare(load(place / "project.yaml"), lambda event: None)


def tests_of(test: Sequence[Example]) -> dict[str, list[Example]]:
    return {
        "as they are": [*test],
        "with slips": changed(test, Noise(share=1)),
        "with a trick": changed(test, Adversarial(share=1)),
    }


def changed(test: Sequence[Example], augmentation: Augmentation) -> list[Example]:
    """Each test row as the augmentation makes it; as it was where there is nothing to change."""
    changes = augmentation.make(test, Means(seed=SEED))
    made = {one.parents[0]: one.example for one in changes}  # type: ignore[union-attr]
    return [made.get(example.id, example) for example in test]


def scored(prepared: Prepared, tests: dict[str, list[Example]]) -> Scored:
    """`tfidf` fitted on this train split: its rows of each metric on each test, and the metric's
    total."""
    arm = Tfidf().fit(Lesson(prepared.task, prepared.examples("train")))
    found: Scored = {}
    for name, test in tests.items():
        answers = arm.answer([example.question for example in test])
        records = [
            Record(e.question, e.target or "", e.also, a)
            for e, a in zip(test, answers, strict=True)
        ]
        scores = judge(records, prepared.task)
        found |= {
            (name, metric.name): (scores.rows[metric.name], metric.total)
            for metric in scores.metrics
        }
    return found


def measured(kind: str, size: int, own: Scored, none: Scored) -> dict[str, Any]:
    row: dict[str, Any] = {"augment": kind or "none", "train": size, "tests": {}}
    for (name, metric), (rows, total) in own.items():
        found = paired_interval(rows, none[name, metric][0], total)
        value = metric_value(rows, total)
        row["tests"].setdefault(name, {})[metric] = [value, found.value, found.low, found.high]
    return row


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    names = list(rows[0]["tests"])
    lines = [
        "| augment | training rows | "
        + " | ".join(f"accuracy, {name}" for name in names)
        + " | macro F1 |"
    ]
    lines.append("|---" * (len(names) + 3) + "|")
    for row in rows:
        cells = [cell(row["tests"][name]["accuracy"], row["augment"] == "none") for name in names]
        cells.append(cell(row["tests"][names[0]]["macro_f1"], row["augment"] == "none"))
        lines.append(f"| {row['augment']} | {row['train']:,} | " + " | ".join(cells) + " |")
    return lines


def cell(found: Sequence[float], alone: bool) -> str:
    """Value in percent; the difference from no augmentation and its 95 % interval in points."""
    value, difference, low, high = (100 * number for number in found)
    return (
        f"{value:.1f}" if alone else f"{value:.1f} ({difference:+.1f}; {low:+.1f} to {high:+.1f})"
    )


if __name__ == "__main__":
    main()
