"""An arm that asks a chat model: the part that zero-shot, few-shot and every tuned model share."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assay.encode import parse
from assay.encode.wording import PLAIN, Wording, posed
from assay.nouns import (
    Adapted,
    Answer,
    Decoding,
    Example,
    Form,
    Generated,
    LanguageModel,
    Lesson,
    Message,
    Messages,
    Task,
    Tell,
)

if TYPE_CHECKING:
    import numpy as np

LONGEST_ANSWER = 256  # tokens; only used when there are no training targets to measure


class Prompted(Adapted):
    """Asks `model` with the task's wording. Classification scores every label; other tasks generate and parse."""

    def __init__(self, model: LanguageModel, task: Task, *, labels: bool, room: int, wording: Wording = PLAIN):
        self._model = model
        self.wording = wording
        self.task = task
        self.labels = labels
        self.room = room  # tokens an answer may take

    @property
    def model(self) -> LanguageModel:
        return self._model

    @property
    def reading(self) -> parse.Reading:
        """How an answer is read from what the model writes."""
        return parse.Reading(self.task, self.wording.label_words, self.wording.marks[1])

    @property
    def how(self) -> Decoding:
        """How an answer is written. A model that cannot score labels writes one of them."""
        how = self.task.decoding
        if self.task.kind == "classify":
            words = [self.wording.words(label) for label in self.task.labels]
            how = replace(how, form=Form("choice", json.dumps(words, ensure_ascii=False)))
        return replace(how, stop=(*how.stop, *self.next_question))

    @property
    def next_question(self) -> tuple[str, ...]:
        """Where solved examples are text, a model may write a further question after its answer: what that begins
        with."""
        return (f"\n{self.wording.marks[0]}",) if self.wording.layout == "text" else ()

    def shots(self, question: Example) -> Sequence[Example]:
        """Solved examples to show before the question."""
        return ()

    def prompt(self, question: Example) -> Messages:
        return posed(self.task, question, self.shots(question), labels=self.labels, wording=self.wording)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        return self.reply([self.prompt(question) for question in questions], tell)

    def reply(self, prompts: Sequence[Messages], tell: Tell | None = None) -> list[Answer]:
        """The answers to prompts as they are sent."""
        if self.task.kind == "classify" and self.model.can_score:
            return self.chosen(prompts, tell)
        generated = self.model.generate(prompts, max_tokens=self.room, how=self.how, tell=tell)
        answers = [written(self.reading, one) for one in generated]
        return self.drawn(prompts, answers, tell) if self.task.samples else answers

    def drawn(self, prompts: Sequence[Messages], answers: Sequence[Answer], tell: Tell | None) -> list[Answer]:
        """The answers with `task.samples` further ones each, drawn from the likeliest tokens of a share of 0.95 (as
        Chen et al. 2021, arxiv.org/abs/2107.03374). What they take is counted with the answer."""
        n, how = self.task.samples, replace(self.how, temperature=self.task.temperature, top_p=0.95)
        every = [prompt for prompt in prompts for _ in range(n)]
        generated = self.model.generate(every, max_tokens=self.room, how=how, tell=tell)
        found = [written(self.reading, one) for one in generated]
        parts = [found[at : at + n] for at in range(0, len(found), n)]
        return [
            replace(
                answer,
                samples=tuple(one.text for one in part),
                prompt_tokens=answer.prompt_tokens + sum(one.prompt_tokens for one in part),
                tokens=answer.tokens + sum(one.tokens for one in part),
            )
            for answer, part in zip(answers, parts, strict=True)
        ]

    def chosen(self, prompts: Sequence[Messages], tell: Tell | None = None) -> list[Answer]:
        """The likeliest label after each prompt."""
        scores = self.scores(prompts, tell)
        counts = [self.model.count_tokens(prompt) for prompt in prompts]
        return [chosen(self.task.labels, row, count) for row, count in zip(scores, counts, strict=True)]

    def scores(self, prompts: Sequence[Messages], tell: Tell | None = None) -> np.ndarray:
        """Log score of every label after each prompt, (prompts, labels)."""
        options = [self.wording.words(label) for label in self.task.labels]
        return self.model.score(prompts, options, tell=tell)

    def save(self, folder: Path) -> None:
        """A prompt without examples has nothing to keep but its settings, which arm.json holds."""


def written(reading: parse.Reading, one: Generated) -> Answer:
    """What a model wrote, read as an answer. A refusal is none, and counts as wrong."""
    labelled = reading.task.kind == "classify" and one.logprob is not None
    return Answer(
        None if one.refused else reading.lenient(one.text),
        raw=one.text,
        confidence=round(math.exp(min(0.0, one.logprob or 0.0)), 4) if labelled else None,
        prompt_tokens=one.prompt_tokens,
        tokens=one.tokens,
        truncated=one.truncated,
        refused=one.refused,
    )


def chosen(labels: Sequence[str], scores: np.ndarray, prompt_tokens: int = 0) -> Answer:
    """The label with the highest log score; the first of equals wins. The confidence is its share among the labels, or
    a lower bound of it where the scores of unlikely labels are upper bounds."""
    import numpy as np

    best = int(np.argmax(scores))
    shares = np.exp(scores - scores.max())
    return Answer(
        labels[best],
        raw=labels[best],
        scores=tuple(round(float(s), 4) for s in scores),
        confidence=round(float(shares[best] / shares.sum()), 4),
        prompt_tokens=prompt_tokens,
    )


def answer_room(lesson: Lesson, model: LanguageModel, wording: Wording = PLAIN) -> int:
    """How many tokens an answer may take: the task's own number, or half as much again as the longest target."""
    if lesson.task.max_answer_tokens:
        return lesson.task.max_answer_tokens
    targets = {wording.words(example.target or "") for example in lesson.train}
    if not targets:
        return LONGEST_ANSWER
    empty = model.count_tokens((Message("user", ""),))
    longest = max(model.count_tokens((Message("user", target),)) - empty for target in targets)
    return min(LONGEST_ANSWER, longest * 3 // 2 + 4)
