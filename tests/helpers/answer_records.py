"""Test rows with their answers, for metrics: one question, a target and what was said to it."""

import re
import string

from assay.core.types import Answer, Example, Message, Record, Task

LABELS = ("a", "b", "c", "d")
CLASSIFY = Task(kind="classify", labels=LABELS)
ANSWER = Task(kind="answer")
QUESTION = Example("r", (Message("user", "?"),))


def record(target, text, also=(), slices=()):
    question = Example(id="r", messages=(Message("user", "?"),), slices=slices)
    return Record(question, target, also, Answer(text))


def records(targets, texts):
    return [record(target, text) for target, text in zip(targets, texts, strict=True)]


def referenced(pairs):
    """Of (answer, accepted answers), the first of which is the target."""
    return [Record(QUESTION, target, tuple(also), Answer(text)) for text, (target, *also) in pairs]


def references_by_place(pairs):
    """References as sacrebleu wants them: a list for the first of each row, one for the second,
    ..."""
    most = max(len(accepted) for _, accepted in pairs)
    return [
        [accepted[i] if i < len(accepted) else None for _, accepted in pairs] for i in range(most)
    ]


def squad(text):
    """The form that the official scoring script of SQuAD 1.1 compares, written down again."""
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())
