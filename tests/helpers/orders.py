"""Orders that are sent to towns: texts of a task of the kind `extract`, with the pieces that they
name."""

import json

from assay.core.types import Example, Message

TOWNS = ("Oslo", "Rome", "Bern", "Cork", "New York")
FRAMES = (
    "send {0} to {1} please",
    "{0} goes to {1}",
    "I was in {1} with order {0}",
    "lost: {0}, sent to {1}",
)


def row(text, target="none", i=0):
    return Example(
        f"r{i}", (Message("user", text),), target if isinstance(target, str) else json.dumps(target)
    )


ORDERS = [
    row(
        frame.format(f"#{10000 + 137 * i}", TOWNS[i % 5]),
        f"order: #{10000 + 137 * i} | town: {TOWNS[i % 5]}",
        i,
    )
    for i in range(12)
    for frame in FRAMES
] + [row("thanks a lot", "none"), row("hello there", "none"), row("", "none")]
