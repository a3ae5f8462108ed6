"""Which passages hold the answer of a row: what retrieval is measured by, and what its parts learn
from."""

from __future__ import annotations

from collections.abc import Sequence

from assay.core.types import Document, Example
from assay.core.words import words_in


def gold(example: Example, passages: Sequence[Document]) -> list[int]:
    """Indices of the passages that hold the answer of `example`, in order; empty when none does.

    Where a person has noted the documents (`found_in`), the passages of those: the ones in which
    the answer's words stand, or all of them where the answer stands in none. Without a note, every
    passage with the answer's words. The answer is `target` or one of `also`; its words must stand
    side by side, upper and lower case being alike.

    Args:
        passages: ids are `<document>#<number>`.
    """
    return Holding(passages).of(example)


class Holding:
    """`gold` for many examples over the same passages, whose words are then read once."""

    def __init__(self, passages: Sequence[Document]):
        self._documents = [document_of(passage.id) for passage in passages]
        self._texts = [_words(passage.text) for passage in passages]

    def of(self, example: Example) -> list[int]:
        """Indices of the passages that hold the answer, as `gold` gives them."""
        answers = [
            text for text in (_words(answer) for answer in (example.target, *example.also)) if text
        ]
        noted = set(example.found_in)
        allowed = [
            i for i, document in enumerate(self._documents) if not noted or document in noted
        ]
        holding = [i for i in allowed if any(answer in self._texts[i] for answer in answers)]
        return holding if holding or not noted else allowed


def document_of(passage: str) -> str:
    """The id of the document that a passage was cut from."""
    return passage.rpartition("#")[0] or passage


def _words(text: str | None) -> str:
    """The words with a space on each side, or "" where there is none: a part of it is a run of
    whole words."""
    words = words_in((text or "").casefold())
    return f" {' '.join(words)} " if words else ""
