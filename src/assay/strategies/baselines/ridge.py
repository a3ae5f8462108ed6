"""Estimate a number from the words of a text: ridge regression on words and runs of letters.

What it is for   numbers that are estimated, not worked out: a price, a score, a duration. What a
                 model must beat
Costs            no language model; seconds of training
Source           Hoerl and Kennard (1970), doi.org/10.1080/00401706.1970.10488634; the
                 implementation is scikit-learn's.
Good when        a hundred rows or more; texts of like numbers share words
Watch out        the metric `numeric_match` wants the number itself: set `task.tolerance`, or judge
                 by `r2`. It works nothing out: for sums take a model
Defaults from    alpha, and whether the logarithm is estimated: folds of train, by the task's
                 metric; words and pairs of them, runs of two to five letters, as usual for short
                 texts
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assay.core.errors import Problem, TrainError
from assay.core.preconditions import need_rows
from assay.core.store import read_json, write_json, write_tensors
from assay.core.types import Adapted, Answer, Example, Lesson, Strategy, Task, Tell
from assay.strategies.unfit_task import other_kind
from assay.tasks.number_parsing import format_number, number_of
from assay.tasks.parsing import split_reasoning

if TYPE_CHECKING:
    import numpy as np

ALPHAS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
FOLDS = 5


class RidgeRegression(Strategy):
    kind: Literal["ridge"] = "ridge"
    baseline, gives = True, "no model"
    sklearn = True
    judges = True
    libraries = ("numpy", "scikit-learn", "scipy")

    def unfit(self, task: Task) -> Iterable[Problem]:
        return other_kind(self, task, ("number",), "estimates a number")

    def fit(self, lesson: Lesson) -> Estimates:
        from sklearn.linear_model import Ridge

        need_rows("ridge", lesson)
        rows = [row for row in lesson.train if value_of(row) is not None]
        counters = counts()
        if not rows or not any(counters[0].build_analyzer()(row.text) for row in rows):
            raise TrainError(
                Problem(
                    "T002",
                    "ridge: no training row has words and a number",
                    help="choose another strategy",
                )
            )
        values = [value for row in rows if (value := value_of(row)) is not None]
        alpha, log = _select_alpha(rows, values, lesson)
        matrix = stack_columns([one.fit_transform([row.text for row in rows]) for one in counters])
        model: Any = Ridge(alpha=alpha, random_state=lesson.seed).fit(
            matrix, transform_targets(values, log)
        )
        spoken = Spoken(log, all(float(v).is_integer() for v in values), min(values), max(values))
        return Estimates(counters, model.coef_, float(model.intercept_), spoken)

    def restore(self, folder: Path, lesson: Lesson) -> Estimates:
        from safetensors.numpy import load_file

        saved, arrays = read_json(folder / "ridge.json"), load_file(folder / "ridge.safetensors")
        counters = counts(saved["words"], saved["letters"])
        for counter, name in zip(counters, ("words", "letters"), strict=True):
            counter.idf_ = arrays[f"idf.{name}"]
        return Estimates(counters, arrays["weights"], saved["bias"], Spoken(*saved["spoken"]))


def _select_alpha(
    rows: Sequence[Example], values: Sequence[float], lesson: Lesson
) -> tuple[float, bool]:
    """(alpha, whether the logarithm is estimated) that score best on folds of train."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import KFold

    logs = (False, True) if min(values) > 0 else (False,)
    if len(rows) < 2 * FOLDS:
        return 1.0, False
    whole = all(float(v).is_integer() for v in values)
    said: dict[tuple[float, bool], list[Answer]] = {
        pair: [Answer(None)] * len(rows) for pair in product(ALPHAS, logs)
    }
    for known, asked in KFold(FOLDS, shuffle=True, random_state=lesson.seed).split(rows):
        counters = counts()
        learnt = stack_columns(
            [one.fit_transform([rows[i].text for i in known]) for one in counters]
        )
        there = stack_columns([one.transform([rows[i].text for i in asked]) for one in counters])
        seen = [values[i] for i in known]
        for alpha, log in said:
            model = Ridge(alpha=alpha, random_state=lesson.seed).fit(
                learnt, transform_targets(seen, log)
            )
            spoken = Spoken(log, whole, min(seen), max(seen))
            for place, value in zip(asked, model.predict(there), strict=True):
                said[alpha, log][place] = spoken.answer(float(value))
    worth = {pair: lesson.judge(rows, answers) for pair, answers in said.items()}
    return max(worth, key=lambda pair: (worth[pair], pair[0], not pair[1]))


class Spoken:
    """An estimate as an answer: not beyond what train has, and whole where all of its numbers
    are."""

    def __init__(self, log: bool, whole: bool, low: float, high: float):
        self.log, self.whole, self.low, self.high = log, whole, low, high

    def answer(self, value: float) -> Answer:
        value = math.exp(min(value, 700.0)) if self.log else value
        value = min(max(value, self.low), self.high)
        text = f"{round(value)}" if self.whole else format_number(value)
        return Answer(text, raw=text)

    def to_json(self) -> list[Any]:
        return [self.log, self.whole, self.low, self.high]


class Estimates(Adapted):
    """`weights` (words + letters,)."""

    def __init__(self, counters: Sequence[Any], weights: np.ndarray, bias: float, spoken: Spoken):
        self.counters, self.weights, self.bias, self.spoken = counters, weights, bias, spoken

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        if not questions:
            return []
        texts = [question.text for question in questions]
        values = (
            stack_columns([one.transform(texts) for one in self.counters]) @ self.weights
            + self.bias
        )
        return [self.spoken.answer(float(value)) for value in values]

    def save(self, folder: Path) -> None:
        names = ("words", "letters")
        idf = {f"idf.{name}": one.idf_ for name, one in zip(names, self.counters, strict=True)}
        write_tensors(folder / "ridge.safetensors", {"weights": self.weights, **idf})
        known = [{word: int(at) for word, at in one.vocabulary_.items()} for one in self.counters]
        own = {"bias": self.bias, "spoken": self.spoken.to_json()}
        write_json(folder / "ridge.json", {**dict(zip(names, known, strict=True)), **own})


def value_of(row: Example) -> float | None:
    """The number that the row's target says."""
    found = number_of(split_reasoning(row.target or "")[1])
    return found.value if found is not None and math.isfinite(found.value) else None


def transform_targets(values: Sequence[float], log: bool) -> list[float]:
    return [math.log(value) for value in values] if log else list(values)


def counts(
    words: dict[str, int] | None = None, letters: dict[str, int] | None = None
) -> tuple[Any, Any]:
    """TF-IDF of words and their pairs, and of runs of two to five letters within words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return (
        TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b", vocabulary=words
        ),
        TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, vocabulary=letters
        ),
    )


def stack_columns(parts: Sequence[Any]) -> Any:
    from scipy.sparse import hstack

    return hstack(parts).tocsr()
