"""Answer with the input as it is.

What it is for   the floor of rewriting: most of a text stays as it is, so a metric of overlap is
                 high before anything was done. What an arm is worth is what it has above this
Costs            no model, no training
Source           the source as its own answer: Xu et al. (2016), Optimizing Statistical Machine
                 Translation for Text Simplification, doi.org/10.1162/tacl_a_00107, table 4
Good when        always, where the task is `rewrite`
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from assay.core.types import Adapted, Answer, Example, Lesson, Strategy, Task, Tell
from assay.strategies.unfit_task import refuse_text_of_question


class Copy(Strategy):
    kind: Literal["copy"] = "copy"
    baseline, gives = True, "no model"

    def belongs_elsewhere(self, task: Task) -> str:
        return refuse_text_of_question(task)

    def fit(self, lesson: Lesson) -> "CopiedAnswers":
        return CopiedAnswers()

    def restore(self, folder: Path, lesson: Lesson) -> "CopiedAnswers":
        return CopiedAnswers()


class CopiedAnswers(Adapted):
    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        texts = [question.messages[-1].content.strip() for question in questions]
        return [Answer(text, raw=text) for text in texts]

    def save(self, folder: Path) -> None:
        """There is nothing to keep."""
