"""What answering takes, from some of the questions.

How       One question by itself, eight, then as many as some seconds allow, evenly spaced by
          length. An arm that scores labels reads what all prompts share once a call, so a question
          costs the difference; one that writes its answers does so for a batch at once, so a
          question costs its share.
Watch out An arm that was trained for a few steps does not yet end its answers where a trained one
          will, and follows many labels where that one is sure: it is asked for as many tokens as
          targets have, or about two labels
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assay.core.types import Adapted, Answer, Example, LanguageModel, Message
from assay.training.estimate.usage import clock

FEW = 8
CALL = 256  # questions that are answered in one call at most
TARGETS = 256  # training targets whose length is looked at


@dataclass(frozen=True)
class AnswerTimes:
    """What a sample of questions took; seconds on the wall and of the processor.

    Attributes:
        warm: to load or to lay out what all answers need. one: for one question by itself. took:
            for the sample in a
        call. asked: the sample. answers: as far as they were made. written: they are, token by
        token.
    """

    warm: np.ndarray
    one: np.ndarray
    took: np.ndarray
    asked: list[Example]
    answers: list[Answer]
    written: bool

    def seconds(self, questions: int) -> np.ndarray:
        """For so many questions."""
        if not questions:
            return np.zeros(2)
        return self.warm + of_all(
            self.one, self.took, len(self.asked), questions, written=self.written
        )


def sample(examples: Sequence[Example], n: int) -> list[Example]:
    """`n` examples that stand for all: evenly spaced by length."""
    ordered = sorted(examples, key=lambda e: (len(e.text), e.id))
    if len(ordered) <= n:
        return ordered
    return [ordered[(2 * i + 1) * len(ordered) // (2 * n)] for i in range(n)]


@dataclass(frozen=True)
class Learnt:
    """What an arm that is only trained for a few steps would know after all of them.

    Attributes:
        targets: what it learns to answer. labels: of the task, where it scores them.
    """

    targets: Sequence[str]
    labels: Sequence[str]


def answering(
    adapted: Adapted, questions: Sequence[Example], learnt: Learnt | None = None, *, enough: float
) -> AnswerTimes:
    """
    Args:
        questions: at least one. learnt: of an arm in training that asks its model in the usual way.
            enough: seconds that the largest call may take, about.
    """
    warm, _ = _time_answers(adapted, sample(questions, 1))
    one, answers = _time_answers(adapted, sample(questions, 1))
    if learnt and adapted.model is not None and (learnt.labels or answers[0].tokens):
        ask = _time_writing if answers[0].tokens else _time_scoring
        return ask(
            adapted,
            adapted.model,
            questions,
            learnt,
            AnswerTimes(warm, one, one, [], answers, False),
            enough,
        )
    few = sample(questions, FEW)
    took, answers = _time_answers(adapted, few)
    if len(few) == FEW and (n := affordable(took, FEW, enough, len(questions))) > FEW:
        few = sample(questions, n)
        took, answers = _time_answers(adapted, few)
    return AnswerTimes(warm, one, took, few, answers, bool(answers[0].tokens))


def once_more(adapted: Adapted, before: AnswerTimes) -> float:
    """What it takes to ask the same again, in terms of the first time: next to nothing where the
    arm remembers what it has read, else 1."""
    if before.written:
        return 1.0
    took, _ = _time_answers(adapted, before.asked[-1:])
    return min(1.0, float(took[0]) * len(before.asked) / max(float(before.took[0]), 1e-6))


def affordable(took: np.ndarray, n: int, enough: float, most: int) -> int:
    """Questions for `enough` seconds on the wall when `n` took so long."""
    return min(most, CALL, int(n * enough / max(float(took[0]), 1e-3)))


def of_all(one: np.ndarray, took: np.ndarray, n: int, questions: int, written: bool) -> np.ndarray:
    """Seconds for all questions when one by itself took `one`, and `n` in a call `took`."""
    if written or n == 1:
        return took * questions / n
    calls = -(-questions // CALL)
    shared = np.minimum(one, took)
    return calls * shared + (questions - calls) * (took - shared) / (n - 1)


def _time_answers(
    adapted: Adapted, questions: Sequence[Example]
) -> tuple[np.ndarray, list[Answer]]:
    begun = clock()
    answers = adapted.answer([question.question for question in questions])
    return clock() - begun, answers


# --- arms in training -----------------------------------------------------------------------------


def _time_scoring(
    adapted: Adapted,
    model: LanguageModel,
    questions: Sequence[Example],
    learnt: Learnt,
    begun: AnswerTimes,
    enough: float,
) -> AnswerTimes:
    """A trained arm is sure: of all labels it follows about as many as are followed here, where
    there are two."""
    two = sorted(learnt.labels, key=len)[len(learnt.labels) // 2 :][:2]

    def seconds(n: int) -> np.ndarray:
        prompts = [adapted.prompt(question.question) for question in sample(questions, n)]
        began = clock()
        model.score(prompts, two)
        return clock() - began

    one, took, n = seconds(1), seconds(FEW), min(FEW, len(questions))
    if n == FEW and (more := affordable(took, FEW, enough, len(questions))) > FEW:
        n, took = more, seconds(more)
    return replace(begun, one=one, took=took, asked=sample(questions, n))


def _time_writing(
    adapted: Adapted,
    model: LanguageModel,
    questions: Sequence[Example],
    learnt: Learnt,
    begun: AnswerTimes,
    enough: float,
) -> AnswerTimes:
    """A trained arm ends its answers where the targets end."""
    lengths = target_lengths(model, learnt.targets)
    most = lengths[-1]

    def seconds(n: int, tokens: int) -> np.ndarray:
        prompts = [adapted.prompt(question.question) for question in sample(questions, n)]
        began = clock()
        model.generate(prompts, max_tokens=tokens)
        return clock() - began

    few = min(FEW, len(questions))
    n = max(few, affordable(seconds(few, most), few, enough, len(questions)))
    first = seconds(n, 1)
    whole = seconds(n, most) if most > 1 else first
    took = first + steps(lengths, n) / max(1, most - 1) * np.maximum(0, whole - first)
    return replace(begun, took=took, asked=sample(questions, n), written=True)


def target_lengths(model: LanguageModel, targets: Sequence[str]) -> list[int]:
    """Tokens that the answers will have, with the one that ends them; ascending."""
    ordered = sorted(targets, key=len)
    some = ordered[:: max(1, len(ordered) // TARGETS)] + ordered[-1:]
    empty = model.count_tokens((Message("user", ""),))
    return sorted(model.count_tokens((Message("user", target),)) - empty + 1 for target in some)


def steps(lengths: Sequence[int], n: int) -> float:
    """Steps after the first that a batch of `n` answers takes, in steps of the whole batch: it goes
    on until the longest has ended, and costs less as others end. Half of a step is taken to be the
    same for any number of them."""
    longest = lengths[min(len(lengths) - 1, len(lengths) * n // (n + 1))]
    mean = sum(lengths) / len(lengths)
    return max(0.0, ((longest - 1) + (mean - 1)) / 2)
