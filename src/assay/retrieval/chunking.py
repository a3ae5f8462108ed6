"""Documents cut into passages that stand on their own: paragraphs, under their headings, with the
document's title."""

import re
from collections.abc import Iterable, Iterator, Sequence

from assay.core.types import Document

HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
LONGEST = 100  # characters that count as one word
TITLE = 200  # characters of a heading at most; a longer one is a paragraph that begins with #
Piece = tuple[tuple[str, ...], str]  # the headings that a text stands under, and the text


def passages(documents: Sequence[Document], words: int, overlap: int = 0) -> list[Document]:
    """Passages of at most `words` words, each beginning with the headings it stands under.

    A paragraph is never joined to one under another heading; a paragraph longer than `words` is cut
    at sentence ends, or at words where a sentence is longer still. Ids are `<document>#<number>`. A
    passage is one line: whatever white space a document has, a blank stands for it. What has over
    100 characters without a blank counts as several words.

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
        for sentence in _sentences(paragraph)
        for part in _cut(sentence, words)
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
            if last and last[0] == heads and len(last[1].split()) + len(part.split()) <= words:
                pieces[-1] = (heads, f"{last[1]} {part}")
            else:
                pieces.append((heads, part))
    return pieces


def _overlapping(pieces: list[Piece], overlap: int) -> list[Piece]:
    if not overlap:
        return pieces
    out = pieces[:1]
    for (before, last), (heads, text) in zip(pieces, pieces[1:], strict=False):
        out.append(
            (heads, f"{' '.join(last.split()[-overlap:])} {text}" if heads == before else text)
        )
    return out


def _short(word: str) -> list[str]:
    """The word, or its parts where it is so long that it is none: a link, a table of digits, text
    without blanks."""
    return [word[start : start + LONGEST] for start in range(0, len(word), LONGEST)]


def _sentences(paragraph: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", paragraph)


def _cut(paragraph: str, words: int) -> list[str]:
    """Parts of at most `words` words, at sentence ends where possible."""
    parts: list[list[str]] = [[]]
    for sentence in _sentences(paragraph):
        tokens = sentence.split()
        if len(parts[-1]) + len(tokens) > words and parts[-1]:
            parts.append([])
        if len(tokens) > words:
            parts[-1:] = [tokens[start : start + words] for start in range(0, len(tokens), words)]
        else:
            parts[-1] += tokens
    return [" ".join(part) for part in parts if part]
