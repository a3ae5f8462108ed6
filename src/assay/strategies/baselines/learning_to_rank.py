"""Put candidates in order by a linear model of words and meaning, trained on your grades.

What it is for   the strongest cheap contestant for ranking: how far words and meaning count is
                 learnt, not guessed
Costs            an encoder of 22 million parameters; seconds of training
Source           a linear score under ListNet's top-one loss: Cao et al. (2007),
                 doi.org/10.1145/1273496.1273513, a conditional logit, McFadden (1974); the features
                 are those of `rag` with `fuse: learned`: retrieval/learned_fusion.py names the
                 source of each
Good when        thirty queries or more have grades; candidates are passages
Watch out        a grade above 0 counts as relevant, whatever it is. Five weights cannot learn a
                 house's own terms
Defaults from    the weights are pulled to those of words and meaning alone by one row's worth, a
                 quarter of what `fuse: learned` pulls: here all candidates of a row have grades
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assay.core.errors import Problem
from assay.core.preconditions import need_rows
from assay.core.store import read_json, write_json
from assay.core.types import Adapted, Answer, Example, Lesson, Means, Strategy, Task, Tell
from assay.models.loading.catalogue import EMBEDDER
from assay.retrieval.learned_fusion import features, fit_rank_weights
from assay.strategies.baselines.neighbours import vectors_of
from assay.strategies.linear.word_ranking import WordOrder, rank_by_scores
from assay.strategies.unfit_task import other_kind
from assay.tasks.ranked_lists import grades_in

if TYPE_CHECKING:
    import numpy as np

PULL = 1.0  # rows that the weights of words and meaning count as much as
# the constant of reciprocal ranks: Cormack, Clarke and Buettcher (2009),
# doi.org/10.1145/1571941.1572114
RANKS = 60


class LearningToRank(Strategy):
    kind: Literal["learning_to_rank"] = "learning_to_rank"
    baseline, gives = True, "no model"
    VERSION = 2  # less pull
    neural = True
    libraries = ("snowballstemmer",)

    def needs(self, base: str) -> tuple[str, ...]:
        return (EMBEDDER,)

    def encoders(self) -> tuple[str, ...]:
        return (EMBEDDER,)

    def unfit(self, task: Task) -> Iterable[Problem]:
        return other_kind(self, task, ("rank",), "puts candidates in order")

    def fit(self, lesson: Lesson) -> LearntOrder:
        need_rows("learning_to_rank", lesson)
        order = WordOrder.of(lesson.train)
        rows = []
        for row, values in zip(
            lesson.train, columns(order, lesson.train, lesson.means), strict=True
        ):
            grades = grades_in(row.target or "")
            right = [place for place, grade in enumerate(grades) if grade > 0]
            # Where all are relevant, no order is better than another.
            rows.append((values, right if len(right) < len(grades) else []))
        return LearntOrder(order, fit_rank_weights(rows, pull=PULL), lesson.means)

    def restore(self, folder: Path, lesson: Lesson) -> LearntOrder:
        weights = read_json(folder / "learning_to_rank.json")["weights"]
        return LearntOrder(WordOrder.load(folder), weights, lesson.means)


class LearntOrder(Adapted):
    """`weights`: of the five features."""

    def __init__(self, order: WordOrder, weights: Sequence[float], means: Means):
        self.order, self.weights, self.means = order, list(weights), means

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        return [
            rank_by_scores((values @ self.weights).tolist())
            for values in columns(self.order, questions, self.means)
        ]

    def save(self, folder: Path) -> None:
        self.order.save(folder)
        write_json(folder / "learning_to_rank.json", {"weights": self.weights})


def columns(order: WordOrder, rows: Sequence[Example], means: Means) -> list[np.ndarray]:
    """Of each row, float64 (candidates, 5): see `learned_fusion.features`."""
    import numpy as np

    own = list(dict.fromkeys(text for row in rows for text in row.options))
    place = {text: at for at, text in enumerate(own)}
    asked = [row.messages[-1].content for row in rows]
    vectors, queries = (vectors_of(texts, means) if texts else None for texts in (own, asked))
    found = []
    for number, row in enumerate(rows):
        if not row.options or vectors is None or queries is None:
            found.append(np.zeros((0, 5)))
            continue
        near = vectors[[place[text] for text in row.options]].astype(np.float64)
        words, meaning = np.array(order.scores(asked[number], row.options)), near @ queries[number]
        ranks = _reciprocal(words) + _reciprocal(meaning)
        found.append(features(words, meaning, ranks.tolist(), near))
    return found


def _reciprocal(scores: np.ndarray) -> np.ndarray:
    """One over RANKS plus the place of each; of equals the first."""
    import numpy as np

    places = np.empty(len(scores))
    places[np.argsort(-scores.round(5), kind="stable")] = np.arange(1, len(scores) + 1)
    return 1 / (RANKS + places)
