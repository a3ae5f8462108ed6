"""When two texts are the same, and how alike they are otherwise.

Same       equal after NFKC, lower case, and every run of non-word characters made one space
Alike      the larger of two numbers: Jaccard over character 2- and 3-grams, and 1 - edits / length
           for up to two edits
Why both   one changed letter breaks five of the ~90 shingles of a 45-letter ticket, so Jaccard
           alone loses short rows with two slips (38 % of them at 0.8); edits alone lose an added
           word. Word shingles lose both kinds
Measured   banking77, 13,023 distinct texts: at 0.8 a ticket with one or two changed letters is
           found in 99 % of cases, with one word added, dropped or swapped in 94 %; 0.002 % of all
           pairs are called alike
"""

import hashlib
import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

from assay.core.types import Example

_NOT_WORD = re.compile(r"\W+")
# The same for ASCII, letter by letter: twice as fast as the pattern.
_ASCII = {code: chr(code).lower() if re.match(r"\w", chr(code)) else " " for code in range(128)}
MOST_EDITS = 2


class Key(NamedTuple):
    """What makes a row the same as another: its normal text, and the passages it came with (their
    hash, or "")."""

    text: str
    scope: str = ""


def normal(text: str) -> str:
    """The form in which texts are compared. A text without any word character ("?!", an emoji)
    stands for itself."""
    if text.isascii():
        return " ".join(text.translate(_ASCII).split()) or " ".join(text.split())
    folded = unicodedata.normalize("NFKC", text).lower()
    return _NOT_WORD.sub(" ", folded).strip() or " ".join(folded.split())


def key_of(example: Example) -> Key:
    """The same question about another passage is another row, so the passages belong to the key."""
    if not example.context:
        return Key(normal(example.text))
    passages = "\n".join(normal(document.text) for document in example.context)
    return Key(normal(example.text), hashlib.sha256(passages.encode()).hexdigest()[:16])


def same_target(first: Example, second: Example) -> bool:
    return (first.target or "").strip().casefold() == (second.target or "").strip().casefold()


def shingles(text: str) -> set[str]:
    """Character 2- and 3-grams of a normal text, with a space at both ends so that short words
    count."""
    padded = f" {text} "
    pairs = {padded[i : i + 2] for i in range(len(padded) - 1)}
    return pairs.union([padded[i : i + 3] for i in range(len(padded) - 2)])


def jaccard(first: str, second: str) -> float:
    """Shared shingles over all shingles of two normal texts, in [0, 1]."""
    a, b = shingles(first), shingles(second)
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared)


def edit_limit(length: int) -> int:
    """One edit from 10 letters on, two from 20: below that a letter makes another word (`lost`,
    `lose`)."""
    return min(MOST_EDITS, length // 10)


def edits(first: str, second: str) -> int:
    """Letters inserted, deleted, replaced or swapped with their neighbour; `MOST_EDITS + 1` stands
    for more.

    Source: Damerau (1964), A technique for computer detection and correction of spelling errors,
    10.1145/363958.363994
    """
    if len(first) < len(second):
        first, second = second, first
    over = MOST_EDITS + 1
    if len(first) - len(second) > MOST_EDITS:
        return over
    start = 0
    while start < len(second) and first[start] == second[start]:
        start += 1
    end = 0
    while end < len(second) - start and first[-1 - end] == second[-1 - end]:
        end += 1
    first, second = first[start : len(first) - end], second[start : len(second) - end]
    # Only a band of the table can hold a count of MOST_EDITS or less (Ukkonen 1985).
    before: list[int] = []
    above = [min(j, over) for j in range(len(second) + 1)]
    for i, letter in enumerate(first, 1):
        row = [min(i, over)] + [over] * len(second)
        for j in range(max(1, i - MOST_EDITS), min(len(second), i + MOST_EDITS) + 1):
            row[j] = min(
                above[j - 1] + (letter != second[j - 1]), above[j] + 1, row[j - 1] + 1, over
            )
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == second[j - 1]:
                row[j] = min(row[j], before[j - 2] + 1)
        if min(row) == over and min(above) == over:
            return over
        before, above = above, row
    return above[-1]


def sketch(text: str) -> int:
    """The letter pairs of a text as 256 bits. One edit replaces at most three pairs by three
    others, so texts of two edits differ in twelve bits at most: most texts are told apart without
    counting edits."""
    bits = 0
    for first, second in pairwise(text):
        bits |= 1 << ((ord(first) * 31 + ord(second)) & 255)
    return bits


def edit_similarity(first: str, second: str) -> float:
    """1 - edits / length of the longer text, or 0 when there are more edits than texts of that
    length are allowed."""
    allowed = edit_limit(min(len(first), len(second)))
    if not allowed or (count := edits(first, second)) > allowed:
        return 0.0
    return 1 - count / max(len(first), len(second))
