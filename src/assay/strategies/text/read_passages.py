"""Passages for strategies that answer from a text: those of the row, or where rows have none, found
in the documents.

`read`     fits on rows that have their passages, and finds these first where that is needed
Finding    BM25 over passages of 90 words, as `rag` does by default; for another search, put the
           strategy inside `rag`
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from assay.core.errors import Problem, TrainError
from assay.core.store import read_lines, write_lines
from assay.core.types import Adapted, Answer, Document, Example, Lesson, Strategy, Tell
from assay.retrieval.bm25 import Bm25Index
from assay.retrieval.chunking import passages
from assay.retrieval.gold_passages import document_of
from assay.retrieval.retriever import Finder, Hits, Looking, Tools
from assay.retrieval.stemming import Stems
from assay.strategies.retrieval.answer_support import word_support

WORDS = 90  # of a passage, as in `rag`
PASSAGES, COUNTS = "passages.jsonl", "words.safetensors"

Fit = Callable[[Lesson], Adapted]


def read(strategy: Strategy, top: int, lesson: Lesson, fit: Fit) -> Adapted:
    """What `fit` gives on rows that have passages.

    Args:
        top: passages that are found for a question.

    Raises:
        TrainError: T056, neither rows nor project have a text to answer from.
    """
    if any(row.context for row in lesson.train):
        return fit(lesson)
    if not lesson.documents:
        text = (
            f"{strategy.kind} answers from a text, and neither the rows have a context nor the"
            " project documents"
        )
        raise TrainError(
            Problem(
                "T056", text, help="name `data.columns.context` or `documents`, or leave it out"
            )
        )
    finder = Finder(Looking(top=top), passages(lesson.documents, WORDS), Tools())
    hits = finder.find(lesson.train, lesson.tell)
    train = tuple(_with_passages(row, found) for row, found in zip(lesson.train, hits, strict=True))
    return RetrieveThenAnswer(finder, fit(replace(lesson, train=train)))


def restore_with_passages(
    top: int, folder: Path, lesson: Lesson, restore: Callable[[Path, Lesson], Adapted]
) -> Adapted:
    """What `read` gave, from the folder it was saved in; `restore` opens what `fit` gave."""
    if not (folder / PASSAGES).exists():
        return restore(folder, lesson)
    chunks = [Document.from_json(row) for row in read_lines(folder / PASSAGES)]
    words = Bm25Index([chunk.text for chunk in chunks], Stems("english"), folder / COUNTS)
    return RetrieveThenAnswer(
        Finder(Looking(top=top), chunks, Tools(), words=words), restore(folder, lesson)
    )


def _with_passages(row: Example, hits: Hits) -> Example:
    """The row with what was found, best first."""
    return replace(row, context=hits.passages)


class RetrieveThenAnswer(Adapted):
    """Finds passages for each question and hands them to an arm that answers from them."""

    def __init__(self, finder: Finder, inner: Adapted):
        self.finder, self.inner = finder, inner

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        hits = self.finder.find(questions, tell)
        asked = [
            _with_passages(question, found) for question, found in zip(questions, hits, strict=True)
        ]
        out = []
        for answer, found in zip(self.inner.answer(asked, tell), hits, strict=True):
            # An arm that looks among documents itself names them.
            own = tuple(passage for document in answer.passages for passage in self._of[document])
            passages = own or found.passages
            support = word_support(answer.text, passages) if answer.text else None
            ids = tuple(passage.id for passage in passages)
            out.append(replace(answer, passages=ids, support=support))
        return out

    @cached_property
    def _of(self) -> dict[str, list[Document]]:
        """The passages of each document; none of one without words."""
        found: defaultdict[str, list[Document]] = defaultdict(list)
        for passage in self.finder.passages:
            found[document_of(passage.id)].append(passage)
        return found

    def save(self, folder: Path) -> None:
        write_lines(folder / PASSAGES, (passage.to_json() for passage in self.finder.passages))
        self.finder.words.save(folder / COUNTS)
        self.inner.save(folder)
