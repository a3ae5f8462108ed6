"""A toy project that runs in seconds: three labels told apart by their words, a tiny random
model."""

import json
from pathlib import Path

WORDS = {
    "pay": "bill invoice price charge card money fee cost",
    "lend": "book loan shelf novel borrow return title author",
    "meet": "room chair table meeting group hour booking door",
}


def rows(n: int, start: int = 0) -> list[dict]:
    """Texts made of one label's words and a number, so that no two are copies."""
    out = []
    for i in range(start, start + n):
        label = sorted(WORDS)[i % 3]
        words = WORDS[label].split()
        text = (
            f"{words[i % 8]} {words[(i * 3 + 1) % 8]} about {words[(i * 5 + 2) % 8]} number"
            f" {i * 7919}"
        )
        out.append({"text": text, "label": label, "part": "even" if i % 2 else "odd"})
    return out


def write_rows(path: Path, values: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in values))


ARMS = """
compare:
  - {kind: majority}
  - {kind: tfidf}
  - {kind: shots, k: 0}
  - {kind: lora, rank: 4, epochs: 2, dropout: 0.1}
"""


def build(folder: Path, model: Path, arms: str = ARMS) -> Path:
    folder.mkdir()
    write_rows(folder / "train.jsonl", rows(66))
    write_rows(folder / "test.jsonl", rows(30, 1000))
    (folder / "project.yaml").write_text(
        "version: 2\nname: toy\nseed: 3\ntask: {slices: [part]}\n"
        "data: {files: {train: train.jsonl, test: test.jsonl}, columns: {text: text, label: label}}"
        f"\nmodel: {model}\n{arms}"
    )
    return folder


def comparable(report: dict) -> dict:
    """What two runs with one seed must share: all but cost, what was timed on a busy machine, what
    would change it, and environment."""
    report = json.loads(json.dumps(report))
    report.pop("environment")
    report.pop("change")
    report["verdict"].pop("busy")
    for strategy in report["strategies"]:
        strategy.pop("cost")
    return report
