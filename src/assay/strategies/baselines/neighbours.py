"""Answer as the most similar training questions were answered: nearest neighbours on sentence
vectors.

What it is for   the floor that knows synonyms: no training, and a new row counts at once
Costs            an encoder of 22 million parameters
Source           Cover and Hart (1967), Nearest neighbor pattern classification,
                 doi.org/10.1109/TIT.1967.1053964; several labels: Spyromitros, Tsoumakas and
                 Vlahavas (2008), BRkNN, doi.org/10.1007/978-3-540-87881-0_40 vectors: Reimers and
                 Gurevych (2019), aclanthology.org/D19-1410
Good when        questions recur in other words
Watch out        free answers are copied from one training row, never composed
Defaults from    k = 5 weighted by similarity, the usual middle for small classes
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from assay.core.preconditions import need_rows
from assay.core.store import read_json, write_json, write_tensors
from assay.core.types import Adapted, Answer, Example, Lesson, Means, Strategy, Tell
from assay.models.loading.catalogue import EMBEDDER
from assay.strategies.linear.option_features import OptionVectors
from assay.strategies.linear.word_ranking import VectorOrder
from assay.strategies.prompting.prompted_arm import best_label
from assay.tasks.label_sets import format_labels, labels_in

if TYPE_CHECKING:
    import numpy as np


class Neighbours(Strategy):
    kind: Literal["neighbours"] = "neighbours"
    k: int = Field(default=5, ge=1, le=100)
    neural = True
    # of `choose`, where options are told apart by a regression
    libraries = ("scikit-learn", "scipy")

    def needs(self, base: str) -> tuple[str, ...]:
        return (EMBEDDER,)

    def encoders(self) -> tuple[str, ...]:
        return (EMBEDDER,)

    def fit(self, lesson: Lesson) -> Adapted:
        need_rows("neighbours", lesson)
        if lesson.task.kind == "rank":
            return VectorOrder(lesson.means, vectors_of)
        if lesson.task.kind == "choose":
            return OptionVectors.of(lesson.train, self.k, lesson.task, lesson.means, vectors_of)
        vectors = vectors_of([example.text for example in lesson.train], lesson.means)
        targets = [example.target or "" for example in lesson.train]
        return NeighbourAnswers(self, vectors, targets, lesson)

    def restore(self, folder: Path, lesson: Lesson) -> Adapted:
        from safetensors.numpy import load_file

        if lesson.task.kind == "rank":
            return VectorOrder(lesson.means, vectors_of)
        if lesson.task.kind == "choose":
            return OptionVectors.load(folder, self.k, lesson.task, lesson.means, vectors_of)
        vectors = load_file(folder / "neighbours.safetensors")["vectors"]
        return NeighbourAnswers(
            self, vectors, read_json(folder / "neighbours.json")["targets"], lesson
        )


class NeighbourAnswers(Adapted):
    def __init__(
        self, settings: Neighbours, vectors: "np.ndarray", targets: list[str], lesson: Lesson
    ):
        self.k = min(settings.k, len(targets))
        self.vectors = vectors
        self.targets = targets
        self.task = lesson.task
        self.means = lesson.means

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        import numpy as np

        if not questions:
            return []
        similarity = (
            vectors_of([question.text for question in questions], self.means) @ self.vectors.T
        )
        # A stable sort of rounded values: equal neighbours keep the order of the training rows.
        nearest = np.argsort(-similarity.round(5), axis=1, kind="stable")[:, : self.k]
        if self.task.kind == "multilabel":
            return [self._labels(row, near) for row, near in zip(nearest, similarity, strict=True)]
        if self.task.kind != "classify":
            return [
                Answer(
                    self.targets[row[0]],
                    raw=self.targets[row[0]],
                    confidence=round(float(near[row[0]]), 4),
                )
                for row, near in zip(nearest, similarity, strict=True)
            ]
        column = {label: i for i, label in enumerate(self.task.labels)}
        shares = np.full((len(questions), len(column)), 1e-6)
        for i, row in enumerate(nearest):
            for j in row:
                shares[i, column[self.targets[j]]] += max(float(similarity[i, j]), 0.0)
        return [best_label(self.task.labels, np.log(row / row.sum())) for row in shares]

    def _labels(self, nearest: "np.ndarray", similarity: "np.ndarray") -> Answer:
        """The labels that have more than half of the neighbours' weight."""
        nothing, shares = self.task.nothing, dict.fromkeys(self.task.labels, 0.0)
        weights = similarity[nearest].clip(1e-6)
        for j, weight in zip(nearest, weights / weights.sum(), strict=True):
            for label in labels_in(self.targets[j], nothing):
                shares[label] = shares.get(label, 0.0) + float(weight)
        line = format_labels([label for label, share in shares.items() if share > 0.5], nothing)
        sure = [max(share, 1 - share) for share in shares.values()]
        return Answer(line, raw=line, confidence=round(min(sure, default=1.0), 4))

    def save(self, folder: Path) -> None:
        write_tensors(folder / "neighbours.safetensors", {"vectors": self.vectors})
        write_json(folder / "neighbours.json", {"targets": self.targets})


def vectors_of(texts: Sequence[str], means: Means) -> "np.ndarray":
    if means.embed is None:
        raise RuntimeError("this arm needs an embedder, and none was handed in")
    return means.embed(texts)
