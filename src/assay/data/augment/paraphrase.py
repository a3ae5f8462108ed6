"""Copies of training rows in other words: by rules, by the project's model, or by translating there
and back.

What it is for   the same request comes in many wordings, and the training file has one of each
Source           back-translation: Sennrich, Haddow, Birch (2016), aclanthology.org/P16-1009;
                 keeping only rewritings that an independent model finds alike: Kumar, Choudhary,
                 Cho (2020), Data augmentation using pre-trained transformer models,
                 arxiv.org/abs/2003.02245. Rules: paraphrase_rules.py
Filters          what a model wrote must not be a copy, must be near in meaning (cosine of sentence
                 vectors), in the row's language, of similar length, a question if the row is one,
                 and hold every number and every word that the target names; what was translated
                 must be in the other language
Good when        by: rules costs nothing and is English only; by: model needs a base that can
                 rewrite. A base of 135 million parameters mostly answers instead of rewriting, and
                 the filters throw that away
Watch out        rows that fail a filter are simply not made: compare the count in `assay check`
                 with what you asked for
Defaults         rules; cosine 0.75, chosen on some fifty rewritings that were read: no stranger
                 passes, near misses do
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar, Literal

from pydantic import Field

from assay.core.types import Augmentation, Example, Made, Means, Message, Messages
from assay.data.augment.paraphrase_rules import rewrite_text
from assay.data.augment.selection import choose_rows, draw_for
from assay.data.augment.typos import words_to_keep
from assay.data.text_similarity import normal

INSTRUCTION = (
    "Rewrite the user's message in other words. Keep its meaning,"
    " its language, and every number and name. Do not answer it. Write the rewritten message only."
)
LANGUAGES = {"fr": "French", "de": "German", "es": "Spanish", "it": "Italian", "pt": "Portuguese"}
LENGTHS = (0.5, 2.0)  # characters of the new text over those of the old one
LENGTH_CLASSES = (80, 160, 320, 1000)  # characters
CHARACTERS_A_TOKEN = 3  # fewer than texts have on average, so that an answer has room
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+")


class Paraphrase(Augmentation):
    kind: Literal["paraphrase"] = "paraphrase"
    needs: ClassVar[tuple[str, ...]] = ("generate", "embed")
    by: Literal["rules", "model", "back_translation"] = "rules"
    # Share of the training rows that are tried.
    share: float = Field(default=0.5, gt=0, le=1)
    # by: rules; rules applied to one text at most.
    rules: int = Field(default=2, ge=1, le=10)
    # by: back_translation; the language to go through.
    through: Literal["fr", "de", "es", "it", "pt"] = "fr"
    # by: model, back_translation; cosine of the sentence vectors of old and new from which they
    # mean the same.
    min_similarity: float = Field(default=0.75, ge=0, le=1)

    def wants(self) -> tuple[str, ...]:
        return () if self.by == "rules" else self.needs

    def make(self, examples: Sequence[Example], means: Means) -> Iterator[Made]:
        keep = words_to_keep(examples)
        rows = [
            e
            for e in choose_rows(examples, self.share, self.kind, means.seed)
            if e.messages[-1].content.strip()
        ]
        if self.by == "rules":
            texts = [
                rewrite_text(
                    e.messages[-1].content, draw_for(e, self.kind, means.seed, 1), self.rules
                )
                for e in rows
            ]
        else:
            texts = self._paraphrase_texts(rows, means)
        good = self._alike(rows, texts, means)
        for example, text, same in zip(rows, texts, good, strict=True):
            if same and keeps(example.messages[-1].content, text, keep(example)):
                made = replace(example.with_text(text), id=f"{example.id}~{self.kind}1")
                yield Made(made, (example.id,), f"other words by {self.by.replace('_', ' ')}")

    def _paraphrase_texts(self, rows: Sequence[Example], means: Means) -> list[str]:
        said = [example.messages[-1].content for example in rows]
        if self.by == "model":
            return _generate_texts([_prompt(INSTRUCTION, text) for text in said], said, means)
        name = LANGUAGES[self.through]
        there = f"Translate the user's message into {name}. Write the translation only."
        over = _generate_texts([_prompt(there, text) for text in said], said, means)
        back = "Translate the user's message into English. Write the translation only."
        home = _generate_texts([_prompt(back, text) for text in over], over, means)
        # A model that did not translate has not gone through another language: its text is a copy
        # or an answer.
        went = [found == self.through for found in _languages(over)]
        return [text if ok else "" for text, ok in zip(home, went, strict=True)]

    def _alike(self, rows: Sequence[Example], texts: Sequence[str], means: Means) -> list[bool]:
        """Is each text another wording of its row? Rules keep the meaning; what a model wrote is
        judged."""
        said = [example.messages[-1].content for example in rows]
        other = [
            bool(text.strip()) and normal(text) != normal(old)
            for old, text in zip(said, texts, strict=True)
        ]
        if self.by == "rules":
            return [
                bool(text.strip()) and text != old for old, text in zip(said, texts, strict=True)
            ]
        low, high = LENGTHS
        fits = [
            ok and low <= len(text) / len(old) <= high
            for ok, old, text in zip(other, said, texts, strict=True)
        ]
        pairs = [(old, text) for ok, old, text in zip(fits, said, texts, strict=True) if ok]
        near = iter(self._near(pairs, means))
        return [ok and next(near) for ok in fits]

    def _near(self, pairs: Sequence[tuple[str, str]], means: Means) -> list[bool]:
        assert means.embed is not None, "handed in where it is wanted"
        if not pairs:
            return []
        old, new = (means.embed(list(texts)) for texts in zip(*pairs, strict=True))
        cosine: Any = (old * new).sum(axis=1)
        spoken = zip(
            _languages([a for a, _ in pairs]), _languages([b for _, b in pairs]), strict=True
        )
        same = [first == second or not first or not second for first, second in spoken]
        return [
            bool(value >= self.min_similarity) and ok
            for value, ok in zip(cosine, same, strict=True)
        ]


def keeps(old: str, new: str, words: frozenset[str]) -> bool:
    """Does the new text hold the old one's numbers, and the words of the target that the old one
    holds? And does a question stay one? Small models like to answer."""
    if ("?" in old) != ("?" in new):
        return False
    had, has = ({word.casefold() for word in _WORD.findall(text)} for text in (old, new))
    return sorted(_NUMBER.findall(old)) == sorted(_NUMBER.findall(new)) and words & had <= has


def _prompt(instruction: str, text: str) -> Messages:
    return Message("system", instruction), Message("user", text)


def _generate_texts(prompts: Sequence[Messages], texts: Sequence[str], means: Means) -> list[str]:
    """One text each, without the quotes that models put around what they write. Short texts are
    asked for by themselves: all rows of a batch run until the last one has ended, or has as many
    tokens as its text may need."""
    assert means.generate is not None, "handed in where it is wanted"
    answers = [""] * len(prompts)
    for low, high in pairwise((0, *LENGTH_CLASSES, sys.maxsize)):
        of = [at for at, text in enumerate(texts) if low < len(text) <= high]
        longest = max((len(texts[at]) for at in of), default=0)
        written = (
            means.generate([prompts[at] for at in of], 8 + longest // CHARACTERS_A_TOKEN)
            if of
            else []
        )
        for at, answer in zip(of, written, strict=True):
            answers[at] = answer.strip().strip('"“”').strip()
    return answers


def _languages(texts: Sequence[str]) -> list[str]:
    from assay.data.steps.language import detect

    return [found[0][0] if found else "" for found in detect(texts)]
