"""A task of several labels a row that can be learnt from its words: all eight sets of three labels,
in turn."""

from assay.core.types import Example, Lesson, Message, Task

WORDS = {
    "food": "noodles pizza bread soup",
    "ride": "taxi train bus tram",
    "film": "cinema movie screen actor",
}


def said(i: int) -> Example:
    """A row that names a word of each of its labels: none, one, two or three of them."""
    labels = [label for bit, label in enumerate(sorted(WORDS)) if i >> bit & 1]
    words = [WORDS[label].split()[(i // 8 + place) % 4] for place, label in enumerate(labels)]
    text = f"please number {i} {' and '.join(words)} today"
    return Example(f"r{i}", (Message("user", text),), " | ".join(labels) or "none")


TASK = Task(kind="multilabel", labels=tuple(sorted(WORDS)))
ROWS = tuple(said(i) for i in range(96))
LESSON = Lesson(TASK, ROWS[:72])
