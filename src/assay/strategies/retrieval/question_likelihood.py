"""Rank passages by how likely a language model would ask the question after reading them.

What it is for   a reranker without training, from the base model that is there anyway
Costs            each candidate is read once for every question: 20 candidates of 90 words are 2,500
                 tokens a question
Source           Sachan et al. (2022), Improving Passage Retrieval with Zero-Shot Question
                 Generation, aclanthology.org/2022.emnlp-main.249; Ponte and Croft (1998),
                 doi.org/10.1145/290941.291008
Good when        there are no pairs of questions and passages to train a reranker on
Watch out        a small model judges by words as BM25 does; compare it with no reranker
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assay.core.types import LanguageModel, Lesson, Message, Messages, Part, Tell
from assay.retrieval.encoders import PassageRanker

if TYPE_CHECKING:
    import numpy as np

INSTRUCTION = "Write the question that the passage answers."


class QuestionLikelihood(Part):
    kind: Literal["question_likelihood"] = "question_likelihood"
    model: str = ""  # another base than the project's
    reads = ()
    neural = True

    def needs(self, base: str) -> tuple[str, ...]:
        return (self.model or base,)

    def fit(self, lesson: Lesson) -> QuestionRanking:
        return QuestionRanking(lesson.open_base(self.model))

    def restore(self, folder: Path, lesson: Lesson) -> QuestionRanking:
        return self.fit(lesson)


class QuestionRanking(PassageRanker):
    def __init__(self, model: LanguageModel):
        self.model = model

    def scores(
        self, questions: Sequence[str], passages: Sequence[Sequence[str]], tell: Tell | None = None
    ) -> list[np.ndarray]:
        """Natural-log likelihood of the question after each passage."""
        import numpy as np

        out: list[np.ndarray] = []
        for done, (question, texts) in enumerate(zip(questions, passages, strict=True), start=1):
            prompts = [asking(text) for text in texts]
            out.append(
                np.array(self.model.score(prompts, [question]))[:, 0] if prompts else np.zeros(0)
            )
            if tell:
                tell(
                    {"event": "progress", "done": done, "total": len(questions), "unit": "question"}
                )
        return out

    def save(self, folder: Path) -> None:
        """There is nothing to keep: the model is the base."""


def asking(passage: str) -> Messages:
    return (Message("system", INSTRUCTION), Message("user", " ".join(passage.split())))
