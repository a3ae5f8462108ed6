"""A text as tokens, and the runs of them that may be the answer to a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from assay.core.words import RUN, UNSPACED
from assay.strategies.text.sentences import sentence_places

if TYPE_CHECKING:
    import numpy as np

TOKEN = re.compile(rf"[{UNSPACED}]|{RUN}(?:[.,:]\d+)*|[^\w\s]")
OPENS = frozenset("$€£¥#\"“'‘(")  # marks that a run may begin with
CLOSES = frozenset("%\"”'’)°")  # marks that it may end with


@dataclass(frozen=True)
class PassageTokens:
    """A text cut into tokens. Places of tokens are (first, behind the last)."""

    text: str

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """(beginning, end) of each token, in characters."""
        return [found.span() for found in TOKEN.finditer(self.text)]

    @cached_property
    def tokens(self) -> list[str]:
        return [self.text[start:end] for start, end in self.places]

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """The tokens of each sentence; none is empty."""
        out, at = [], 0
        for _, end in sentence_places(self.text):
            first = at
            while at < len(self.places) and self.places[at][0] < end:
                at += 1
            if at > first:
                out.append((first, at))
        return out

    def span_text(self, first: int, behind: int) -> str:
        """The text of a run of tokens, as it stands."""
        return self.text[self.places[first][0] : self.places[behind - 1][1]]


def runs(
    passage: PassageTokens, sentences: Sequence[int], longest: int, barred: frozenset[str]
) -> np.ndarray:
    """int64 (runs, 2): first token and the one behind the last, of all runs of at most `longest`
    tokens within one of the sentences that begin and end with a word.

    Args:
        sentences: their numbers.
        barred: words, in lower case, that neither begin nor end an answer.
    """
    import numpy as np

    found = []
    tokens = passage.tokens
    words = [token[0].isalnum() and token.casefold() not in barred for token in tokens]
    opens = [word or token in OPENS for word, token in zip(words, tokens, strict=True)]
    closes = [word or token in CLOSES for word, token in zip(words, tokens, strict=True)]
    for number in sentences:
        begin, end = passage.sentences[number]
        for first in range(begin, end):
            if opens[first]:
                behind = range(first + 1, min(end, first + longest) + 1)
                found += [
                    (first, last) for last in behind if closes[last - 1] and any(words[first:last])
                ]
    return np.array(found, dtype=np.int64).reshape(-1, 2)
