"""How certain retrieval must be for a question to be asked at all: chosen on val, by the task's own
metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assay.core.types import Answer, Example, Tell
from assay.retrieval.citations import says_unknown
from assay.retrieval.retriever import Hits


class HitsAnswerer(Protocol):
    def answer_with(
        self, questions: Sequence[Example], hits: Sequence[Hits], tell: Tell | None
    ) -> list[Answer]: ...


def below(
    arm: HitsAnswerer, val: Sequence[Example], hits: Sequence[Hits], unknown: str, tell: Tell | None
) -> float:
    """The certainty under which `unknown` is the better answer on val.

    Of all thresholds between two certainties, the one with the most right answers; of equals, the
    lowest, so that a question is asked where nothing speaks against it.

    Args:
        arm: asks all of val once, with no threshold yet.
        hits: what was found for each row of val.
    """
    answers = arm.answer_with([example.question for example in val], hits, tell)
    rows = [
        (found.certainty, _right(example, answer.text), says_unknown(example.target, unknown))
        for example, found, answer in zip(val, hits, answers, strict=True)
    ]
    steps = sorted({certainty for certainty, _, _ in rows})
    between = [0.0, *((low + high) / 2 for low, high in zip(steps, steps[1:], strict=False))]

    def right(least: float) -> int:
        return sum(asked if certainty >= least else silent for certainty, asked, silent in rows)

    return max(between, key=lambda least: (right(least), -least))


def _right(example: Example, text: str | None) -> bool:
    return any(says_unknown(text, target) for target in (example.target or "", *example.also))
