"""The text that marks are of: what two numbers cut out of it, counted in characters or in words.

What it is for   `measured_spans` tries each text of a row, both ways
Watch out        a text that is a list of words is joined by blanks
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.core.words import UNSPACED

Path = tuple[str, ...]
# Scripts without blanks: a word may end at any letter.
_UNSPACED = re.compile(f"[{UNSPACED}]")


@dataclass(frozen=True, slots=True)
class MarkedText:
    """`words` are the bounds of its words; None where characters are counted."""

    text: str
    words: Sequence[tuple[int, int]] | None = None

    @property
    def size(self) -> int:
        return len(self.text if self.words is None else self.words)

    def bounds(self, start: int, end: int) -> tuple[int, int] | None:
        """The characters between two numbers; None where they lie outside of the text."""
        if not 0 <= start < end <= self.size:
            return None
        return (
            (start, end) if self.words is None else (self.words[start][0], self.words[end - 1][1])
        )

    def says(self, start: int, end: int, words: str) -> bool:
        """Do two numbers cut out these words? Blanks and capitals do not count."""
        found = self.bounds(start, end)
        return found is not None and _plain(self.text[found[0] : found[1]]) == _plain(words)

    def is_whole(self, start: int, end: int) -> bool:
        """Do two numbers cut out whole words, without blanks around them?"""
        found = self.bounds(start, end)
        if found is None:
            return False
        part = self.text[found[0] : found[1]]
        return part == part.strip() and all(map(self._is_edge, found))

    def nearest(self, words: str, start: int) -> tuple[int, int] | None:
        """Where the words stand nearest to a number, as whole words where they do; None where they
        do not stand at all."""
        pattern = r"\s+".join(map(re.escape, words.split()))
        at = self.bounds(start, start + 1)
        near = at[0] if at else min(max(start, 0), len(self.text))
        there = [match.span() for match in re.finditer(pattern, self.text)] if pattern else []
        parted = {one: not all(map(self._is_edge, one)) for one in there}
        return min(there, key=lambda one: (parted[one], abs(one[0] - near)), default=None)

    def _is_edge(self, at: int) -> bool:
        sides = self.text[max(0, at - 1) : at + 1] if 0 < at < len(self.text) else ""
        return not (len(sides) == 2 and sides.isalnum()) or bool(_UNSPACED.search(sides))


def text_paths(row: Mapping[str, Any], name: str) -> Iterator[Path]:
    """Where texts stand in a row, the longest first: in a field, or one object deep.

    Args:
        name: the field of the marks, which holds none.
    """
    found: list[tuple[int, Path]] = []
    for field, value in row.items():
        inner = value.items() if isinstance(value, Mapping) and field != name else ()
        fields = [((field,), value), *(((field, key), one) for key, one in inner)]
        found += [(_length(one), path) for path, one in fields if _length(one) and field != name]
    return (path for _, path in sorted(found, key=lambda one: -one[0]))


def text_at(row: Mapping[str, Any], path: Path, *, by_words: bool) -> MarkedText | None:
    """The text of a row; None where it has none there."""
    value: Any = row
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        words, at = [], 0
        for one in value:
            words.append((at, at + len(one)))
            at += len(one) + 1
        return MarkedText(" ".join(value), words if by_words else None)
    if not isinstance(value, str):
        return None
    return MarkedText(
        value, [match.span() for match in re.finditer(r"\S+", value)] if by_words else None
    )


def _length(value: Any) -> int:
    """Characters of a text, or of a list of words; 0 of anything else."""
    if isinstance(value, list) and len(value) > 1 and all(isinstance(one, str) for one in value):
        return sum(map(len, value)) + len(value) - 1
    return len(value) if isinstance(value, str) else 0


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
