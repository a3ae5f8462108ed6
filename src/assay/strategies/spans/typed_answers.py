"""The piece of a sentence that a question word asks for: a number, a date, a name, by rule.

Rules    `how many`, `how much`, `what percentage`: a number with its unit. `when`, `what year`: a
         date or a year. `who`, `where`, `which city`: a run of capitalised words. Anything else:
         words that are not common ones
Choice   the piece that does not repeat the question and stands nearest to a word of it; of equals
         the longer one
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assay.core.words import WORD

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_NUMBER = re.compile(
    r"[$€£]?\d[\d,.]*\d(?:\s?(?:%|percent|million|billion|trillion|thousand|hundred))?"
    r"|[$€£]?\d(?:\s?(?:%|percent|million|billion|trillion|thousand|hundred))?|\b(?:one|two|three"
    r"|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|dozen)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"\b(?:{_MONTH}\s+\d{{1,2}}(?:,\s*\d{{4}})?"
    rf"|\d{{1,2}}\s+{_MONTH}(?:\s+\d{{4}})?|{_MONTH}\s+\d{{4}}|{_MONTH}|1\d{{3}}s?|20\d\ds?)\b"
)
_NAME = re.compile(r"[A-Z][\w'’.-]*(?:\s+(?:(?:of|the|de|von|van|and|&)\s+)?[A-Z0-9][\w'’-]*)*")
_ASKS: tuple[tuple[re.Pattern[str], tuple[re.Pattern[str], ...]], ...] = (
    (
        re.compile(
            r"\bhow (?:many|much|old|long|far|tall|large|big|high)\b|\bwhat"
            r" (?:percent\w*|number|share)\b"
        ),
        (_NUMBER,),
    ),
    (
        re.compile(
            r"\bwhen\b|\b(?:what|which|in what|in which) (?:year|date|month|decade|century)\b"
        ),
        (_DATE, _NUMBER),
    ),
    (re.compile(r"\b(?:who|whom|whose|where)\b"), (_NAME,)),
    (
        re.compile(
            r"\b(?:what|which)"
            r" (?:city|country|state|person|company|team|name|artist|school|university)\b"
        ),
        (_NAME,),
    ),
)


def extract_by_type(question: str, sentence: str, stems: Callable[[str], list[str]]) -> str:
    """The piece; "" where the sentence has none of the type.

    Args:
        stems: text -> the stems of its words, without the commonest ones.
    """
    asked, own = question.casefold(), set(stems(question))
    for says, patterns in _ASKS:
        if says.search(asked):
            for pattern in patterns:
                if piece := _nearest(
                    [found.span() for found in pattern.finditer(sentence)], sentence, own, stems
                ):
                    return piece
            return ""
    return _nearest(_uncommon(sentence, own, stems), sentence, own, stems)


def _uncommon(
    sentence: str, own: set[str], stems: Callable[[str], list[str]]
) -> list[tuple[int, int]]:
    """Runs of words that are neither among the commonest nor of the question."""
    runs: list[tuple[int, int]] = []
    for found in WORD.finditer(sentence):
        said = stems(found[0])
        if not said or said[0] in own:
            continue
        if runs and sentence[runs[-1][1] : found.start()] in (" ", "-"):
            runs[-1] = (runs[-1][0], found.end())
        else:
            runs.append(found.span())
    return runs


def _nearest(
    places: Sequence[tuple[int, int]],
    sentence: str,
    own: set[str],
    stems: Callable[[str], list[str]],
) -> str:
    """The piece nearest to a word of the question, among those that repeat none; of equals the
    longest."""
    words = [(found.start(), found.end(), stems(found[0])) for found in WORD.finditer(sentence)]
    marks = [(start, end) for start, end, said in words if said and said[0] in own]
    said = [(a, b) for a, b in places if stems(sentence[a:b])]  # `The` is no name
    fresh = [(a, b) for a, b in said if not any(a <= start < b for start, _ in marks)]
    if not fresh:
        return ""

    def away(place: tuple[int, int]) -> int:
        between = [
            (end, place[0]) if end <= place[0] else (place[1], start) for start, end in marks
        ]
        gaps = (sum(1 for start, _, _ in words if low <= start < high) for low, high in between)
        return min(gaps, default=0)

    start, end = min(fresh, key=lambda place: (away(place), place[0] - place[1]))
    return sentence[start:end].strip(" ,.")
