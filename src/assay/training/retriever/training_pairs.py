"""What a retriever learns from: questions with the passages that hold their answers, and passages
that do not.

Labelled    train rows whose gold passages are known (`retrieval/gold_passages.py`); rows without
            any are left out and counted
Unlabelled  a sentence of a passage asks for the rest of it: inverse cloze
Source      Lee et al. (2019), Latent Retrieval for Weakly Supervised Open Domain Question
            Answering, aclanthology.org/P19-1612 (inverse cloze, and keeping the sentence in one
            passage of ten)
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assay.core.errors import Problem, TrainError, UsageError
from assay.core.preconditions import need_rows
from assay.core.sampling import random_stream
from assay.core.types import Document, Example, Lesson
from assay.core.words import FULL_STOP, STOP, count_words, glue
from assay.retrieval import chunking
from assay.retrieval.gold_passages import gold

# share of cloze passages that keep the sentence: matching words counts too (Lee et al. 2019)
STAYS = 0.1
SHORTEST = 4  # words of a cloze question
WORDS = 90  # of a passage, where documents come whole: what `rag` cuts them to
_PASSAGE = re.compile(r"#\d+$")
_SENTENCE = re.compile(rf"(?<={STOP})\s+|(?<={FULL_STOP})(?=.)")


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question and the indices of the passages that hold its answer, in order."""

    question: str
    gold: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cloze:
    """A sentence of a passage, and the passage as it is shown with it. `place` is the passage's
    index."""

    question: str
    passage: str
    place: int


@dataclass(frozen=True)
class Material:
    """What a lesson has for a retriever. `left_out`: rows of train whose answer stands in no
    passage."""

    passages: tuple[str, ...]
    train: tuple[GoldQuestion, ...]
    val: tuple[GoldQuestion, ...]
    left_out: int


def material(kind: str, lesson: Lesson, val_rows: int) -> Material:
    """
    Args:
        kind: of the part, for messages. val_rows: val pairs at most, drawn with the seed.

    Raises:
        TrainError: T002 no rows, T090 no training row has a passage with its answer. UsageError:
            C079 no documents.
    """
    need_rows(kind, lesson)
    if not any(document.text.strip() for document in lesson.documents):
        text = f"{kind}: there are no documents to learn to search"
        raise UsageError(Problem("C079", text, "documents", "name them under `documents:`"))
    passages = cut(lesson.documents)
    train = pair_with_gold(lesson.train, passages)
    if not train:
        text = (
            f"{kind}: none of the"
            f" {len(lesson.train)} training rows has a passage that holds its answer"
        )
        way = (
            "name the column that says in which documents an answer stands: data: {columns:"
            " {found_in: ...}}"
        )
        raise TrainError(Problem("T090", text, "data.columns.found_in", way))
    left_out = len(lesson.train) - len(train)
    if left_out:
        text = (
            f"{kind}: {left_out} of"
            f" {len(lesson.train)} training rows have no passage with their answer"
        )
        lesson.tell({"event": "note", "text": f"{text}; they are left out"})
    val = pair_with_gold(lesson.val, passages)
    if len(val) > val_rows:
        val = random.Random(lesson.seed).sample(val, val_rows)
    if not val:
        text = f"{kind}: no val row has a passage with its answer; the last weights are kept"
        lesson.tell({"event": "note", "text": text})
    return Material(tuple(passage.text for passage in passages), tuple(train), tuple(val), left_out)


def cut(documents: Sequence[Document]) -> list[Document]:
    """The documents that are passages already (`<document>#<number>`), and the passages of the
    others."""
    whole = [document for document in documents if not _PASSAGE.search(document.id)]
    return [
        *(document for document in documents if _PASSAGE.search(document.id)),
        *chunking.passages(whole, WORDS),
    ]


def pair_with_gold(examples: Sequence[Example], passages: Sequence[Document]) -> list[GoldQuestion]:
    """The examples whose answer stands in some passage, with those passages."""
    found = ((example.text, tuple(gold(example, passages))) for example in examples)
    return [GoldQuestion(question, places) for question, places in found if places]


def cloze(passages: Sequence[str], seed: int) -> list[Cloze]:
    """Two questions a passage: its first sentence, which often names what it is about, and another
    one, drawn.

    A passage of one sentence, and sentences of fewer than four words, give none.
    """
    made: list[Cloze] = []
    for place, passage in enumerate(passages):
        draw = random_stream(seed, place, sep="-")
        sentences = _SENTENCE.split(passage.strip())
        long = [i for i, sentence in enumerate(sentences) if count_words(sentence) >= SHORTEST]
        asked = [i for i in long if i == 0] + [
            draw.choice(rest) for rest in [[i for i in long if i]] if rest
        ]
        for i in asked if len(sentences) > 1 else ():
            rest = glue(sentences[:i] + sentences[i + 1 :])
            made.append(Cloze(sentences[i], passage if draw.random() < STAYS else rest, place))
    return made


def in_batches(count: int, size: int, seed: int, epoch: int) -> list[list[int]]:
    """The numbers below `count` in the order of the epoch, in batches of nearly equal size, at most
    `size`."""
    order = list(range(count))
    random_stream(seed, epoch, "order", sep="-").shuffle(order)
    parts = -(-count // size)
    return [order[count * i // parts : count * (i + 1) // parts] for i in range(parts)]
