"""Fitted arms around a linear model on features of the text: one label a row, or any number of
them.

`LinearLabels`  the likeliest label, with a probability for each
`LinearSets`    the labels whose probabilities reach their thresholds: see multilabel.py
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.store import write_json
from assay.core.types import Adapted, Answer, Example, Lesson, Task, Tell
from assay.strategies.linear import multilabel
from assay.strategies.linear.features import Features
from assay.strategies.linear.logistic_regression import (
    ALIKE,
    Balance,
    LogisticModel,
    RotatedRows,
    StrengthChoice,
    fit_logistic,
    select_strength,
)
from assay.strategies.prompting.prompted_arm import NEVER, best_label

if TYPE_CHECKING:
    import numpy as np

FITTING = {"event": "activity", "text": "fitting"}  # once the features are there
LIGHT = 1.0  # the C under which the weight of the vectors is chosen


class LinearLabels(Adapted):
    """`features` and `linear` of the labels that training rows have; `said`: how C was chosen."""

    def __init__(self, features: Features, linear: LogisticModel, task: Task, said: str, stem: str):
        self.features, self.linear = features, linear
        self.task, self.said, self.stem = task, said, stem
        self.columns = [task.labels.index(label) for label in linear.labels]

    @classmethod
    def of(
        cls, features: Features, lesson: Lesson, c: float | None, balance: Balance, stem: str
    ) -> LinearLabels:
        targets = [example.target or "" for example in lesson.train]
        matrix = features.fit([example.text for example in lesson.train])
        groups = [example.group for example in lesson.train]
        lesson.tell(FITTING)
        tried: list[tuple[StrengthChoice, RotatedRows, float]] = []
        for weight in features.weights:
            turned = RotatedRows(features.reweight(matrix, weight))
            choice = select_strength(
                turned, targets, c, balance, lesson.task.metric, lesson.seed, groups
            )
            tried.append((choice, turned, weight))
        # of equals the first
        choice, turned, features.weight = max(tried, key=lambda one: one[0].merit)
        linear = fit_logistic(turned, targets, choice, lesson.seed)
        beside = (
            f" Vectors weigh {features.weight:g} beside what is counted." if len(tried) > 1 else ""
        )
        return cls(features, linear, lesson.task, choice.summary + beside, stem)

    @classmethod
    def load(cls, features: Features, folder: Path, task: Task, stem: str) -> LinearLabels:
        arrays, notes = features.load(folder, stem)
        linear = LogisticModel(tuple(notes["labels"]), arrays["weights"], arrays["biases"])
        return cls(features, linear, task, notes["said"], stem)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        import numpy as np

        if not questions:
            return []
        logs = np.full((len(questions), len(self.task.labels)), NEVER)
        logs[:, self.columns] = self.linear.log_shares(
            self.features([question.text for question in questions])
        )
        return [best_label(self.task.labels, row) for row in logs]

    def save(self, folder: Path) -> None:
        arrays = {"weights": self.linear.weights, "biases": self.linear.biases}
        self.features.save(
            folder, self.stem, arrays, {"labels": list(self.linear.labels), "said": self.said}
        )
        write_json(folder / "note.json", {"notes": [self.said]})


class LinearSets(Adapted):
    """`weights` (labels, features), `biases` and `cuts` (labels,): see `multilabel`."""

    def __init__(
        self,
        features: Features,
        weights: np.ndarray,
        biases: np.ndarray,
        cuts: np.ndarray,
        task: Task,
        said: str,
        stem: str,
    ):
        self.features, self.weights, self.biases, self.cuts = features, weights, biases, cuts
        self.task, self.said, self.stem = task, said, stem

    @classmethod
    def of(
        cls, features: Features, lesson: Lesson, c: float | None, balance: Balance, stem: str
    ) -> LinearSets:
        """Thresholds are chosen on training rows that were left out, and on those of val where the
        lesson has them."""
        import numpy as np

        task, weighted = lesson.task, balance == "weights"
        matrix = features.fit([example.text for example in lesson.train])
        wanted = multilabel.indicator([example.target or "" for example in lesson.train], task)
        names = multilabel.group_names(lesson.train)
        groups = np.unique(names, return_inverse=True)[1]
        lesson.tell(FITTING)
        tried = [
            (RotatedRows(features.reweight(matrix, weight)), weight) for weight in features.weights
        ]
        if len(tried) > 1:
            # First the weight, by the likelihood of rows left out under one C, then C: each label
            # has its own model.
            first = LIGHT if c is None else c
            scores = [
                multilabel.select_strength(one, wanted, first, weighted, lesson.seed, groups)[
                    0
                ].score
                or 0.0
                for one, _ in tried
            ]
            tried = [tried[scores.index(max(scores))]]
        (turned, features.weight), *_ = tried
        choice, seen = multilabel.select_strength(turned, wanted, c, weighted, lesson.seed, groups)
        weights, biases = multilabel.fit_one_vs_rest(
            turned.rows, wanted, choice.c, lesson.seed, weighted
        )
        weights, biases = turned.back(weights).astype(np.float32), biases.astype(np.float32)
        if lesson.val and seen is not None:
            asked = features([example.text for example in lesson.val])
            seen = np.concatenate([seen, multilabel.probabilities(asked, weights, biases)])
            wanted = np.concatenate(
                [wanted, multilabel.indicator([row.target or "" for row in lesson.val], task)]
            )
            names += multilabel.group_names(lesson.val, "val ")
            groups = np.unique(names, return_inverse=True)[1]
        cuts = multilabel.thresholds(seen, wanted, groups, task.metric in ALIKE, lesson.seed)
        return cls(features, weights, biases, cuts, task, choice.summary, stem)

    @classmethod
    def load(cls, features: Features, folder: Path, task: Task, stem: str) -> LinearSets:
        arrays, notes = features.load(folder, stem)
        return cls(
            features, arrays["weights"], arrays["biases"], arrays["cuts"], task, notes["said"], stem
        )

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        if not questions:
            return []
        asked = self.features([question.text for question in questions])
        return multilabel.apply_thresholds(
            multilabel.probabilities(asked, self.weights, self.biases), self.cuts, self.task
        )

    def save(self, folder: Path) -> None:
        arrays: dict[str, Any] = {"weights": self.weights, "biases": self.biases, "cuts": self.cuts}
        cuts = dict(zip(self.task.labels, (round(float(cut), 4) for cut in self.cuts), strict=True))
        self.features.save(folder, self.stem, arrays, {"thresholds": cuts, "said": self.said})
        write_json(folder / "note.json", {"notes": [self.said]})
