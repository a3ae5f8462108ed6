"""Documents cut into passages that stand on their own: paragraphs, under their headings, with the document's title."""

import re
from collections.abc import Sequence

from assay.nouns import Document

HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")


def passages(documents: Sequence[Document], words: int) -> list[Document]:
    """Passages of at most `words` words, each beginning with the headings it stands under.

    A paragraph is never joined to one under another heading; a paragraph longer than `words` is cut at sentence ends,
    or at words where a sentence is longer still. Ids are `<document>#<number>`.
    """
    out: list[Document] = []
    for document in documents:
        for number, (heads, text) in enumerate(_pieces(document.text, words), start=1):
            title = ": ".join(head for head in heads if head)
            whole = f"{title}. {text}" if title else text
            out.append(Document(f"{document.id}#{number}", whole, document.source, document.date))
    return out


def _pieces(text: str, words: int) -> list[tuple[tuple[str, ...], str]]:
    heads: list[str] = []
    pieces: list[tuple[tuple[str, ...], str]] = []
    block: list[str] = []

    def close() -> None:
        paragraph = " ".join(" ".join(block).split())
        block.clear()
        if not paragraph:
            return
        for part in _cut(paragraph, words):
            last = pieces[-1] if pieces else None
            if last and last[0] == tuple(heads) and len(last[1].split()) + len(part.split()) <= words:
                pieces[-1] = (last[0], f"{last[1]} {part}")
            else:
                pieces.append((tuple(heads), part))

    for line in text.split("\n"):
        heading = HEADING.match(line.strip())
        if heading:
            close()
            level = len(line.strip()) - len(line.strip().lstrip("#"))
            heads[level - 1 :] = [*[""] * (level - 1 - len(heads)), heading[1]]
        elif line.strip():
            block.append(line)
        else:
            close()
    close()
    return pieces


def _cut(paragraph: str, words: int) -> list[str]:
    """Parts of at most `words` words, at sentence ends where possible."""
    parts: list[list[str]] = [[]]
    for sentence in re.split(r"(?<=[.!?])\s+", paragraph):
        tokens = sentence.split()
        if len(parts[-1]) + len(tokens) > words and parts[-1]:
            parts.append([])
        while len(tokens) > words:
            parts[-1], tokens = tokens[:words], tokens[words:]
            parts.append([])
        parts[-1] = parts[-1] + tokens
    return [" ".join(part) for part in parts if part]
