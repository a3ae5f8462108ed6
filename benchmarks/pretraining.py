"""Reading a domain's text before the task: how much better it is known, and what that does for
questions about it.

    python benchmarks/pretraining.py [--tokens 60000] [--threads 2]

Text        Debian's Policy, Developer's Reference and FAQ (155,000 words), a file for a dozen
            paragraphs; general text beside it is a part of WikiText-2's test set
Perplexity  of the tenth that is held out, before and after; time on the wall of the whole reading
Questions   made by a program: a passage of a section, and which of four sentences of the same
            document follows it. Each strategy chooses among A to D: the base as it is and after it
            has read, a LoRA straight from the base and through the text

docs/pretraining-measured.md is written from what the report says.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from assay.core.store import read_lines, to_json, write_lines, write_text
from assay.stats.standard_error import paired_difference
from contest import environment, processor
from workloads import DATA

HERE = Path(__file__).parent
OUT = HERE / "out" / "pretraining"
PAGE = HERE.parent / "docs" / "pretraining-measured.md"
FILES = ("policy.txt", "developers-reference.txt", "debian-faq.en.txt")
ROWS = {"train": 120, "val": 40, "test": 160}
LORA: dict[str, Any] = {"kind": "lora", "epochs": 2}
SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tokens", type=int, default=60_000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    write_project(options.tokens)
    command = [sys.executable, "-m", "assay.cli", "run", str(OUT), "--offline", "--plain"]
    begun = time.monotonic()
    with (OUT / "run.log").open("ab") as log:
        env = environment(options.threads, ours=True)
        subprocess.run(command, env=env, stdout=log, stderr=log, check=True)
    print(f"{time.monotonic() - begun:.0f} s")
    report = json.loads((OUT / "report" / "report.json").read_text(encoding="utf-8"))
    write_text(PAGE, page(report, options.tokens, options.threads))
    print(f"{PAGE} written")


# --- data -----------------------------------------------------------------------------------------


def paragraphs(text: str) -> list[str]:
    """Of running text; headings, lists of contents and code have too few words or odd ones."""
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
    return [part for part in parts if len(part.split()) >= 25 and part[0].isupper()]


def sections(file: str) -> Iterator[tuple[str, list[str]]]:
    """Pieces of a document, of some paragraphs each."""
    whole = paragraphs((DATA / "debian_docs" / file).read_text(encoding="utf-8", errors="replace"))
    for start in range(0, len(whole), 12):
        yield f"{Path(file).stem}-{start // 12:03}", whole[start : start + 12]


def questions(seed: int = 0) -> list[dict[str, Any]]:
    """A passage and four sentences, one of which follows it."""
    draw = random.Random(seed)
    rows = []
    for file in FILES:
        pieces = [sentence for _, some in sections(file) for sentence in some]
        split = [SENTENCE.split(piece) for piece in pieces]
        pool = [one for some in split for one in some if 8 <= len(one.split()) <= 40]
        for number, some in enumerate(split):
            places = [at for at in range(1, len(some)) if 8 <= len(some[at].split()) <= 40]
            if not places:
                continue
            at = draw.choice(places)
            others = draw.sample([one for one in pool if one not in some], 3)
            choices = [some[at], *others]
            draw.shuffle(choices)
            passage = " ".join(some[max(0, at - 2) : at])
            rows.append(
                {
                    "id": f"{file}-{number}",
                    "question": f"Which sentence follows? {passage}",
                    "choices": choices,
                    "answer": "ABCD"[choices.index(some[at])],
                }
            )
    draw.shuffle(rows)
    return rows


def write_project(tokens: int) -> None:
    for file in FILES:
        for name, some in sections(file):
            write_text(OUT / "documents" / f"{name}.txt", "\n\n".join(some))
    general = (DATA / "wikitext2").glob("*test*")
    text = next(iter(sorted(general))).read_text(encoding="utf-8", errors="replace")
    write_text(OUT / "general" / "wikitext.txt", text[:400_000])
    rows, start = questions(), 0
    for split, count in ROWS.items():
        write_lines(OUT / f"{split}.jsonl", rows[start : start + count])
        start += count
    columns = {"question": "question", "choices": "choices", "answer": "answer", "id": "id"}
    project = {
        "version": 2,
        "model": "smollm2-135m",
        "task": {"kind": "choose", "metric": "accuracy"},
        "data": {"files": {split: f"{split}.jsonl" for split in ROWS}, "columns": columns},
        "split": {"leaks": "repair"},
        "documents": ["documents/", "general/"],
        "compare": [
            {"kind": "shots", "k": 0, "name": "base"},
            {
                "kind": "continued_pretraining",
                "name": "read",
                "tokens": tokens,
                "replay": "general",
                "max_length": 512,
                "batch_size": 4,
            },
            {**LORA, "name": "straight"},
            {**LORA, "name": "through", "after": "read"},
        ],
    }
    write_text(OUT / "project.yaml", to_json(project, indent=1))  # JSON is YAML


# --- page -----------------------------------------------------------------------------------------


def said() -> str:
    """What the reading strategy says of itself."""
    notes = [
        json.loads(place.read_text(encoding="utf-8"))["notes"]
        for place in (OUT / "work" / "fit").glob("*/arm/note.json")
    ]
    return " ".join(one for some in notes for one in some if "Perplexity" in one)


def right(name: str) -> np.ndarray:
    """Which test rows a strategy answers right, (n, 1), in the order of their ids."""
    rows = sorted(
        read_lines(OUT / "report" / "predictions" / f"{name}.jsonl"), key=lambda r: r["id"]
    )
    return np.array([[float(row["answer"] == row["target"])] for row in rows])


def mean(sums: Any, n: Any) -> Any:
    return sums[..., 0] / n


def page(report: dict[str, Any], tokens: int, threads: int) -> str:
    """docs/pretraining-measured.md."""
    arms = {one["name"]: one for one in report["strategies"]}
    read = arms["read"]
    lines = [
        "# Reading before learning, measured",
        "",
        "Made by `benchmarks/pretraining.py`: SmolLM2-135M, a LoRA that reads"
        f" {tokens:,} tokens of Debian's Policy, Developer's Reference and FAQ, with 5 % of"
        " WikiText-2 among them; then questions that a program made of these documents: which of"
        f" four sentences follows a passage, {ROWS['train']} to learn from, {ROWS['test']} test"
        f" rows. {threads} threads, {processor()}.",
        "",
        f"{said()} The reading took {read['cost']['fit_seconds'] / 60:.1f} minutes.",
        "",
        "| strategy | accuracy | 95 % |",
        "|---|---|---|",
    ]
    for name, one in arms.items():
        found = one["metrics"]["accuracy"]
        ends = f"{found['low']:.3f} to {found['high']:.3f}"
        lines.append(f"| `{name}` | {found['value']:.3f} | {ends} |")
    lines.append("")
    for first, second in (("read", "base"), ("through", "straight")):
        gap = paired_difference(right(first), right(second), mean)
        low, high = 100 * gap.low, 100 * gap.high
        lines.append(
            f"- `{first}` less `{second}`: {100 * gap.value:+.1f} points ({low:+.1f} to"
            f" {high:+.1f})."
        )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
