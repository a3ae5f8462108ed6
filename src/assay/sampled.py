"""What answering takes, from some of the questions.

How       One question by itself, eight, then as many as some seconds allow, evenly spaced by length. An arm that scores
          labels reads what all prompts share once a call, so a question costs the difference; one that writes its
          answers does so for a batch at once, so a question costs its share.
Watch out An arm that was trained for a few steps does not yet end its answers where a trained one will: it is asked for
          as many tokens as the training targets have
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assay.nouns import Adapted, Answer, Example, LanguageModel, Message
from assay.train.gauges import clock

if TYPE_CHECKING:
    from assay.nouns import Messages

FEW = 8
CALL = 256  # questions that are answered in one call at most
TARGETS = 256  # training targets whose length is looked at


@dataclass(frozen=True)
class Answering:
    """From a sample of the questions.

    Attributes:
        seconds: on the wall and of the processor, for all questions. answers: those of the sample, as far as they
            were made. asked: the sample. each: seconds on the wall of one of many.
    """

    seconds: np.ndarray
    answers: list[Answer]
    asked: list[Example]
    each: float


def sample(examples: Sequence[Example], n: int) -> list[Example]:
    """`n` examples that stand for all: evenly spaced by length."""
    ordered = sorted(examples, key=lambda e: (len(e.text), e.id))
    if len(ordered) <= n:
        return ordered
    return [ordered[(2 * i + 1) * len(ordered) // (2 * n)] for i in range(n)]


def answering(
    adapted: Adapted, questions: Sequence[Example], targets: Sequence[str] = (), *, enough: float
) -> Answering:
    """
    Args:
        targets: of an arm that is only trained for a few steps: what it will learn to answer. enough: seconds that the
            largest call may take, about.
    """
    if not questions:
        return Answering(np.zeros(2), [], [], 0.0)
    warm, _ = _timed(adapted, sample(questions, 1))  # what is loaded or laid out with the first answer
    one, answers = _timed(adapted, sample(questions, 1))
    if answers[0].tokens and targets and adapted.model is not None:
        return _written(adapted, adapted.model, questions, targets, warm, answers, enough)
    few = sample(questions, FEW)
    took, answers = _timed(adapted, few)
    if len(few) == FEW and (n := affordable(took, FEW, enough, len(questions))) > FEW:
        few = sample(questions, n)
        took, answers = _timed(adapted, few)
    whole = of_all(one, took, len(few), len(questions), bool(answers[0].tokens))
    return Answering(warm + whole, answers, few, float(took[0]) / len(few))


def once_more(adapted: Adapted, before: Answering) -> np.ndarray:
    """Seconds to ask all of them again: next to none where the arm remembers what it has read."""
    if not before.asked or before.answers[0].tokens:
        return before.seconds
    took, _ = _timed(adapted, before.asked[-1:])
    return before.seconds * min(1.0, float(took[0]) / max(before.each, 1e-6))


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


def _timed(adapted: Adapted, questions: Sequence[Example]) -> tuple[np.ndarray, list[Answer]]:
    begun = clock()
    answers = adapted.answer([question.question for question in questions])
    return clock() - begun, answers


# --- answers that are written, by a model that has not learnt to end them ---------------------------------------------


def _written(
    adapted: Adapted,
    model: LanguageModel,
    questions: Sequence[Example],
    targets: Sequence[str],
    warm: np.ndarray,
    answers: list[Answer],
    enough: float,
) -> Answering:
    lengths = target_lengths(model, targets)
    few = sample(questions, FEW)
    most = lengths[-1]
    took = _generated(adapted, model, few, most)
    n = max(len(few), affordable(took, len(few), enough, len(questions)))
    few = sample(questions, n)
    prompts = [adapted.prompt(question.question) for question in few]
    first = _seconds(model, prompts, 1)
    whole = _seconds(model, prompts, most) if most > 1 else first
    share = steps(lengths, n) / max(1, most - 1)
    took = first + share * np.maximum(0, whole - first)
    return Answering(warm + took * len(questions) / n, answers, few, float(took[0]) / n)


def target_lengths(model: LanguageModel, targets: Sequence[str]) -> list[int]:
    """Tokens that the answers will have, with the one that ends them; ascending."""
    ordered = sorted(targets, key=len)
    some = ordered[:: max(1, len(ordered) // TARGETS)] + ordered[-1:]
    empty = model.count_tokens((Message("user", ""),))
    return sorted(model.count_tokens((Message("user", target),)) - empty + 1 for target in some)


def steps(lengths: Sequence[int], n: int) -> float:
    """Steps after the first that a batch of `n` answers takes, in steps of the whole batch: it goes on until the
    longest has ended, and costs less as others end. Half of a step is taken to be the same for any number of them."""
    longest = lengths[min(len(lengths) - 1, len(lengths) * n // (n + 1))]
    mean = sum(lengths) / len(lengths)
    return max(0.0, ((longest - 1) + (mean - 1)) / 2)


def _generated(adapted: Adapted, model: LanguageModel, questions: Sequence[Example], tokens: int) -> np.ndarray:
    return _seconds(model, [adapted.prompt(question.question) for question in questions], tokens)


def _seconds(model: LanguageModel, prompts: Sequence[Messages], tokens: int) -> np.ndarray:
    begun = clock()
    model.generate(prompts, max_tokens=tokens)
    return clock() - begun
