"""Drop rows that say the same thing over and over.

Source      Gopher's rules (Rae et al. 2021, arxiv.org/abs/2112.11446, table A1) for texts of 100
            words and more; two rules of our own for shorter ones: words said in a row, one letter
            held down
Defaults    Gopher's are for pages that nobody chose (0.3 and 0.2 of lines, 0.2, 0.18, 0.16 of the
            most frequent 2-, 3-, 4-gram, 0.15 to 0.1 of repeated 5- to 10-grams); ours are about
            twice as wide, and six bounds on repeated 5- to 10-grams are two. At Gopher's own 1 to 4
            % of abstracts, mails, policies and issues would go
Measured    see docs/steps.md: 1 of 8,151 fortunes goes, no question or message; 2 % of issues,
            which hold logs
"""

import re
from typing import Literal

from pydantic import Field

from assay.core.types import Changed, Dropped, Example, Means, RowStep
from assay.data import text_statistics

_WORD = re.compile(r"\w+")  # a row of dashes repeats nothing


class Repetition(RowStep):
    kind: Literal["repetition"] = "repetition"
    # Share of the words that lies in a sequence of one to four words said four times or more in a
    # row.
    max_chanted: float = Field(default=0.7, ge=0, le=1)
    # The longest run of one letter, over all characters.
    max_run: float = Field(default=0.5, ge=0, le=1)
    # Lines and paragraphs that stand earlier in the text, over all; and their characters over all
    # characters.
    max_lines: float = Field(default=0.5, ge=0, le=1)
    max_line_chars: float = Field(default=0.4, ge=0, le=1)
    max_paragraphs: float = Field(default=0.5, ge=0, le=1)
    max_paragraph_chars: float = Field(default=0.4, ge=0, le=1)
    # Characters in the most frequent sequence of 2, 3, 4 words, over all.
    max_top_2: float = Field(default=0.25, ge=0, le=1)
    max_top_3: float = Field(default=0.3, ge=0, le=1)
    max_top_4: float = Field(default=0.3, ge=0, le=1)
    # Characters in sequences of 5 and of 10 words that stand earlier in the text, over all.
    max_repeated_5: float = Field(default=0.5, ge=0, le=1)
    max_repeated_10: float = Field(default=0.4, ge=0, le=1)
    # Shorter texts are held to `max_chanted` and `max_run` alone: there one word said twice is a
    # large share.
    min_words: int = Field(default=100, ge=1)

    def one(self, example: Example, means: Means) -> Example | Changed | Dropped:
        reason = self._reason(example.text)
        return Dropped(example, reason) if reason else example

    def _reason(self, text: str) -> str:
        words = _WORD.findall(text.lower())
        if len(text) >= 10 and text_statistics.longest_run(text) > self.max_run:
            return "one letter repeated"
        if len(words) >= 8 and text_statistics.consecutive_repeats(words) > self.max_chanted:
            return "words said again and again"
        if len(words) < self.min_words:
            return ""
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
        for parts, most, most_chars, reason in (
            (lines, self.max_lines, self.max_line_chars, "repeated lines"),
            (paragraphs, self.max_paragraphs, self.max_paragraph_chars, "repeated paragraphs"),
        ):
            share, chars = text_statistics.duplicate_fractions(parts)
            if share > most or chars > most_chars:
                return reason
        for n, most in ((2, self.max_top_2), (3, self.max_top_3), (4, self.max_top_4)):
            if text_statistics.top_gram(words, n) > most:
                return f"one sequence of {n} words too frequent"
        for n, most in ((5, self.max_repeated_5), (10, self.max_repeated_10)):
            if text_statistics.duplicate_ngrams(words, n) > most:
                return f"repeated sequences of {n} words"
        return ""
