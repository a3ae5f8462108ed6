"""Passages that end where the subject changes: neighbouring sentences that mean unlike things are
not joined.

Source   Hearst (1997), TextTiling: Segmenting Text into Multi-paragraph Subtopic Passages,
         aclanthology.org/J97-1003, with sentence vectors in place of word counts
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from assay.core.types import Document, Tell
from assay.core.words import cut_words
from assay.retrieval.chunking import build_passages, sentences
from assay.retrieval.encoders import Encoding


def topical(
    documents: Sequence[Document], words: int, encoding: Encoding, tell: Tell | None = None
) -> list[Document]:
    """Passages of at most `words` words under their headings, cut between sentences that are less
    alike than the mean of all neighbours less one standard deviation.

    Ids and headings are those of `chunking.passages`.
    """
    import numpy as np

    found = [(document, sentences(document.text, words)) for document in documents]
    texts = list(dict.fromkeys(text for _, rows in found for _, text in rows))
    vectors = dict(zip(texts, encoding.vectors(texts, tell=tell), strict=True))
    # Neighbours under one heading: (cosine, ...) of each document; a new heading always cuts.
    likes = [
        [float(vectors[a[1]] @ vectors[b[1]]) if a[0] == b[0] else None for a, b in pairwise(rows)]
        for _, rows in found
    ]
    known = [like for row in likes for like in row if like is not None]
    least = float(np.mean(known) - np.std(known)) if known else 0.0
    return [
        passage
        for (document, rows), like in zip(found, likes, strict=True)
        for passage in build_passages(document, _join_sentences(rows, like, words, least))
    ]


def _join_sentences(
    rows: Sequence[tuple[tuple[str, ...], str]],
    likes: Sequence[float | None],
    words: int,
    least: float,
) -> list[tuple[tuple[str, ...], str]]:
    """Sentences joined to pieces (headings, text)."""
    pieces: list[tuple[tuple[str, ...], str]] = []
    for (heads, text), like in zip(rows, [None, *likes], strict=False):
        fits = pieces and len(cut_words(pieces[-1][1])) + len(cut_words(text)) <= words
        if fits and like is not None and like >= least:
            pieces[-1] = (heads, f"{pieces[-1][1]} {text}")
        else:
            pieces.append((heads, text))
    return pieces
