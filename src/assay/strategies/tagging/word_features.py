"""What speaks for a word's tag: the word, how it is written, its neighbours, and whether train has
named it.

What it is for   `crf` learns a weight for each of these with each tag
Features         of words at -2 to 2: lower case and shape; of those at -1 to 1: the first three
                 letters, the last two and three; of the word itself: first and last one and four
                 letters, the short shape, digits, punctuation, whether it is the first or the last;
                 the pairs with both neighbours
Names            runs of words that train names, the longest first: each word in one gets the type,
                 and whether it begins there. A row that is learnt from is looked up in the names of
                 other rows: else each name would be known, and nothing else would be learnt
Source           the features are those of sklearn-crfsuite's tutorial and more of their kind,
                 sklearn-crfsuite.readthedocs.io; shapes: Collins (2002), aclanthology.org/P02-1062;
                 lists of names: Ratinov and Roth (2009), aclanthology.org/W09-1119
Watch out        a name of more than eight words is in no list
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from assay.tasks.entities import of_run

NEAR = 2  # neighbours on each side
LONGEST = 8  # words of a name

# words in lower case, joined by spaces -> the types that train gave them
Names = Mapping[str, Sequence[str]]


def shape(word: str) -> str:
    """`A-1234` is `X-0000`, `Oslo` is `Xx`."""
    return re.sub(r"\d", "0", re.sub(r"[^\W\d_]+", _letters, word))


def _letters(match: re.Match[str]) -> str:
    return "".join(
        letter for letter, _ in groupby("X" if one.isupper() else "x" for one in match[0])
    )


def names_in(rows: Sequence[tuple[Sequence[str], Sequence[str]]]) -> dict[str, list[str]]:
    """What rows of (words, tags) name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for words, tags in rows:
        for i, j, kind in of_run(tags):
            if j - i <= LONGEST:
                found[" ".join(words[i:j]).lower()].add(kind)
    return {name: sorted(kinds) for name, kinds in sorted(found.items())}


def features(words: Sequence[str], names: Names | None = None) -> list[list[str]]:
    """Of each word, the names of its features; each is there once."""
    lower = [word.lower() for word in words]
    shapes = [shape(word) for word in words]
    known = _match_names(lower, names or {})
    return [
        [*_own(i, words, shapes), *_around(i, lower, shapes), *known[i]] for i in range(len(words))
    ]


def _own(i: int, words: Sequence[str], shapes: Sequence[str]) -> Iterator[str]:
    word, low = words[i], words[i].lower()
    yield "any"
    for size in (1, 4):
        yield f"begins{size} {low[:size]}"
        yield f"ends{size} {low[-size:]}"
    yield "short " + "".join(letter for letter, _ in groupby(shapes[i]))
    if word.isdigit():
        yield f"digits {min(len(word), 6)}"
    if not any(map(str.isalnum, word)):
        yield "punctuation"
    if i == 0:
        yield "first"
    if i == len(words) - 1:
        yield "last"


def _around(i: int, lower: Sequence[str], shapes: Sequence[str]) -> Iterator[str]:
    for away in range(-NEAR, NEAR + 1):
        j = i + away
        if not 0 <= j < len(lower):
            yield f"{away} none"
            continue
        yield f"{away} word {lower[j]}"
        yield f"{away} shape {shapes[j]}"
        if abs(away) <= 1:
            yield f"{away} begins {lower[j][:3]}"
            yield f"{away} ends {lower[j][-3:]}"
            yield f"{away} ends2 {lower[j][-2:]}"
    if i:
        yield f"before {lower[i - 1]} {lower[i]}"
    if i + 1 < len(lower):
        yield f"after {lower[i]} {lower[i + 1]}"


def _match_names(lower: Sequence[str], names: Names) -> list[list[str]]:
    """The longest names first, from the left; a word lies in one."""
    found: list[list[str]] = [[] for _ in lower]
    i = 0
    while i < len(lower):
        ends = range(min(len(lower), i + LONGEST), i, -1)
        end = next((j for j in ends if " ".join(lower[i:j]) in names), None)
        if end is None:
            i += 1
            continue
        for j in range(i, end):
            found[j] = [
                f"known {'I' if j > i else 'B'} {kind}" for kind in names[" ".join(lower[i:end])]
            ]
        i = end
    return found
