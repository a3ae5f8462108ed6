"""The data of the benchmarks: real rows, encoded once, so that every contender gets the same
tokens.

shared    banking77: a system turn with all 77 intents (570 tokens), a short query, its label
unshared  self_instruct, covid_faq: written answers, 50 to 390 tokens a row, nothing in common but
          the template
chats     sgd_dev: one row for each turn of the assistant; the prompt is the conversation so far

The sets lie beside the project (../shared/data); ASSAY_DATA names another place.
"""

from __future__ import annotations

import csv
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assay.core.types import Example, Message, Task
from assay.models.tokenizer.chat_tokens import Chat, Encoded
from assay.tasks.prompt_format import ask

DATA = Path(os.environ.get("ASSAY_DATA") or Path(__file__).parents[2] / "shared" / "data")
SHORTEST, LONGEST = 50, 390  # tokens of an unshared row, prompt and answer


@dataclass(frozen=True)
class Row:
    """One training sequence. Rows of one `group` are turns of one conversation."""

    ids: list[int]
    learnt: list[tuple[int, int]]  # spans of `ids` that carry loss
    source: str
    group: int

    @property
    def encoded(self) -> Encoded:
        return Encoded(list(self.ids), tuple((start, end) for start, end in self.learnt))

    def to_json(self) -> dict[str, object]:
        return {"ids": self.ids, "learnt": self.learnt, "source": self.source, "group": self.group}


def rows_of(name: str, chat: Chat, count: int, *, seed: int = 0) -> list[Row]:
    """`count` rows of a workload, drawn with the seed.

    Raises:
        ValueError: the set has fewer rows.
    """
    rows = WORKLOADS[name](chat, random.Random(seed))
    chosen = [row for row, _ in zip(rows, range(count), strict=False)]
    if len(chosen) < count:
        raise ValueError(f"{name} has {len(chosen)} rows, {count} were asked for")
    return chosen


def shared(chat: Chat, draw: random.Random) -> Iterator[Row]:
    task, examples = banking77("train")
    told = task.model_copy(
        update={"instruction": "Answer with one of these intents: " + ", ".join(task.labels) + "."}
    )
    for example in draw.sample(examples, len(examples)):
        yield row_of(chat, told, example)


def unshared(chat: Chat, draw: random.Random) -> Iterator[Row]:
    task = Task(kind="answer", instruction="You are a helpful assistant.")
    pairs = [*self_instruct(), *covid_faq()]
    for index, (source, question, answer) in enumerate(draw.sample(pairs, len(pairs))):
        row = row_of(
            chat, task, Example(source, (Message("user", question),), answer, source=source)
        )
        if SHORTEST <= len(row.ids) <= LONGEST:
            yield replace(row, group=index)


def chats(chat: Chat, draw: random.Random) -> Iterator[Row]:
    """Whole conversations one after the other; their turns in order."""
    task = Task(kind="answer", instruction="Help the user find and book what they ask for.")
    dialogues = json.loads((DATA / "sgd_dev" / "dialogues_007.json").read_text())
    for index, dialogue in enumerate(draw.sample(dialogues, len(dialogues))):
        turns = [
            Message("user" if turn["speaker"] == "USER" else "assistant", turn["utterance"])
            for turn in dialogue["turns"]
        ]
        for place, turn in enumerate(turns):
            if turn.role == "assistant" and place:
                name = f"{dialogue['dialogue_id']}:{place}"
                example = Example(name, tuple(turns[:place]), turn.content, source=name)
                yield replace(row_of(chat, task, example), group=index)


WORKLOADS: dict[str, Callable[[Chat, random.Random], Iterator[Row]]] = {
    "shared": shared,
    "unshared": unshared,
    "chats": chats,
}


def row_of(chat: Chat, task: Task, example: Example) -> Row:
    encoded = chat.pair(ask(task, example), example.target or "")
    return Row(encoded.ids, [*encoded.learnt], example.source, 0)


def whole_chats(rows: Sequence[Row]) -> list[Row]:
    """One sequence for each conversation in which every assistant turn is learnt: what the rows of
    its turns amount to, each of them being a beginning of the last. For a trainer that cannot merge
    rows by itself."""
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.group, []).append(row)
    out = []
    for turns in found.values():
        longest = max(turns, key=lambda row: len(row.ids))
        if all(row.ids == longest.ids[: len(row.ids)] for row in turns):
            out.append(replace(longest, learnt=[span for row in turns for span in row.learnt]))
        else:  # the template writes earlier turns in another way
            out += turns
    return out


# --- the sets -------------------------------------------------------------------------------------


def banking77(split: str) -> tuple[Task, list[Example]]:
    """The task with its 77 labels, and all rows of "train" or "test"."""
    folder = DATA / "banking77"
    labels = tuple(sorted(json.loads((folder / "categories.json").read_text())))
    with (folder / f"{split}.csv").open(newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    task = Task(kind="classify", labels=labels)
    return task, [
        Example(f"{split}-{i}", (Message("user", text),), label, source=f"{split}.csv:{i + 2}")
        for i, (text, label) in enumerate(rows)
    ]


def self_instruct() -> Iterator[tuple[str, str, str]]:
    """(source, question, answer) of the seed tasks and the user-oriented instructions."""
    for name in ("seed_tasks", "user_oriented_instructions"):
        for line in (DATA / "self_instruct" / f"{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            for instance in row["instances"][:1]:
                question = "\n\n".join(
                    part for part in (row["instruction"], instance["input"]) if part
                )
                yield row["id"], question, instance["output"]


def covid_faq() -> Iterator[tuple[str, str, str]]:
    with (DATA / "covid_faq" / "faq_covidbert.csv").open(newline="") as file:
        for index, row in enumerate(csv.DictReader(file)):
            if row["lang"] == "en" and row["answer"]:
                yield f"faq_covidbert.csv:{index}", row["question"], row["answer"]
