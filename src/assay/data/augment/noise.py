"""Copies of training rows with slips of the hand: neighbours on the keyboard, swaps, drops, lost
case and punctuation.

What it is for   users type worse than the people who wrote the training file
Source           Belinkov and Bisk (2018), Synthetic and natural noise both break neural machine
                 translation, arxiv.org/abs/1711.02173; the slips and what they leave alone:
                 slips.py
Good when        the arm is asked in haste, and the rows were written with care
Watch out        word counts (`tfidf`) gain little: a mistyped word is a new word. Measured:
                 docs/augment.md
Defaults         half of the rows, one copy each, a slip in one word of ten: about what hurried
                 typing leaves
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from pydantic import Field

from assay.core.types import Augmentation, Example, Made, Means
from assay.data.augment.selection import choose_rows, draw_for
from assay.data.augment.typos import SLIPS, Slip, add_typos, words_to_keep


class Noise(Augmentation):
    kind: Literal["noise"] = "noise"
    # Share of the words that get a slip; each copy gets one at least.
    rate: float = Field(default=0.1, gt=0, le=1)
    # Share of the training rows that are copied.
    share: float = Field(default=0.5, gt=0, le=1)
    # Copies of each of them, each with slips of its own.
    copies: int = Field(default=1, ge=1, le=20)
    slips: tuple[Slip, ...] = Field(default=SLIPS, min_length=1)

    def make(self, examples: Sequence[Example], means: Means) -> Iterator[Made]:
        keep = words_to_keep(examples)
        for example in choose_rows(examples, self.share, self.kind, means.seed):
            said, seen = example.messages[-1].content, {example.messages[-1].content}
            for copy in range(1, self.copies + 1):
                draw = draw_for(example, self.kind, means.seed, copy)
                text = add_typos(said, self.rate, self.slips, draw, keep(example))
                if text.strip() and text not in seen:
                    seen.add(text)
                    made = replace(example.with_text(text), id=f"{example.id}~{self.kind}{copy}")
                    yield Made(made, (example.id,), "slips of the hand")
