"""Small lessons: a few rows of each kind of task, to learn from and of val, that a tiny model can
learn from their words.

ROWS["classify"]() gives both; LABELS["classify"] are its labels.
"""

import random
from dataclasses import replace

from assay.core.types import Example, Message
from assay.tasks.options import question_with_options

# Each label has words that name it; `card` is the beginning of another label, also in tokens.
WORDS = {
    "card": ("plastic", "chip", "wallet", "reader"),
    "card lost": ("stolen", "missing", "vanished", "taxi"),
    "refund": ("return", "repaid", "money", "shop"),
}
PLACES, PEOPLE = ("oslo", "new york", "quito", "bonn"), ("ann", "bo li", "carl", "dora")
NAMING = (
    "{0} went to {1} today",
    "in {1} lives {0} , they say",
    "nothing is known of it",
    "{0} and {1}",
    "to {1} !",
)
COLOURS = {
    "apple": "red",
    "sky": "blue",
    "grass": "green",
    "coal": "black",
    "snow": "white",
    "lemon": "yellow",
}
FRAMES = (
    "about the {} please",
    "help with {} now",
    "a question on {} again",
    "my {} is the matter",
    "so the {} then",
)
ASKED = (
    "What colour is the {}?",
    "Which colour has the {}?",
    "Tell me the colour of the {}.",
    "The {} has what colour?",
)


def _row(split: str, number: int, text: str, target: str) -> Example:
    return Example(
        f"{split}-{number}", (Message("user", text),), target, source=f"{split}.csv:{number + 1}"
    )


def _classify() -> tuple[list[Example], list[Example]]:
    pairs = [(word, label) for label, words in WORDS.items() for word in words]
    train = [(frame.format(word), label) for frame in FRAMES[:3] for word, label in pairs]
    val = [(FRAMES[3 + i % 2].format(word), label) for i, (word, label) in enumerate(pairs)]
    random.Random(5).shuffle(train)
    return [_row("train", i, *pair) for i, pair in enumerate(train)], [
        _row("val", i, *p) for i, p in enumerate(val)
    ]


def _answer() -> tuple[list[Example], list[Example]]:
    train = [
        (frame.format(thing), colour) for frame in ASKED[:3] for thing, colour in COLOURS.items()
    ]
    val = [(ASKED[3].format(thing), colour) for thing, colour in COLOURS.items()]
    random.Random(5).shuffle(train)
    return [_pair("train", i, *pair) for i, pair in enumerate(train)], [
        _pair("val", i, *p) for i, p in enumerate(val)
    ]


def _pair(part: str, i: int, text: str, colour: str) -> Example:
    """With another colour as the answer that was not chosen."""
    others = [one for one in COLOURS.values() if one != colour]
    return replace(_row(part, i, text, colour), rejected=others[i % len(others)])


def _extract() -> tuple[list[Example], list[Example]]:
    made = []
    for frame in NAMING:
        for person in PEOPLE:
            for place in PLACES[:3] if frame is NAMING[0] else PLACES[1:]:
                spans = [(frame.find("{0}"), "person", person), (frame.find("{1}"), "place", place)]
                line = " | ".join(
                    f"{kind}: {words}" for at, kind, words in sorted(spans) if at >= 0
                )
                made.append((frame.format(person, place), line or "none"))
    made = list(dict.fromkeys(made))
    random.Random(5).shuffle(made)
    train, val = made[8:], made[:8]
    return [_row("train", i, *pair) for i, pair in enumerate(train)], [
        _row("val", i, *p) for i, p in enumerate(val)
    ]


def _number() -> tuple[list[Example], list[Example]]:
    worth = {"apple": 3, "sky": 90, "grass": 12, "coal": 40, "snow": 7, "lemon": 5}
    train = [(frame.format(thing), str(n)) for frame in ASKED[:3] for thing, n in worth.items()]
    val = [(ASKED[3].format(thing), str(n)) for thing, n in worth.items()]
    return [_row("train", i, *pair) for i, pair in enumerate(train)], [
        _row("val", i, *p) for i, p in enumerate(val)
    ]


def _rank() -> tuple[list[Example], list[Example]]:
    things, made = list(COLOURS), []
    for i, frame in enumerate(ASKED):
        for j, thing in enumerate(things):
            others = [things[(j + i + 1) % 6], thing, things[(j + i + 3) % 6]]
            texts = tuple(f"the {one} is {COLOURS[one]}" for one in others)
            grades = " ".join(str(int(one == thing)) for one in others)
            made.append(
                replace(_row("rank", len(made), frame.format(thing), grades), options=texts)
            )
    return made[:18], made[18:]


def _choose() -> tuple[list[Example], list[Example]]:
    things, made = list(COLOURS), []
    for i, frame in enumerate(ASKED):
        for j, thing in enumerate(things):
            texts = tuple(COLOURS[things[(j + k + i) % 6]] for k in range(3 + j % 2))
            right = "ABCD"[-i % 6] if -i % 6 < len(texts) else "A"
            asked = question_with_options(frame.format(thing), texts)
            made.append(replace(_row("choose", len(made), asked, right), options=texts))
    return made[:18], made[18:]


ROWS = {
    "classify": _classify,
    "answer": _answer,
    "extract": _extract,
    "number": _number,
    "rank": _rank,
    "choose": _choose,
}
LABELS = {"classify": tuple(WORDS), "extract": ("person", "place"), "choose": ("A", "B", "C", "D")}
