"""Drop rows that break a rule made for web pages: too few words, lorem ipsum, a list without a
sentence.

Source      Gopher (Rae et al. 2021, arxiv.org/abs/2112.11446, appendix A.1.1), C4 (Raffel et al.
            2020, arxiv.org/abs/1910.10683, section 2.2), FineWeb (Penedo et al. 2024,
            arxiv.org/abs/2406.17557, section 3.6), restated; their rules about repetition are the
            step `repetition`
For what    a web page is wrong where a chat ticket is right, so the bounds come in three sets:
            `short` texts, `documents`, and `web`, which has the numbers of the papers
Watch out   `web` drops 20 of the 57 documents of legal_site_policy: it was made for pages that
            nobody chose
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from pydantic import Field

from assay.core.types import Changed, Dropped, Example, Means, SetStep
from assay.core.words import count_words
from assay.data import text_statistics

# Gopher keeps pages from 50 words on; where the row in the middle has four times as many, a shorter
# one is odd.
DOCUMENT_WORDS = 200


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    words: list[str]
    lines: list[str]
    listed: tuple[str, ...]


# setting, what it bounds, reason. A text that has less than a `min_` or more than a `max_` is
# dropped.
_BOUNDS: tuple[tuple[str, Callable[[_Text], float], str], ...] = (
    ("min_words", lambda t: len(t.words), "too few words"),
    ("max_words", lambda t: len(t.words), "too many words"),
    ("min_word_length", lambda t: text_statistics.word_length(t.words), "words too short"),
    ("max_word_length", lambda t: text_statistics.word_length(t.words), "words too long"),
    (
        "min_alphabetic_words",
        lambda t: text_statistics.alphabetic_words(t.words),
        "too few words with letters",
    ),
    (
        "max_symbols_per_word",
        lambda t: text_statistics.symbols_per_word(t.text, t.words),
        "too many # and ellipses",
    ),
    ("max_bullet_lines", lambda t: text_statistics.bullet_lines(t.lines), "mostly a list"),
    ("max_ellipsis_lines", lambda t: text_statistics.ellipsis_lines(t.lines), "mostly cut lines"),
    ("max_short_lines", lambda t: text_statistics.short_lines(t.lines), "mostly short lines"),
    (
        "min_ended_lines",
        lambda t: text_statistics.terminal_lines(t.lines),
        "hardly a line ends a sentence",
    ),
    ("min_sentences", lambda t: text_statistics.sentences(t.text), "too few sentences"),
    (
        "min_stop_words",
        lambda t: text_statistics.stop_words(t.words, t.listed),
        "too few stop words",
    ),
    ("max_curly_brackets", lambda t: t.text.count("{"), "curly brackets"),
    ("max_lorem_ipsum", lambda t: text_statistics.lorem_ipsum(t.text), "lorem ipsum"),
)
_WEB: dict[str, float] = {
    "min_words": 50,
    "max_words": 100_000,
    "min_word_length": 3,
    "max_word_length": 10,
    "min_alphabetic_words": 0.8,
    "max_symbols_per_word": 0.1,
    "max_bullet_lines": 0.9,
    "max_ellipsis_lines": 0.3,
    "max_short_lines": 0.67,
    "min_ended_lines": 0.12,
    "min_sentences": 3,
    "min_stop_words": 2,
    "max_curly_brackets": 0,
    "max_lorem_ipsum": 0,
}
# Looser where documents that people chose break the papers' rule: numbers in medicine, lists and
# tables in policies, code anywhere.
_DOCUMENTS = _WEB | {
    "min_words": 20,
    "min_alphabetic_words": 0.6,
    "min_ended_lines": 0.05,
    "min_sentences": 1,
}
_DOCUMENTS["max_symbols_per_word"] = 0.2  # headings in Markdown begin with #
_DOCUMENTS = {name: bound for name, bound in _DOCUMENTS.items() if name != "max_curly_brackets"}
# Messages have few words, no sentence end and slang; a row of digits alone can be an answer to a
# question for a number.
_SHORT: dict[str, float] = {"max_word_length": 60, "max_lorem_ipsum": 0}
PRESETS: dict[str, dict[str, float]] = {"short": _SHORT, "documents": _DOCUMENTS, "web": _WEB}


class Rules(SetStep):
    kind: Literal["rules"] = "rules"
    # Which bounds hold where none is given. Derived: documents if the row in the middle has 200
    # words, else short.
    texts: Literal["derive", "short", "documents", "web"] = "derive"
    min_words: int | None = Field(default=None, ge=0)
    max_words: int | None = Field(default=None, ge=1)
    min_word_length: float | None = Field(default=None, ge=0)  # characters, on average
    max_word_length: float | None = Field(default=None, gt=0)
    # share of words with a letter
    min_alphabetic_words: float | None = Field(default=None, ge=0, le=1)
    max_symbols_per_word: float | None = Field(default=None, ge=0)  # # and ellipses
    max_bullet_lines: float | None = Field(default=None, ge=0, le=1)
    max_ellipsis_lines: float | None = Field(default=None, ge=0, le=1)
    max_short_lines: float | None = Field(default=None, ge=0, le=1)  # under 30 characters
    min_ended_lines: float | None = Field(default=None, ge=0, le=1)  # that end as a sentence does
    min_sentences: int | None = Field(default=None, ge=0)
    min_stop_words: int | None = Field(default=None, ge=0)  # different ones of `stop_words`
    max_curly_brackets: int | None = Field(default=None, ge=0)
    max_lorem_ipsum: int | None = Field(default=None, ge=0, le=1)  # 1: a text may contain it
    # Gopher's. Where fewer than half of the rows have two of them the data is in another language,
    # and the rule rests.
    stop_words: tuple[str, ...] = text_statistics.STOP_WORDS

    def apply(
        self, examples: Sequence[Example], means: Means
    ) -> Iterator[Example | Changed | Dropped]:
        bounds = self.bounds([example.text for example in examples])
        for example in examples:
            reason = _broken(self._parts(example.text), bounds)
            yield Dropped(example, reason) if reason else example

    def bounds(self, texts: Sequence[str]) -> dict[str, float]:
        """Setting -> bound, for these texts: what is set, else what the preset says."""
        preset = self.texts
        if preset == "derive":
            middle = median([count_words(text) for text in texts] or [0])
            preset = "documents" if middle >= DOCUMENT_WORDS else "short"
        given: dict[str, Any] = {name: getattr(self, name) for name, _, _ in _BOUNDS}
        bounds = PRESETS[preset] | {
            name: bound for name, bound in given.items() if bound is not None
        }
        if "min_stop_words" in bounds and self.min_stop_words is None:
            told = sum(
                text_statistics.stop_words(text.split(), self.stop_words) >= 2 for text in texts
            )
            if told < len(texts) / 2:
                del bounds["min_stop_words"]
        return bounds

    def _parts(self, text: str) -> _Text:
        return _Text(
            text, text.split(), [line for line in text.split("\n") if line.strip()], self.stop_words
        )


def _broken(text: _Text, bounds: dict[str, float]) -> str:
    """The first rule that the text breaks, or nothing. An empty text breaks no rule but
    `min_words`: see `length`."""
    for name, measure, reason in _BOUNDS:
        if name not in bounds or not (text.words or name == "min_words"):
            continue
        value = measure(text)
        if value < bounds[name] if name.startswith("min_") else value > bounds[name]:
            return reason
    return ""
