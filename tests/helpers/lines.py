"""What a page or a sentence says, without its wording: the numbers and names that stand
together."""

import re


def named(text: str, *names: str) -> bool:
    """Whether one line of `text` names them all, as words of their own; how it says the rest is
    free."""
    marks = [re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)") for name in names]
    return any(all(mark.search(line) for mark in marks) for line in text.splitlines())
