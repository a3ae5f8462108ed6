"""An arm that asks a chat model: the part that zero-shot, few-shot and every tuned model share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.encode import parse
from assay.encode.wording import PLAIN, Wording, posed
from assay.nouns import Adapted, Answer, Example, LanguageModel, Lesson, Message, Messages, Task, Tell

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

    def shots(self, question: Example) -> Sequence[Example]:
        """Solved examples to show before the question."""
        return ()

    def prompt(self, question: Example) -> Messages:
        return posed(self.task, question, self.shots(question), labels=self.labels, wording=self.wording)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        prompts = [self.prompt(question) for question in questions]
        if self.task.kind == "classify":
            options = [self.wording.words(label) for label in self.task.labels]
            scores = self.model.score(prompts, options, tell=tell)
            counts = [self.model.count_tokens(prompt) for prompt in prompts]
            return [chosen(self.task.labels, row, count) for row, count in zip(scores, counts, strict=True)]
        generated = self.model.generate(prompts, max_tokens=self.room, tell=tell)
        return [
            Answer(
                parse.lenient(self.task, g.text),
                raw=g.text,
                prompt_tokens=g.prompt_tokens,
                tokens=g.tokens,
                truncated=g.truncated,
            )
            for g in generated
        ]

    def save(self, folder: Path) -> None:
        """A prompt without examples has nothing to keep but its settings, which arm.json holds."""


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
