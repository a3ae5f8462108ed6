"""The few-shot prompts that score.py asks: what is shared by all rows, by some, or by none but the
examples.

6, 77   banking77: 16 short fixed examples, a short query, 6 or 77 labels
piqa    16 fixed examples, a goal and two ways to reach it, the labels 1 and 2
mmlu    5 examples of the row's own subject, a question with four answers, the labels A to D; a few
        rows a subject
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

from assay.core.types import Example, Message, Messages, Task
from assay.tasks.prompt_format import ask, example_turns
from workloads import DATA, banking77

SHOTS, SHORT = 16, 40  # short examples of banking77: at most so many characters
SUBJECTS = 12  # of mmlu


@dataclass(frozen=True)
class Asked:
    prompts: list[Messages]
    labels: list[str]
    gold: list[str]


def asked_of(name: str, rows: int, seed: int = 0) -> Asked:
    """`rows` prompts of "6", "77", "piqa" or "mmlu", drawn with the seed."""
    if name == "piqa":
        return piqa(rows, seed)
    return mmlu(rows, seed) if name == "mmlu" else intents(int(name), rows, seed)


def intents(count: int, rows: int, seed: int = 0) -> Asked:
    draw = random.Random(seed)
    task, train = banking77("train")
    _, test = banking77("test")
    labels = sorted(draw.sample(task.labels, count))
    own = Task(kind="classify", labels=tuple(labels))
    shots = draw.sample(
        [row for row in train if row.target in labels and len(row.text) <= SHORT], SHOTS
    )
    asked = draw.sample([row for row in test if row.target in labels], rows)
    return Asked(
        [few_shot(own, shots, row) for row in asked], labels, [row.target or "" for row in asked]
    )


def piqa(rows: int, seed: int = 0) -> Asked:
    lines = (DATA / "piqa_valid" / "valid.jsonl").read_text().splitlines()
    right = (DATA / "piqa_valid" / "valid-labels.lst").read_text().split()
    task = Task(
        kind="classify", labels=("1", "2"), instruction="Which way reaches the goal? Answer 1 or 2."
    )
    examples = []
    for number, (line, label) in enumerate(zip(lines, right, strict=True)):
        row = json.loads(line)
        text = f"{row['goal']}\n1. {row['sol1']}\n2. {row['sol2']}"
        examples.append(Example(f"piqa-{number}", (Message("user", text),), str(int(label) + 1)))
    drawn = random.Random(seed).sample(examples, SHOTS + rows)
    shots, asked = drawn[:SHOTS], drawn[SHOTS:]
    return Asked(
        [few_shot(task, shots, row) for row in asked],
        ["1", "2"],
        [row.target or "" for row in asked],
    )


def mmlu(rows: int, seed: int = 0) -> Asked:
    """The same number of rows of each of SUBJECTS subjects, mixed."""
    task = Task(
        kind="classify",
        labels=tuple("ABCD"),
        instruction="Which answer is right? Answer with its letter.",
    )
    dev, test = (subjects_of(name) for name in ("mmlu_dev285.csv", "mmlu_test_sample1140.csv"))
    draw = random.Random(seed)
    asked = []
    for subject in draw.sample(sorted(test), SUBJECTS):
        for row in draw.sample(test[subject], min(len(test[subject]), -(-rows // SUBJECTS))):
            asked.append((subject, row))
    draw.shuffle(asked)
    asked = asked[:rows]
    return Asked(
        [few_shot(task, dev[subject], row) for subject, row in asked],
        list("ABCD"),
        [r.target or "" for _, r in asked],
    )


def subjects_of(file: str) -> dict[str, list[Example]]:
    """Subject -> its rows, in the order of the file."""
    found: dict[str, list[Example]] = {}
    with (DATA / "mmlu_sample" / file).open(newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            choices = "\n".join(f"{letter}. {row[f'choice{i}']}" for i, letter in enumerate("ABCD"))
            text = f"{row['question']}\n{choices}"
            example = Example(
                f"{file}-{number}", (Message("user", text),), "ABCD"[int(row["answer"])]
            )
            found.setdefault(row["subject"], []).append(example)
    return found


def few_shot(task: Task, shots: Sequence[Example], question: Example) -> Messages:
    system, *last = ask(task, question)
    return (system, *(message for shot in shots for message in example_turns(task, shot)), *last)
