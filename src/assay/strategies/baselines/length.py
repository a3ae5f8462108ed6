"""Choose an option by its length alone, the longer or the shorter ones as training rows have it.

What it is for   what a judge of answers has to beat: much of what people prefer, and what reward
                 models tell, is length
Costs            nothing
Source           Singhal et al. (2023), A Long Way to Go: Investigating Length Correlations in RLHF,
                 arxiv.org/abs/2310.03716; the weight is a conditional logit: McFadden (1974)
Good when        never, but as a baseline
Watch out        a high score says that the data can be told by length, not that length is right
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from assay.core.errors import Problem
from assay.core.preconditions import need_rows
from assay.core.store import read_json, write_json
from assay.core.types import Adapted, Answer, Example, Lesson, Strategy, Task, Tell
from assay.strategies.linear.option_features import best_option
from assay.strategies.unfit_task import other_kind
from assay.tasks.options import LETTERS

FILE = "length.json"
PULL = 1.0  # rows that a weight of 0 counts as much as


class Length(Strategy):
    kind: Literal["length"] = "length"
    gives = "no model"
    baseline = True

    def unfit(self, task: Task) -> Iterable[Problem]:
        return other_kind(self, task, ("choose",), "compares the options of a question")

    def fit(self, lesson: Lesson) -> ByLength:
        import numpy as np

        from assay.retrieval.learned_fusion import fit_rank_weights

        need_rows(self.kind, lesson)
        rows = [row for row in lesson.train if row.target in LETTERS[: len(row.options)]]
        known = [
            (np.array([[length_of(one)] for one in row.options]), [LETTERS.index(row.target or "")])
            for row in rows
        ]
        weight = fit_rank_weights(known, [0.0], PULL)[0] if known else 0.0
        return ByLength(lesson.task, float(weight))

    def restore(self, folder: Path, lesson: Lesson) -> ByLength:
        return ByLength(lesson.task, read_json(folder / FILE)["weight"])


def length_of(text: str) -> float:
    """The logarithm of its characters."""
    return math.log1p(len(text))


class ByLength(Adapted):
    """`weight`: of the length in an option's log score; below 0, shorter ones are chosen."""

    def __init__(self, task: Task, weight: float):
        self.task, self.weight = task, weight

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        return [
            best_option(self.task, one, [self.weight * length_of(text) for text in one.options])
            for one in questions
        ]

    def save(self, folder: Path) -> None:
        write_json(folder / FILE, {"weight": self.weight})
