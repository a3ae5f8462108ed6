"""An arm that asks a chat model: the part that zero-shot, few-shot and every tuned model share."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.encode import parse
from assay.encode.wording import ask, shown
from assay.nouns import (
    GREEDY,
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

    def __init__(self, model: LanguageModel, task: Task, *, labels: bool, room: int):
        self._model = model
        self.task = task
        self.labels = labels
        self.room = room  # tokens an answer may take

    @property
    def model(self) -> LanguageModel:
        return self._model

    def shots(self, question: Example) -> Sequence[Example]:
        """Solved examples to show before the question."""
        return ()

    def prompt(self, question: Example) -> Messages:
        system, *rest = ask(self.task, question, labels=self.labels)
        turns: list[Message] = []
        for example in self.shots(question):
            turns += shown(self.task, example)
        return (system, *turns, *rest)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        prompts = [self.prompt(question) for question in questions]
        if self.task.kind == "classify" and self.model.can_score:
            scores = self.model.score(prompts, self.task.labels, tell=tell)
            counts = [self.model.count_tokens(prompt) for prompt in prompts]
            return [chosen(self.task.labels, row, count) for row, count in zip(scores, counts, strict=True)]
        how = GREEDY
        if self.task.kind == "classify":
            how = Decoding(form=Form("choice", json.dumps(self.task.labels, ensure_ascii=False)))
        generated = self.model.generate(prompts, max_tokens=self.room, how=how, tell=tell)
        return [written(self.task, one) for one in generated]

    def save(self, folder: Path) -> None:
        """A prompt without examples has nothing to keep but its settings, which arm.json holds."""


def written(task: Task, one: Generated) -> Answer:
    """What a model wrote, read as an answer. A refusal is none, and counts as wrong."""
    labelled = task.kind == "classify" and one.logprob is not None
    return Answer(
        None if one.refused else parse.lenient(task, one.text),
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


def answer_room(lesson: Lesson, model: LanguageModel) -> int:
    """How many tokens an answer may take: the task's own number, or half as much again as the longest target."""
    if lesson.task.max_answer_tokens:
        return lesson.task.max_answer_tokens
    targets = {example.target or "" for example in lesson.train}
    if not targets:
        return LONGEST_ANSWER
    empty = model.count_tokens((Message("user", ""),))
    longest = max(model.count_tokens((Message("user", target),)) - empty for target in targets)
    return min(LONGEST_ANSWER, longest * 3 // 2 + 4)
