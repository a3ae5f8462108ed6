"""Drop rows that are no language at all: `asdf jkl wqpoei`.

Two signals   a row goes when both say so. Letters: how surprising they are to a model of all other
              rows (character_model.py), as deviations from the median row. Words: in English data
              more than half of them are in no dictionary (harper-py, extra `quality`); in other
              data more than half of them stand in no other row
Watch out     real words in no order are no gibberish here; `off_topic` may find them. A row in
              another language is left to `language`. Copies of one nonsense look usual to each
              other: `dedupe` first
Measured      see docs/steps.md: of 30 planted rows of mashed keys 29 or 30 are found in banking77,
              and no question goes
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, ClassVar, Literal

from pydantic import Field

from assay.core.errors import DataError, Problem
from assay.core.types import Changed, Dropped, Example, Means, SetStep
from assay.data.outliers import deviations, settle
from assay.data.steps.language import detect

FEWEST_LETTERS = 8  # `thx`, `ok`, `lol` are messages
FEWEST_ROWS = 20  # from fewer no model of letters can be made
ROWS_READ = 300  # enough to tell the language of the data
WORDS_ASKED = 30  # of a row: enough for a share
LONGEST_WORD = 20
SURE = 0.7  # a language at least as sure as this is one
_WORD = re.compile(r"[^\W\d_]{3,}")


class Gibberish(SetStep):
    kind: Literal["gibberish"] = "gibberish"
    VERSION: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = ("fasttext-predict-v2", "harper-py")
    # Robust standard deviations above the median in bits per letter. Mashed keys begin at 6, which
    # 1 in 1,000 clean rows reaches.
    min_surprise: float = Field(default=6.0, gt=0)
    # Share of a row's words that the second signal does not know.
    min_unknown: float = Field(default=0.5, gt=0, le=1)
    # What knows words: harper's English dictionary, or the other rows. Derived from the language of
    # most rows.
    words: Literal["derive", "english", "rows"] = "derive"

    def apply(
        self, examples: Sequence[Example], means: Means
    ) -> Iterator[Example | Changed | Dropped]:
        texts = [example.text for example in examples]
        spelling = _Spelling(texts) if len(texts) >= FEWEST_ROWS and self._english(texts) else None
        gone = settle(len(texts), lambda left: self._find_gibberish(texts, left, spelling))
        for at, example in enumerate(examples):
            yield Dropped(example, gone[at]) if at in gone else example

    def _english(self, texts: Sequence[str]) -> bool:
        if self.words != "derive":
            return self.words == "english"
        told = Counter(
            found[0][0] for found in detect(texts[:: max(1, len(texts) // ROWS_READ)]) if found
        )
        return bool(told) and told.most_common(1)[0][0] == "en"

    def _find_gibberish(
        self, texts: Sequence[str], left: Sequence[int], spelling: "_Spelling | None"
    ) -> dict[int, str]:
        from assay.data.character_model import surprise

        if len(left) < FEWEST_ROWS:
            return {}
        odd = deviations(surprise([texts[at] for at in left])) > self.min_surprise
        asked = [
            at
            for at, yes in zip(left, odd, strict=True)
            if yes and _letters(texts[at]) >= FEWEST_LETTERS
        ]
        if not asked:
            return {}
        rows = None if spelling else Counter(word for at in left for word in set(_words(texts[at])))
        found = {}
        for at in asked:
            words = _words(texts[at])
            if not words:
                continue
            unknown = (
                spelling.unknown(at)
                if spelling
                else sum((rows or {})[word] == 1 for word in words) / len(words)
            )
            if unknown > self.min_unknown and not _foreign(texts[at]):
                found[at] = "gibberish"
        return found


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _foreign(text: str) -> bool:
    """Whether the text is surely in some language: then it is not gibberish, whatever the data is
    in."""
    told = detect([text])[0]
    return bool(told) and told[0][1] >= SURE


class _Spelling:
    """Harper's dictionary of English, asked once about a row."""

    def __init__(self, texts: Sequence[str]) -> None:
        if find_spec("harper") is None:
            raise DataError(
                Problem(
                    "D075",
                    "the step gibberish asks harper-py about English words, and it is not"
                    " installed",
                    "prepare",
                    help="pip install 'assay[quality]', or set `words: rows`",
                )
            )
        self._texts = texts
        self._shares: dict[int, float] = {}  # by row: it is asked again while others go

    def unknown(self, row: int) -> float:
        """The share of the words of three letters and more that are in no English dictionary."""
        if row not in self._shares:
            words = _words(self._texts[row])[:WORDS_ASKED]
            # Looking for what a long word may have meant takes minutes, and no English word is
            # longer.
            asked = [word for word in words if len(word) <= LONGEST_WORD]
            found = _misspelt(" ".join(asked)) if asked else 0
            self._shares[row] = 1 - (len(asked) - found) / len(words)
        return self._shares[row]


def _misspelt(text: str) -> int:
    linter, language = _linter()
    return len(linter.lint(text, language=language))


@cache  # making it takes half a second
def _linter() -> tuple[Any, Any]:
    from harper import Language, Linter

    linter = Linter()
    linter.set_lint_config({rule: rule == "SpellCheck" for rule in linter.get_lint_config()})
    return linter, Language.PLAINTEXT
