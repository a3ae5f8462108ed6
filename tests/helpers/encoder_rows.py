"""Rows of every kind of task that `setfit` and `encoder` do, which a tiny encoder can learn."""

import pytest

from assay.config import make_strategy
from assay.core.types import Example, Message, Task
from assay.tasks.options import question_with_options

THINGS = {"apple": "red", "sky": "blue", "coal": "black"}
FRAMES = ("a {}", "in a {}", "lost {}", "a lost {}", "{} in a taxi", "{} refund")
COLOURS = tuple(THINGS.values())
PLAIN = {"precision": "fp32", "weight_decay": 0.0, "warmup": 0.0, "words": "trained"}
LEARN = {**PLAIN, "learning_rate": 5e-3, "epochs": 8, "patience": 8, "batch_size": 6, "c": 100.0}

both = pytest.mark.parametrize("kind", ["setfit", "encoder"])


def row(name, text, target, options=()):
    return Example(name, (Message("user", text),), target, options=options)


def classify(frame, thing):
    return row(f"{frame}-{thing}", frame.format(thing), THINGS[thing])


def multilabel(frame, thing):
    labels = sorted({THINGS[thing]} | ({"red"} if "lost" in frame else set()) - {"black"})
    return row(
        f"{frame}-{thing}", frame.format(thing), " | ".join(labels) if thing != "coal" else "none"
    )


def choose(frame, thing):
    turn = len(frame) % 3
    options = (*COLOURS[turn:], *COLOURS[:turn])
    return row(
        f"{frame}-{thing}",
        question_with_options(frame.format(thing), options),
        "ABC"[options.index(THINGS[thing])],
        options,
    )


def rank(frame, thing):
    grades = " ".join("2" if colour == THINGS[thing] else "0" for colour in COLOURS)
    return row(
        f"{frame}-{thing}",
        frame.format(thing),
        grades,
        tuple(f"a {colour} card" for colour in COLOURS),
    )


MADE = {"classify": classify, "multilabel": multilabel, "choose": choose, "rank": rank}
TASKS = {
    "classify": Task(kind="classify", labels=COLOURS),
    "multilabel": Task(kind="multilabel", labels=("blue", "red")),
    "choose": Task(kind="choose", labels=("A", "B", "C")),
    "rank": Task(kind="rank"),
}


def strategy(kind, **settings):
    return make_strategy({"kind": kind, **LEARN, **settings}, {})
