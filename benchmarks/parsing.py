"""200 answers that SmolLM2-135M really writes, for the test of how answers are read
(tests/tasks/test_generations.py).

    python benchmarks/parsing.py ../shared/data [--out tests/tasks/generations.jsonl]

Greedy, from the project's own prompts: labels of banking77 without and with two solved examples (69
rows), numbers of gsm8k at once (31) and after reasoning (30), answers from passages of xquad (40),
diseases of ncbi (30). The file in the repository also says what each text answers, `right`, which
is decided by reading:

label     the label that the text gives as its answer, as it is written; null where it gives none,
          though it may speak of the same thing, or makes up a label
number    the number that it gives as its answer: after `Answer:` or `####`, or as the end of its
          reckoning; null where it stops before one, though it may repeat numbers of the problem
solution  as number
answer    the first line that says something, as it stands; so for the line of pieces

This script writes `right` as null; it is filled in by hand.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from assay.core.store import write_lines
from assay.core.types import Document, Example, Message, Task
from assay.models.loading.find import find
from assay.models.open import load_model
from assay.tasks.prompt_format import Wording, build_messages

MODEL = "smollm2-135m"
LABELS = (
    "card_arrival",
    "card_linking",
    "exchange_rate",
    "card_payment_wrong_exchange_rate",
    "extra_charge_on_statement",
)
LABELS += ("extra_charge_on_statement", "pending_cash_withdrawal", "fiat_currency_support")
# set, task, question, shown, steps, tokens
Asked = tuple[str, Task, Example, tuple[Example, ...], bool, int]


def row(name: str, text: str, target: str | None = None, passage: str = "") -> Example:
    context = (Document(f"{name}-p", passage),) if passage else ()
    return Example(name, (Message("user", text),), target, context=context)


def labels(data: Path) -> Iterator[Asked]:
    with (data / "banking77" / "test.csv").open(newline="", encoding="utf-8") as file:
        rows = [(r["text"], r["category"]) for r in csv.DictReader(file) if r["category"] in LABELS]
    task = Task(kind="classify", labels=LABELS)
    shown = tuple(row(f"shown-{i}", *rows[i]) for i in (-1, 0))
    for i, (text, label) in enumerate(rows[2:-2:4][:70]):
        yield "label", task, row(f"label-{i}", text, label), shown if i % 2 else (), False, 24


def problems(data: Path) -> list[dict[str, str]]:
    lines = (data / "gsm8k" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def numbers(data: Path) -> Iterator[Asked]:
    """The number at once."""
    task = Task(kind="answer", instruction="Solve the problem. Answer with a number.")
    for i, one in enumerate(problems(data)[31:62]):
        yield "number", task, row(f"number-{i}", one["question"], one["answer"]), (), False, 24


def solutions(data: Path) -> Iterator[Asked]:
    """Reasoning first, after one worked example."""
    rows = problems(data)
    task, shown = Task(kind="answer", instruction="Solve the problem."), rows[0]
    for i, one in enumerate(rows[1:31]):
        example = (row("shown", shown["question"], shown["answer"]),)
        yield (
            "solution",
            task,
            row(f"solution-{i}", one["question"], one["answer"]),
            example,
            True,
            90,
        )


def answers(data: Path) -> Iterator[Asked]:
    sets = json.loads((data / "xquad" / "xquad.en.json").read_text(encoding="utf-8"))["data"]
    passages = [p for one in sets for p in one["paragraphs"]][::5][:40]
    for i, one in enumerate(passages):
        asked = one["qas"][0]
        example = row(f"answer-{i}", asked["question"], asked["answers"][0]["text"], one["context"])
        yield "answer", Task(kind="answer"), example, (), False, 32


def pieces(data: Path) -> Iterator[Asked]:
    lines = (data / "ncbi_disease_ner" / "test.tsv").read_text(encoding="utf-8").split("\n\n")
    texts = [
        " ".join(line.split("\t")[0] for line in block.splitlines())
        for block in lines
        if block.strip()
    ]
    task = Task(kind="extract", labels=("Disease",))
    shown = (
        row("shown-1", "Mutations of this gene cause deafness .", "Disease: deafness"),
        row("shown-2", "The gene lies on chromosome 9 .", "none"),
    )
    for i, text in enumerate([text for text in texts if 40 < len(text) < 200][:30]):
        yield "pieces", task, row(f"pieces-{i}", text), shown, False, 40


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument(
        "--only", nargs="*", default=["label", "number", "solution", "answer", "pieces"]
    )
    parser.add_argument("--out", type=Path, default=Path("tests/tasks/generations.jsonl"))
    options = parser.parse_args()
    model = load_model(find(MODEL), "fp32")
    kept = options.out.read_text(encoding="utf-8").splitlines() if options.out.exists() else []
    out = [one for one in map(json.loads, kept) if one["set"] not in options.only]
    for make in (labels, answers, pieces, numbers, solutions):
        asked = list(make(options.data))
        if asked[0][0] not in options.only:
            continue
        kind, _, _, _, _, room = asked[0]
        prompts = [
            build_messages(
                one[1], one[2], one[3], labels=kind == "label", wording=Wording(), steps=one[4]
            )
            for one in asked
        ]
        written = model.generate(prompts, max_tokens=room)
        out += [
            {"set": kind, "id": one[2].id, "target": one[2].target, "raw": text.text, "right": None}
            for one, text in zip(asked, written, strict=True)
        ]
        print(kind, len(written), flush=True)
        write_lines(options.out, out)


if __name__ == "__main__":
    main()
