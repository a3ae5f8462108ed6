"""What a worker is asked, for arms that need no model: rows in files, and the request."""

from pathlib import Path

from assay.core import store
from assay.core.types import Example, Message, Task

LABELS = ("a", "b")


def example(name: str, target: str | None = None) -> Example:
    return Example(name, (Message("user", f"text of {name}"),), target)


# a is the most frequent label
TRAIN = [example(f"train-{n}", "ab"[n % 3 == 2]) for n in range(9)]
VAL = [example(f"val-{n}", "ab"[n % 2]) for n in range(4)]


def arm_request(folder: Path, strategy: dict, questions: int = 10, **more) -> dict:
    """The request of a run for one arm in a project below `folder`; its rows are written."""
    data = folder / "data"
    store.write_lines(data / "train.jsonl", (row.to_json() for row in TRAIN))
    store.write_lines(data / "val.jsonl", (row.to_json() for row in VAL))
    store.write_lines(data / "documents.jsonl", ())
    asked = folder / "questions.jsonl"
    store.write_lines(asked, (example(f"q{n}").to_json() for n in range(questions)))
    return {
        "mode": "arm",
        "strategy": strategy,
        "fit_key": "fit",
        "answer_key": "answers",
        "questions": str(asked),
        "task": Task(kind="classify", labels=LABELS).model_dump(mode="json"),
        "base": "tiny",
        "seed": 3,
        "models": {},
        "numeric": {},
        "data": str(data),
        "work": str(folder / "work"),
        **more,
    }
