"""A fitted arm that estimates numbers: ridge regression on features of the text.

Chosen        alpha, the weight of the vectors beside what is counted, and where all numbers are
              above 0 whether their logarithm is estimated: on five folds of train, groups kept
              together, by the task's metric; from 2,000 rows on one of them
Answers       are never beyond the numbers of train, and whole where all of those are
Source        Hoerl and Kennard (1970), doi.org/10.1080/00401706.1970.10488634; the implementation
              is scikit-learn's
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.errors import Problem, TrainError
from assay.core.store import write_json
from assay.core.types import Adapted, Answer, Example, Lesson, Tell
from assay.strategies.linear.features import Features
from assay.strategies.linear.logistic_regression import parts_of
from assay.tasks.number_parsing import format_number, number_of
from assay.tasks.parsing import split_reasoning

if TYPE_CHECKING:
    import numpy as np

ALPHAS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
LIGHT = 1.0  # the alpha under which the weight of the vectors is chosen
FOLDS = 5
MANY = 2000  # rows, a fifth of which says enough


@dataclass(frozen=True)
class NumberRange:
    """How an estimate is said: `log`: it is a logarithm; `whole`: without decimals; `low` and
    `high`: of train."""

    log: bool
    whole: bool
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float], log: bool) -> NumberRange:
        return cls(log, all(float(v).is_integer() for v in values), min(values), max(values))

    def answer(self, value: float) -> Answer:
        value = math.exp(min(value, 700.0)) if self.log else value
        value = min(max(value, self.low), self.high)
        text = f"{round(value)}" if self.whole else format_number(value)
        return Answer(text, raw=text)


class LinearNumbers(Adapted):
    """`weights` (features,). `said`: what was chosen."""

    def __init__(
        self,
        features: Features,
        weights: np.ndarray,
        bias: float,
        said_as: NumberRange,
        said: str,
        stem: str,
    ):
        self.features, self.weights, self.bias = features, weights, bias
        self.said_as, self.said, self.stem = said_as, said, stem

    @classmethod
    def of(cls, features: Features, lesson: Lesson, stem: str) -> LinearNumbers:
        """
        Raises:
            TrainError: T002, no training row has a word and a number.
        """
        from sklearn.linear_model import Ridge

        known = [(row, value) for row in lesson.train if (value := value_of(row)) is not None]
        rows, values = [row for row, _ in known], [value for _, value in known]
        if not rows or not features.any_in([row.text for row in rows]):
            said = f"{stem}: no training row has words and a number"
            raise TrainError(Problem("T002", said, help="choose another strategy"))
        matrix = features.fit([row.text for row in rows])
        folds = Folds(rows, values, lesson)
        if len(features.weights) > 1:
            light = [
                (folds.best(features.reweight(matrix, weight), (LIGHT,))[0], weight)
                for weight in features.weights
            ]
            matrix = features.reweight(matrix, best := max(light, key=lambda one: one[0])[1])
            features.weight = best
        _, alpha, log = folds.best(matrix, ALPHAS)
        model: Any = Ridge(alpha=alpha).fit(matrix, transform_targets(values, log))
        said = f"alpha = {alpha:g}{', of the logarithm' if log else ''}, by folds of train."
        if len(features.weights) > 1:
            said += f" Vectors weigh {features.weight:g} beside what is counted."
        how = NumberRange.of(values, log)
        return cls(features, model.coef_, float(model.intercept_), how, said, stem)

    @classmethod
    def load(cls, features: Features, folder: Path, stem: str) -> LinearNumbers:
        arrays, notes = features.load(folder, stem)
        how = NumberRange(*notes["said_as"])
        return cls(features, arrays["weights"], notes["bias"], how, notes["said"], stem)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        if not questions:
            return []
        values = self.features([question.text for question in questions]) @ self.weights + self.bias
        return [self.said_as.answer(float(value)) for value in values]

    def save(self, folder: Path) -> None:
        notes = {"bias": self.bias, "said_as": astuple(self.said_as), "said": self.said}
        self.features.save(folder, self.stem, {"weights": self.weights}, notes)
        write_json(folder / "note.json", {"notes": [self.said]})


class Folds:
    """Parts of the training rows, groups kept together, that are left out in turn; of many rows the
    first part alone."""

    def __init__(self, rows: Sequence[Example], values: Sequence[float], lesson: Lesson):
        self.values, self.judge = values, lesson.judge
        self.logs = (False, True) if min(values) > 0 else (False,)
        self.few = len(rows) < 2 * FOLDS
        parts = parts_of([""] * len(rows), FOLDS, lesson.seed, [row.group for row in rows])
        taken = range(1 if len(rows) >= MANY else FOLDS)
        self.left = [[i for i, own in enumerate(parts) if own == part] for part in taken]
        self.asked = [rows[i] for left in self.left for i in left]

    def best(self, matrix: Any, alphas: Sequence[float]) -> tuple[float, float, bool]:
        """(score, alpha, whether the logarithm is estimated) that do best by the task's metric; of
        equals the larger alpha."""
        from sklearn.linear_model import Ridge

        if self.few:
            return 0.0, LIGHT, False
        said: dict[tuple[float, bool], list[Answer]] = {
            pair: [] for pair in product(alphas, self.logs)
        }
        for left in self.left:
            known = sorted({*range(len(self.values))} - {*left})
            seen = [self.values[i] for i in known]
            targets = list(zip(*(transform_targets(seen, log) for log in self.logs), strict=True))
            for alpha in alphas:
                found = Ridge(alpha=alpha).fit(matrix[known], targets).predict(matrix[left])
                for log, column in zip(self.logs, found.reshape(len(left), -1).T, strict=True):
                    how = NumberRange.of(seen, log)
                    said[alpha, log] += [how.answer(float(value)) for value in column]
        worth = {pair: self.judge(self.asked, answers) for pair, answers in said.items()}
        alpha, log = max(worth, key=lambda pair: (worth[pair], pair[0], not pair[1]))
        return worth[alpha, log], alpha, log


def value_of(row: Example) -> float | None:
    """The number that the row's target says."""
    found = number_of(split_reasoning(row.target or "")[1])
    return found.value if found is not None and math.isfinite(found.value) else None


def transform_targets(values: Sequence[float], log: bool) -> list[float]:
    return [math.log(value) for value in values] if log else list(values)
