"""Documents cut into passages that stand on their own: paragraphs, under their headings, with the
document's title."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from assay.core.types import Document
from assay.core.words import CELL, FULL_STOP, STOP, cut_words

HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
LONGEST = 100  # characters that count as one word
TITLE = 200  # characters of a heading at most; a longer one is a paragraph that begins with #
_ENDS = re.compile(rf"(?<={STOP})\s+|(?<={FULL_STOP})\s*")  # of sentences
Place = tuple[int, int]
Piece = tuple[tuple[str, ...], str]  # the headings that a text stands under, and the text


def passages(documents: Sequence[Document], words: int, overlap: int = 0) -> list[Document]:
    """Passages of at most `words` words, each beginning with the headings it stands under.

    A paragraph is never joined to one under another heading; a paragraph longer than `words` is cut
    at sentence ends, or at words where a sentence is longer still. Ids are `<document>#<number>`. A
    passage is one line: whatever white space a document has, a blank stands for it. What has over
    100 characters without a blank counts as several words; of Chinese and other scripts without
    blanks each character is one.

    Args:
        overlap: words of the passage before that are repeated, where both stand under the same
            headings; they do not count towards `words`.
    """
    return [
        p
        for document in documents
        for p in build_passages(document, _overlapping(_pieces(document.text, words), overlap))
    ]


def build_passages(document: Document, pieces: Iterable[Piece]) -> list[Document]:
    """The pieces of a document as passages."""
    out = []
    for number, (heads, text) in enumerate(pieces, start=1):
        title = ": ".join(head for head in heads if head)
        whole = f"{title}. {text}" if title else text
        out.append(
            Document(
                f"{document.id}#{number}", whole, document.source, document.date, document.fields
            )
        )
    return out


def sentences(text: str, words: int) -> list[Piece]:
    """The sentences of a document, each with its headings; one longer than `words` words is cut."""
    return [
        (heads, part)
        for heads, paragraph in _paragraphs(text)
        for start, end in _sentences(paragraph)
        for part in _cut(paragraph[start:end], words)
    ]


def _paragraphs(text: str) -> Iterator[Piece]:
    heads: list[str] = []
    block: list[str] = []
    for line in [*text.split("\n"), ""]:
        heading = HEADING.match(line.strip()) if len(line) <= TITLE else None
        if line.strip() and not heading:
            block.append(line)
            continue
        paragraph = " ".join(part for word in " ".join(block).split() for part in _short(word))
        block.clear()
        if paragraph:
            yield tuple(heads), paragraph
        if heading:
            level = len(line.strip()) - len(line.strip().lstrip("#"))
            heads[level - 1 :] = [*[""] * (level - 1 - len(heads)), " ".join(heading[1].split())]


def _pieces(text: str, words: int) -> list[Piece]:
    pieces: list[Piece] = []
    for heads, paragraph in _paragraphs(text):
        for part in _cut(paragraph, words):
            last = pieces[-1] if pieces else None
            if last and last[0] == heads and _size(last[1]) + _size(part) <= words:
                pieces[-1] = (heads, f"{last[1]} {part}")
            else:
                pieces.append((heads, part))
    return pieces


def _overlapping(pieces: list[Piece], overlap: int) -> list[Piece]:
    if not overlap:
        return pieces
    out = pieces[:1]
    for (before, last), (heads, text) in zip(pieces, pieces[1:], strict=False):
        out.append((heads, f"{_end(last, overlap)} {text}" if heads == before else text))
    return out


def _size(text: str) -> int:
    return len(cut_words(text))


def _end(text: str, words: int) -> str:
    """The last `words` words of a text."""
    return text[[*CELL.finditer(text)][-words:][0].start() :]


def _short(word: str) -> list[str]:
    """The word, or its parts where it is so long that it is none: a link, a table of digits. Text
    without blanks is cut between its characters later."""
    if len(word) <= LONGEST or _size(word) > 1:
        return [word]
    return [word[start : start + LONGEST] for start in range(0, len(word), LONGEST)]


def _sentences(paragraph: str) -> list[Place]:
    """Where each begins and ends."""
    ends = [0, *(found.end() for found in _ENDS.finditer(paragraph)), len(paragraph)]
    return [(start, end) for start, end in pairwise(ends) if start < end]


def _cut(paragraph: str, words: int) -> list[str]:
    """Parts of at most `words` words, at sentence ends where possible."""
    parts: list[list[Place]] = [[]]
    for start, end in _sentences(paragraph):
        tokens = [found.span() for found in CELL.finditer(paragraph, start, end)]
        if len(parts[-1]) + len(tokens) > words and parts[-1]:
            parts.append([])
        if len(tokens) > words:
            parts[-1:] = [tokens[first : first + words] for first in range(0, len(tokens), words)]
        else:
            parts[-1] += tokens
    return [paragraph[part[0][0] : part[-1][1]] for part in parts if part]
