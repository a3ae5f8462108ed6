"""Answer with the whole document that fits the question best, of all that the project has.

How       words by BM25, each stem as rare as it is among the documents; meaning by the cosine of
          sentence vectors; both as the sum of the two, after each has mean 0 and deviation 1 over
          the documents
Costs     each document is encoded once where meaning is asked, and its vector is kept: 1.5 kB
Watch out the encoder reads the first 256 tokens of a document
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assay.core.store import read_json, read_lines, write_json, write_lines, write_tensors
from assay.core.types import Adapted, Answer, Document, Example, Means, Tell
from assay.retrieval.bm25 import Bm25Index
from assay.retrieval.learned_fusion import standard
from assay.retrieval.stemming import Stems
from assay.strategies.baselines.neighbours import vectors_of

if TYPE_CHECKING:
    import numpy as np

# Beside the files of what finds passages, in one folder.
SETTINGS, TEXTS = "whole_documents.json", "whole_documents.jsonl"
COUNTS, VECTORS = "whole_words.safetensors", "whole_vectors.safetensors"

By = Literal["words", "vectors", "both"]


class WholeDocuments(Adapted):
    def __init__(
        self,
        documents: Sequence[Document],
        by: By,
        means: Means,
        words: Bm25Index,
        vectors: np.ndarray | None,
    ):
        """Args:
        vectors: of the documents, float32 (documents, width); None where `by` is words.
        """
        self.documents = list(documents)
        self.by, self.means, self.words, self.vectors = by, means, words, vectors

    @classmethod
    def over(cls, documents: Sequence[Document], by: By, means: Means) -> WholeDocuments:
        texts = [document.text for document in documents]
        vectors = None if by == "words" else vectors_of(texts, means)
        return cls(documents, by, means, Bm25Index(texts, Stems("english")), vectors)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        """Answers name their document in place of passages."""
        found = (self.documents[place] for place in self._places(questions))
        return [Answer(one.text, raw=one.text, passages=(one.id,)) for one in found]

    def _places(self, questions: Sequence[Example]) -> list[int]:
        """Of the document that fits each question best; of equals the first."""
        import numpy as np

        if not questions:
            return []
        asked = [question.messages[-1].content for question in questions]
        vectors = [None] * len(asked) if self.vectors is None else vectors_of(asked, self.means)
        pairs = zip(asked, vectors, strict=True)
        return [int(np.argmax(self._scores(*pair).round(5))) for pair in pairs]

    def _scores(self, asked: str, vector: np.ndarray | None) -> np.ndarray:
        """float64 (documents,)."""
        words = (
            self.words.scores(Counter(self.words.stems(asked))) if self.by != "vectors" else None
        )
        meaning = self.vectors @ vector if self.vectors is not None else None
        parts = [standard(part) for part in (words, meaning) if part is not None]
        return sum(parts[1:], parts[0])

    def save(self, folder: Path) -> None:
        write_json(folder / SETTINGS, {"by": self.by})
        write_lines(folder / TEXTS, (document.to_json() for document in self.documents))
        self.words.save(folder / COUNTS)
        if self.vectors is not None:
            write_tensors(folder / VECTORS, {"vectors": self.vectors})

    @classmethod
    def restored(cls, folder: Path, means: Means) -> WholeDocuments:
        from safetensors.numpy import load_file

        by: By = read_json(folder / SETTINGS)["by"]
        documents = [Document.from_json(row) for row in read_lines(folder / TEXTS)]
        words = Bm25Index(
            [document.text for document in documents], Stems("english"), folder / COUNTS
        )
        vectors = None if by == "words" else load_file(folder / VECTORS)["vectors"]
        return cls(documents, by, means, words, vectors)
