"""Find passages for the question in the documents, and hand them to another strategy: retrieval-augmented generation.

What it is for   facts that change, or that no training row asks for
Costs            an index; every answer carries the passages' tokens
Source           Lewis et al. (2020), arxiv.org/abs/2005.11401; ranking: Robertson and Zaragoza (2009), The
                 Probabilistic Relevance Framework: BM25 and Beyond, doi.org/10.1561/1500000019
Good when        the answer stands in a document; documents are edited often
Watch out        what is not retrieved cannot be answered. A trained inner arm sees the passages that retrieval found
                 for its training rows, never the ones that hold the answer by decree: it learns from real misses
Defaults from    BM25 k1 1.5, b 0.75 (Lucene's family); 4 passages of at most 90 words
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from assay.errors import Problem, UsageError
from assay.nouns import Adapted, Answer, Document, Example, Inner, LanguageModel, Lesson, Messages, Strategy, Tell
from assay.prompt.chunks import passages
from assay.store import read_lines, write_lines

WORD = re.compile(r"\w+")
# Words that stand in nearly every question and in no answer's neighbourhood in particular.
COMMON = frozenset(
    """a an and are as at be by can do does for from have how i in is it its me my of on or our that the their there
    they this to us was we what when where which who whom whose why will with you your""".split()
)


class Rag(Strategy):
    kind: Literal["rag"] = "rag"
    inner: Inner  # any strategy
    top: int = Field(default=4, ge=1, le=50)
    words: int = Field(default=90, ge=10, le=2000)  # a passage's length at most
    reads = ("train", "val", "documents")
    neural = True

    def needs(self, base: str) -> tuple[str, ...]:
        return self.inner.needs(base)

    def fit(self, lesson: Lesson) -> "RagAnswers":
        if not lesson.documents:
            raise UsageError(
                Problem("C079", "rag: there are no documents to search", "documents", "name them under `documents:`")
            )
        chunks = passages(lesson.documents, self.words)
        if not any(stems(chunk.text) for chunk in chunks):
            problem = Problem("C079", "rag: the documents hold no words to search by", "documents", "name others")
            raise UsageError(problem)
        index = Index(chunks, self.top)
        seen = replace(lesson, train=index.with_passages(lesson.train), val=index.with_passages(lesson.val))
        return RagAnswers(index, lesson.fit(self.inner, seen))

    def restore(self, folder: Path, lesson: Lesson) -> "RagAnswers":
        chunks = [Document(*row) for row in read_lines(folder / "passages.jsonl")]
        return RagAnswers(Index(chunks, self.top), self.inner.restore(folder / "inner", lesson))


class Index:
    """BM25 over passages. Equal scores keep the order of the passages."""

    def __init__(self, chunks: Sequence[Document], top: int):
        import bm25s

        self.chunks = list(chunks)
        self.top = min(top, len(self.chunks))
        self.words: dict[str, int] = {}
        rows = [[self.words.setdefault(w, len(self.words)) for w in stems(chunk.text)] for chunk in self.chunks]
        self.scorer: Any = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        self.scorer.index(bm25s.tokenization.Tokenized(ids=rows, vocab=dict(self.words)), show_progress=False)

    def find(self, text: str) -> list[tuple[Document, float]]:
        """The best passages for `text` with their BM25 scores, best first; passages that share no word are left out."""
        import numpy as np

        ids = [self.words[w] for w in stems(text) if w in self.words]
        if not ids:
            return []
        scores = self.scorer.get_scores_from_ids(ids)
        order = np.argsort(-scores.round(5), kind="stable")[: self.top]
        return [(self.chunks[i], float(scores[i])) for i in order if scores[i] > 0]

    def with_passages(self, examples: Sequence[Example]) -> tuple[Example, ...]:
        """The examples with what retrieval finds for their text as context."""
        return tuple(replace(e, context=tuple(document for document, _ in self.find(e.text))) for e in examples)


def stems(text: str) -> list[str]:
    """Lower-case words without the commonest ones and without a plural s."""
    words = (word for word in WORD.findall(text.casefold()) if word not in COMMON)
    return [w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in words]


class RagAnswers(Adapted):
    def __init__(self, index: Index, inner: Adapted):
        self.index = index
        self.inner = inner

    @property
    def model(self) -> LanguageModel | None:
        return self.inner.model

    def prompt(self, question: Example) -> Messages:
        return self.inner.prompt(self.index.with_passages([question])[0])

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        asked = self.index.with_passages(questions)
        answers = self.inner.answer(asked, tell)
        return [
            replace(answer, passages=tuple(document.id for document in question.context))
            for question, answer in zip(asked, answers, strict=True)
        ]

    def save(self, folder: Path) -> None:
        write_lines(folder / "passages.jsonl", ([c.id, c.text, c.source, c.date] for c in self.index.chunks))
        self.inner.save(folder / "inner")
