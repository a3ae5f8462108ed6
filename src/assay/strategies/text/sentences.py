"""Where the sentences of a text begin and end.

A sentence ends at `.`, `!` or `?` before white space and a word that does not begin with a small
letter, at a full stop of Chinese or Japanese, and at the end of a line; not after one capital
letter (`J. Smith`) or a common abbreviation (`Dr.`, `e.g.`, `Fig.`).
"""

import re

from assay.core.words import FULL_STOP, STOP

_CLOSES = r"[\"\u201d\u2019\u300d\u300f\uff09]"
_END = re.compile(
    rf"(?P<mark>{STOP})[\"'\u201d\u2019)\]]*\s+(?=[^\sa-z])|\s*\n\s*"
    rf"|(?:(?<={FULL_STOP})|(?<={FULL_STOP}{_CLOSES}))(?!{_CLOSES}|{FULL_STOP})"
)
_SHORT = re.compile(
    r"(?:^|[\s(\[])(?:[A-Z]"
    r"|Dr|Mr|Mrs|Ms|St|Prof|Sr|Jr|vs|e\.g|i\.e|cf|ca|approx|No|Nr|Fig|Eq|Sec|al|z\.B|bzw)$"
)
_LONGEST = 12  # characters of an abbreviation that are looked at


def sentence_places(text: str) -> list[tuple[int, int]]:
    """(beginning, end) of each sentence, without white space around it; none is empty."""
    places, start = [], 0
    for found in _END.finditer(text):
        mark = found.start("mark")
        if (
            mark >= 0
            and text[mark] == "."
            and _SHORT.search(text[max(start, mark - _LONGEST) : mark])
        ):
            continue
        places.append((start, found.end("mark") if mark < 0 else found.end()))
        if mark < 0:
            places[-1] = (start, found.start())
        start = found.end()
    return [
        place
        for place in map(lambda p: _bare(text, *p), [*places, (start, len(text))])
        if place[0] < place[1]
    ]


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, without white space around them."""
    return [text[start:end] for start, end in sentence_places(text)]


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())
