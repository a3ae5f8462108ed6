"""Estimate a number from the words of a text: ridge regression on words and runs of letters.

What it is for   numbers that are estimated, not worked out: a price, a score, a duration. What a
                 model must beat
Costs            no language model; seconds of training
Source           Hoerl and Kennard (1970), doi.org/10.1080/00401706.1970.10488634; the
                 implementation is scikit-learn's. How alpha is chosen: linear/linear_numbers.py
Good when        a hundred rows or more; texts of like numbers share words
Watch out        the metric `numeric_match` wants the number itself: set `task.tolerance`, or judge
                 by `r2`. It works nothing out: for sums take a model. With sentence vectors beside
                 the words it is `probe`
Defaults from    words and pairs of them, runs of two to five letters, as usual for short texts
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from assay.core.errors import Problem
from assay.core.preconditions import need_rows
from assay.core.types import Lesson, Strategy, Task
from assay.strategies.linear.features import Features
from assay.strategies.linear.linear_numbers import LinearNumbers
from assay.strategies.linear.logistic_regression import in_one_thread
from assay.strategies.unfit_task import other_kind

WORDS, LETTERS = 2, 5  # the longest runs


class RidgeRegression(Strategy):
    kind: Literal["ridge"] = "ridge"
    VERSION = 2  # the columns of `probe`
    baseline, gives = True, "no model"
    sklearn = True
    judges = True
    libraries = ("numpy", "scikit-learn", "scipy")

    def unfit(self, task: Task) -> Iterable[Problem]:
        return other_kind(self, task, ("number",), "estimates a number")

    @in_one_thread
    def fit(self, lesson: Lesson) -> LinearNumbers:
        need_rows("ridge", lesson)
        return LinearNumbers.of(self._features(), lesson, "ridge")

    def restore(self, folder: Path, lesson: Lesson) -> LinearNumbers:
        return LinearNumbers.load(self._features(), folder, "ridge")

    def _features(self) -> Features:
        return Features(("words", "characters"), WORDS, LETTERS)
