"""Answer with the sentences that are most like the others of the text.

What it is for   the floor of summaries where the text does not say first what it is about
Costs            no model, no training; `by: vectors` an encoder of 22 million parameters
Source           LexRank: Erkan and Radev (2004), arxiv.org/abs/1109.2128; TextRank: Mihalcea and
                 Tarau (2004), aclanthology.org/W04-3252; jumps that prefer the beginning: Florescu
                 and Caragea (2017), PositionRank, aclanthology.org/P17-1102
Good when        one matter is told again and again: minutes, reviews, several reports of one event
Watch out        a sentence in the middle is often a general one
Defaults from    damping .85: the source; how many sentences, and how far the beginning counts: the
                 rows of train
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from assay.core.errors import Problem
from assay.core.preconditions import need_rows
from assay.core.store import read_json, write_json
from assay.core.types import Adapted, Answer, Example, Lesson, Means, Strategy, Task, Tell
from assay.models.loading.catalogue import EMBEDDER
from assay.strategies.baselines.neighbours import vectors_of
from assay.strategies.linear.word_ranking import WordOrder
from assay.strategies.prompting.example_selection import sample_rows
from assay.strategies.text.sentence_graph import centrality, from_the_start, word_vectors
from assay.strategies.text.sentences import split_sentences
from assay.strategies.unfit_task import FROM_TEXT, other_kind

if TYPE_CHECKING:
    import numpy as np

COUNTS = (1, 2, 3, 4, 6, 8, 12)  # sentences that are tried on train
PRIORS = (0.0, 0.5, 1.0)
ROWS = 400  # of train, that say which is best

Share = Annotated[float, Field(ge=0, le=1)]


class Centrality(Strategy):
    kind: Literal["centrality"] = "centrality"
    baseline, gives = True, "no model"
    by: Literal["words", "vectors"] = "words"
    sentences: Annotated[int, Field(ge=1, le=50)] | Literal["train"] = "train"
    # share of the jumps that prefer the beginning; 0: plain LexRank
    beginning: Share | Literal["train"] = "train"
    judges = True
    libraries = ("numpy", "snowballstemmer")

    @property
    def neural(self) -> bool:  # pyrefly: ignore[bad-override]
        return self.by == "vectors"

    def needs(self, base: str) -> tuple[str, ...]:
        return self.encoders()

    def encoders(self) -> tuple[str, ...]:
        return (EMBEDDER,) if self.by == "vectors" else ()

    def unfit(self, task: Task) -> Iterable[Problem]:
        return other_kind(self, task, FROM_TEXT, "answers with sentences of the text")

    def fit(self, lesson: Lesson) -> CentralAnswers:
        need_rows("centrality", lesson)
        texts = (text for row in lesson.train for text in split_sentences(row.messages[-1].content))
        rows = sample_rows(lesson.train, ROWS, lesson.seed)
        counts = COUNTS if self.sentences == "train" else (self.sentences,)
        priors = PRIORS if self.beginning == "train" else (self.beginning,)
        arm = CentralAnswers(self.by, WordOrder.over(texts), lesson.means, counts[0], priors[0])
        if len(counts) * len(priors) > 1:
            graphs = arm.graphs(rows)
            pairs = list(product(counts, priors))
            worth = {
                pair: lesson.judge(rows, [central(*graph, *pair) for graph in graphs])
                for pair in pairs
            }
            arm.sentences, arm.beginning = max(
                pairs, key=lambda pair: (worth[pair], -pair[0], -pair[1])
            )
        return arm

    def restore(self, folder: Path, lesson: Lesson) -> CentralAnswers:
        saved = read_json(folder / "centrality.json")
        return CentralAnswers(
            self.by,
            WordOrder.load(folder),
            lesson.means,
            saved["sentences"],
            saved["beginning"],
        )


class CentralAnswers(Adapted):
    def __init__(self, by: str, order: WordOrder, means: Means, sentences: int, beginning: float):
        self.by, self.order, self.means = by, order, means
        self.sentences, self.beginning = sentences, beginning

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        return [central(*graph, self.sentences, self.beginning) for graph in self.graphs(questions)]

    def graphs(self, questions: Sequence[Example]) -> list[tuple[list[str], np.ndarray]]:
        """The sentences of each text, and how alike each two are."""
        texts = [split_sentences(question.messages[-1].content) for question in questions]
        if self.by == "words":
            vectors = [word_vectors(self.order, own) for own in texts]
        else:
            vectors = [vectors_of(own, self.means) for own in texts]
        return [(own, (v @ v.T).clip(min=0)) for own, v in zip(texts, vectors, strict=True)]

    def save(self, folder: Path) -> None:
        self.order.save(folder)
        write_json(
            folder / "centrality.json", {"sentences": self.sentences, "beginning": self.beginning}
        )


def central(texts: Sequence[str], alike: np.ndarray, sentences: int, beginning: float) -> Answer:
    """The sentences in the middle, in the order of the text; of equals the first."""
    scores = centrality(alike, from_the_start(len(texts), beginning)) if texts else ()
    order = sorted(range(len(texts)), key=lambda place: (-round(float(scores[place]), 6), place))
    text = " ".join(texts[place] for place in sorted(order[:sentences]))
    return Answer(text, raw=text)
