"""Do the passages support the answer? Counted in words, or asked of a model.

Source   K-Precision: Adlakha et al. (2023), Evaluating Correctness and Faithfulness of
         Instruction-Following Models for Question Answering, arxiv.org/abs/2307.16877, which agrees
         best with people among the counts; a model as judge: Zheng et al. (2023),
         arxiv.org/abs/2306.05685
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from assay.core.types import Document, LanguageModel, Message, Messages, Tell
from assay.core.words import words_in

SAYS = ("yes", "no")


def word_support(answer: str, passages: Sequence[Document]) -> float | None:
    """Share of the answer's words that stand in the passages, upper and lower case being alike;
    None where the answer has no word. A wrong answer may be supported, and a right one not: this
    says where its words are from."""
    words = words_in(answer.casefold())
    there = {word for passage in passages for word in words_in(passage.text.casefold())}
    return round(sum(word in there for word in words) / len(words), 4) if words else None


def judge_support(
    model: LanguageModel,
    asked: Sequence[tuple[str, str, Sequence[Document]]],
    tell: Tell | None = None,
) -> list[float]:
    """How likely `model` says yes when it is asked whether the passages support the answer.

    Args:
        asked: (question, answer, passages).
    """
    if not asked:
        return []
    scores = model.score([_asking(*one) for one in asked], SAYS, tell=tell)
    return [round(1 / (1 + math.exp(float(no - yes))), 4) for yes, no in scores]


def _asking(question: str, answer: str, passages: Sequence[Document]) -> Messages:
    lines = [
        *(" ".join(passage.text.split()) for passage in passages),
        "",
        f"Question: {' '.join(question.split())}",
    ]
    lines += [f"Answer: {' '.join(answer.split())}", "Do the passages say so? Answer yes or no."]
    system = "Say whether the passages support the answer to the question. Answer yes or no only."
    return (Message("system", system), Message("user", "\n".join(lines)))
