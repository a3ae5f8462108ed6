"""Facts that can be changed in documents: answers that stand there word for word, once, and what to
write instead.

Fact       an accepted answer of a test row that stands exactly once in the one document that holds
           it
Instead    a number by another number of the same shape (40 euros by 65 euros), a name by another
           name of as many words, both taken from other answers where there are some; what is
           neither is left alone
Rows       every row of that document with the same answer gets the new one, training rows too
Watch out  a row that compares two documents may depend on the fact without having it as its answer:
           it is left out
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from assay.core.sampling import hash_rank, random_stream
from assay.core.types import Document, Example

TRIES = 20  # numbers drawn at random before a fact is given up


@dataclass(frozen=True, slots=True)
class Fact:
    document: str  # its id
    old: str
    new: str

    def apply_to_document(self, document: Document) -> Document:
        """The document with the new value."""
        return replace(document, text=_place(self.old).sub(lambda _: self.new, document.text))

    def apply_to_row(self, row: Example) -> Example:
        """The row with the new value as its answer; its other accepted answers where they change in
        the same way."""
        also = [
            text.replace(digits(self.old), digits(self.new))
            for text in row.also
            if digits(self.old) in text
        ]
        return replace(row, target=self.new, also=tuple(also) if digits(self.old) else ())


def find_facts(
    test: Sequence[Example],
    others: Sequence[Example],
    documents: Sequence[Document],
    *,
    most: int,
    seed: int,
) -> list[Fact]:
    """Facts of test rows, at most one a document, drawn by the seed.

    Args:
        others: train and val rows, whose answers are values to draw from.
    """
    pages = {document.id: document for document in documents}
    values = sorted({row.target for row in (*test, *others) if row.target})
    facts: dict[str, Fact] = {}
    for row in sorted(test, key=lambda row: hash_rank(seed, "fact", row.id)):
        page = pages.get(home(row, documents) or "")
        if len(facts) == most:
            break
        if page is None or page.id in facts:
            continue
        old = row.target or ""
        draw = random_stream(seed, page.id, old)
        if len(_place(old).findall(page.text)) == 1 and (
            new := instead(old, values, page.text, draw)
        ):
            facts[page.id] = Fact(page.id, old, new)
    return list(facts.values())


def home(row: Example, documents: Sequence[Document]) -> str | None:
    """The id of the one document that holds the row's answer: the noted one, or where none is noted
    the only one in which the answer stands. None for rows that need several or none."""
    if row.found_in:
        return row.found_in[0] if len(row.found_in) == 1 else None
    if not row.target:
        return None
    stands = _place(row.target)
    there = [d.id for d in documents if row.target in d.text and stands.search(d.text)]
    return there[0] if len(there) == 1 else None


def instead(old: str, values: Iterable[str], text: str, draw: random.Random) -> str | None:
    """Another value of the same kind that does not stand in `text`; None where there is none."""
    free = [value for value in values if value != old and not _place(value).search(text)]
    if digits(old):
        alike = [value for value in free if shape(value) == shape(old)]
        return draw.choice(alike) if alike else _other_number(old, text, draw)
    if is_name(old):
        names = [
            value for value in free if is_name(value) and len(value.split()) == len(old.split())
        ]
        return draw.choice(names) if names else None
    return None


def _other_number(old: str, text: str, draw: random.Random) -> str | None:
    for _ in range(TRIES):
        new = re.sub(r"\d+", lambda run: _digits_like(run[0], draw), old)
        if new != old and not _place(new).search(text):
            return new
    return None


def _digits_like(run: str, draw: random.Random) -> str:
    """As many digits; no zero in front where there was none."""
    first = draw.choice("0123456789" if run[0] == "0" else "123456789")
    return first + "".join(draw.choice("0123456789") for _ in run[1:])


def shape(value: str) -> str:
    """A value with a 9 for each digit: values of one shape can stand in each other's place."""
    return re.sub(r"\d", "9", value)


def digits(value: str) -> str:
    """The first number in a value, with its decimals."""
    found = re.search(r"\d+(?:[.,:]\d+)*", value)
    return found[0] if found else ""


def is_name(value: str) -> bool:
    """Whether every word begins with a capital letter."""
    words = value.split()
    return bool(words) and all(word[0].isupper() for word in words)


def _place(value: str) -> re.Pattern[str]:
    """Where a value stands as itself: not inside a word, nor as a part of a longer number."""
    return re.compile(rf"(?<![\w])(?<!\d[.,:]){re.escape(value)}(?!\w)(?![.,:]\d)")


def rows_of(facts: Mapping[str, Fact], row: Example, documents: Sequence[Document]) -> Fact | None:
    """The fact that a row asks for."""
    fact = facts.get(home(row, documents) or "")
    return fact if fact and row.target == fact.old else None
