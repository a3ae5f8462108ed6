"""Answer with the sentences of the passages that are most like the question, or with a piece of the
best one.

What it is for   the floor of answering from a text: a reader that is not above it has shown only
                 that it looks up words
Costs            no model, no training; `by: vectors` and `both` an encoder of 22 million parameters
Source           the sliding window of Richardson et al. (2013), MCTest, aclanthology.org/D13-1020,
                 a sentence long; BM25: Robertson and Zaragoza (2009), doi.org/10.1561/1500000019.
                 What a question word asks for: the coarse classes of Li and Roth (2002), Learning
                 Question Classifiers, aclanthology.org/C02-1150, by rule
Good when        answers are sentences of the text, or pieces of a kind that question words name:
                 numbers, dates, names
Watch out        question words are English. A sentence that repeats the question and answers
                 nothing wins
Passages         those of the row; where rows have none, the best of the project's documents by BM25
Whole documents  those that the row's passages are from; where rows have none, all that the project
                 has
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from assay.core.errors import Problem
from assay.core.preconditions import need_rows
from assay.core.store import read_json, read_lines, write_json, write_lines
from assay.core.types import Adapted, Answer, Example, Lesson, Means, Strategy, Task, Tell
from assay.models.loading.catalogue import EMBEDDER
from assay.retrieval.gold_passages import document_of
from assay.retrieval.learned_fusion import standard
from assay.strategies.baselines.neighbours import vectors_of
from assay.strategies.linear.word_ranking import WordOrder
from assay.strategies.spans.typed_answers import extract_by_type
from assay.strategies.text import read_passages, whole_documents
from assay.strategies.text.sentences import split_sentences
from assay.strategies.text.whole_documents import By, WholeDocuments
from assay.strategies.unfit_task import FROM_PASSAGES, other_kind

if TYPE_CHECKING:
    import numpy as np

# in place of a number of sentences: the passage, or the document, that fits best, whole
PASSAGE, DOCUMENT = -1, -2
TRIED = (0, 1, 2, 3, 5)  # sentences
WAYS: tuple[By, ...] = ("words", "vectors", "both")
DOCUMENTS = "documents.jsonl"
ROWS = 400  # of train, that say which is best
LOOKED_IN = 3  # sentences, for a piece of the type that is asked for


class BestSentence(Strategy):
    kind: Literal["best_sentence"] = "best_sentence"
    baseline, gives = True, "no model"
    by: By = "words"
    # How many, in the order of the text; 0: a piece of the best; -1: the whole passage; -2: the
    # whole document of the project that it is from; train: what scores best there
    sentences: Annotated[int, Field(ge=DOCUMENT, le=20)] | Literal["train"] = "train"
    top: int = Field(default=4, ge=1, le=50)  # passages that are found, where rows have none
    VERSION = 3  # whole texts are found by counts of their own, documents among all
    reads = ("train", "documents")
    needs_documents = False
    judges = True
    libraries = ("numpy", "snowballstemmer")

    @property
    def neural(self) -> bool:  # pyrefly: ignore[bad-override]
        return self.by != "words"

    def needs(self, base: str) -> tuple[str, ...]:
        return self.encoders()

    def encoders(self) -> tuple[str, ...]:
        return () if self.by == "words" else (EMBEDDER,)

    def unfit(self, task: Task) -> Iterable[Problem]:
        return other_kind(self, task, FROM_PASSAGES, "answers with text of passages")

    def fit(self, lesson: Lesson) -> Adapted:
        need_rows("best_sentence", lesson)
        own = any(row.context for row in lesson.train)
        return read_passages.read(self, self.top, lesson, partial(self._fit_arm, own=own))

    def _fit_arm(self, lesson: Lesson, *, own: bool) -> Adapted:
        """Args:
        own: rows have brought their passages, so that no other document may be the answer.
        """
        tried = Tried(self.by, lesson, own=own)
        if self.sentences != "train":
            return tried.arm(self.sentences, self.by)
        # evenly spaced: a file may be sorted
        rows = lesson.train[:: -(-len(lesson.train) // ROWS) or 1]
        first = tried.arm(TRIED[0], self.by)
        assert isinstance(first, SentenceAnswers)
        ranked = first.fit.score_sentences(rows)
        worth = {(n, self.by): lesson.judge(rows, first.answers(rows, ranked, n)) for n in TRIED}
        for whole in (PASSAGE, DOCUMENT) if lesson.documents else (PASSAGE,):
            # Among the few that were found, words or meaning alone may be better. Among all
            # documents both together were, on the two sets tried, and what is tried besides is
            # chosen by chance.
            few = own or whole == PASSAGE
            for way in WAYS if few and self.by == "both" else (self.by,):
                worth[whole, way] = lesson.judge(rows, tried.arm(whole, way).answer(rows))
        # the first of equals
        return tried.arm(*max(worth, key=lambda one: (worth[one], -one[0])))

    def restore(self, folder: Path, lesson: Lesson) -> Adapted:
        return read_passages.restore_with_passages(self.top, folder, lesson, self._restore_arm)

    def _restore_arm(self, folder: Path, lesson: Lesson) -> Adapted:
        if (folder / whole_documents.SETTINGS).exists():
            return WholeDocuments.restored(folder, lesson.means)
        saved = read_json(folder / "best_sentence.json")
        whole = saved["sentences"] == DOCUMENT
        documents = (
            {row["id"]: row["text"] for row in read_lines(folder / DOCUMENTS)} if whole else {}
        )
        fit = SentenceScorer(saved["by"], WordOrder.load(folder), lesson.means, documents)
        return SentenceAnswers(fit, saved["sentences"])


class Tried:
    """The arms of one lesson that train chooses among: what they share is counted and encoded
    once."""

    def __init__(self, by: By, lesson: Lesson, *, own: bool):
        self.by, self.lesson, self.own = by, lesson, own
        self.documents = {one.id: one.text for one in lesson.documents}

    def arm(self, sentences: int, by: By) -> Adapted:
        if sentences == DOCUMENT and not self.own:
            return self._all
        if sentences >= 0:
            order = self._sentences
        else:
            order = self._passages if sentences == PASSAGE else self._whole
        return SentenceAnswers(
            SentenceScorer(by, order, self.lesson.means, self.documents), sentences
        )

    @cached_property
    def _all(self) -> WholeDocuments:
        return WholeDocuments.over(self.lesson.documents, self.by, self.lesson.means)

    # A stem is as rare as it is among texts of the size that is looked for.

    @cached_property
    def _sentences(self) -> WordOrder:
        passages = (passage for row in self.lesson.train for passage in row.context)
        return WordOrder.over(
            text for passage in passages for text in split_sentences(passage.text)
        )

    @cached_property
    def _passages(self) -> WordOrder:
        return WordOrder.over(passage.text for row in self.lesson.train for passage in row.context)

    @cached_property
    def _whole(self) -> WordOrder:
        return WordOrder.over(self.documents.values())


class SentenceScorer:
    """How well texts fit questions: BM25 with the counts of `order`, cosine, or the sum of both
    after each has mean 0 and deviation 1 over the question's texts."""

    def __init__(self, by: By, order: WordOrder, means: Means, documents: Mapping[str, str]):
        self.by, self.order, self.means, self.documents = by, order, means, documents

    def score_sentences(self, questions: Sequence[Example]) -> list[list[tuple[float, str]]]:
        """(score, sentence) of every sentence of the question's passages, in their order."""
        sentences = [
            [text for one in q.context for text in split_sentences(one.text)] for q in questions
        ]
        asked = [question.messages[-1].content for question in questions]
        scores = self.scores(asked, sentences)
        return [
            list(zip(map(float, own), texts, strict=True))
            for own, texts in zip(scores, sentences, strict=True)
        ]

    def wholes(self, questions: Sequence[Example], whole: int) -> list[str]:
        """The passage, or the document, of each question that fits it best; nothing where it has
        none."""
        import numpy as np

        texts = [self._texts(question, whole) for question in questions]
        found = self.scores([question.messages[-1].content for question in questions], texts)
        return [
            own[int(np.argmax(fits))] if own else "" for fits, own in zip(found, texts, strict=True)
        ]

    def _texts(self, question: Example, whole: int) -> list[str]:
        """Of its passages, or of the documents that they are from, each once."""
        if whole == PASSAGE:
            return [one.text for one in question.context]
        return list(
            dict.fromkeys(self.documents.get(document_of(p.id), p.text) for p in question.context)
        )

    def scores(self, asked: Sequence[str], sentences: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """Of each question, float64 (its sentences,)."""
        import numpy as np

        words = [
            np.array(self.order.scores(q, texts)) for q, texts in zip(asked, sentences, strict=True)
        ]
        if self.by == "words":
            return words
        meaning = self._cosines(asked, sentences)
        if self.by == "vectors":
            return meaning
        return [standard(a) + standard(b) for a, b in zip(words, meaning, strict=True)]

    def _cosines(
        self, asked: Sequence[str], sentences: Sequence[Sequence[str]]
    ) -> list[np.ndarray]:
        import numpy as np

        own = list(dict.fromkeys(text for texts in sentences for text in texts))
        if not own:
            return [np.zeros(0) for _ in asked]
        place = {text: row for row, text in enumerate(own)}
        vectors, questions = vectors_of(own, self.means), vectors_of(list(asked), self.means)
        return [
            (vectors[[place[text] for text in texts]] @ question).astype(np.float64)
            if texts
            else np.zeros(0)
            for question, texts in zip(questions, sentences, strict=True)
        ]


class SentenceAnswers(Adapted):
    def __init__(self, fit: SentenceScorer, sentences: int):
        self.fit, self.sentences = fit, sentences

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        if not questions:
            return []
        if self.sentences < 0:
            return [answer_of(text) for text in self.fit.wholes(questions, self.sentences)]
        return self.answers(questions, self.fit.score_sentences(questions), self.sentences)

    def answers(
        self,
        questions: Sequence[Example],
        ranked: Sequence[Sequence[tuple[float, str]]],
        sentences: int,
    ) -> list[Answer]:
        """With so many sentences; `score_sentences` as `Fit.score_sentences` gives it."""
        return [
            answer_of(self._select_text(q, own, sentences))
            for q, own in zip(questions, ranked, strict=True)
        ]

    def _select_text(
        self, question: Example, ranked: Sequence[tuple[float, str]], sentences: int
    ) -> str:
        order = sorted(range(len(ranked)), key=lambda place: (-round(ranked[place][0], 5), place))
        if sentences:
            return " ".join(ranked[place][1] for place in sorted(order[:sentences]))
        asked = question.messages[-1].content
        pieces = (
            extract_by_type(asked, ranked[place][1], self.fit.order.stems)
            for place in order[:LOOKED_IN]
        )
        return next((piece for piece in pieces if piece), ranked[order[0]][1] if order else "")

    def save(self, folder: Path) -> None:
        self.fit.order.save(folder)
        write_json(folder / "best_sentence.json", {"sentences": self.sentences, "by": self.fit.by})
        if self.sentences == DOCUMENT:
            write_lines(
                folder / DOCUMENTS,
                ({"id": name, "text": text} for name, text in self.fit.documents.items()),
            )


def answer_of(text: str) -> Answer:
    return Answer(text, raw=text)
