"""What stands around a row: the tokens that a model gets of it, which of them a training learns
from, and the training rows that are most like it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.config import load
from assay.core.project_paths import file_of
from assay.core.types import Example, Task
from assay.models.tokenizer.chat_tokens import Chat, Part
from assay.runtime.data_stage.prepare import Prepared, find_prepared
from assay.tasks.prompt_format import ask

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LIKE = 5  # training rows
ROOM = 2048  # tokens, where a model does not say how many it reads


@dataclass(frozen=True)
class TokenView:
    """
    Attributes:
        runs: (what they are, texts of the tokens) in order.
        asked, learnt, cut: numbers of tokens.
    """

    runs: Sequence[tuple[Part, Sequence[str]]]
    asked: int
    learnt: int
    cut: int


@dataclass
class RowContext:
    """Of one project; read when it is asked for first, and again when the rows were prepared
    anew."""

    target: Path
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _prepared: Prepared | None = None
    _similar: SimilarRows | None = None

    def example(self, id: str) -> Example | None:
        """The test row as it was prepared; None where there is none of that id, or where the files
        or the project file have changed since.

        Raises:
            AssayError: as `find_prepared`.
        """
        with self._lock:
            found = find_prepared(load(file_of(self.target)))
            if found is None:
                return None
            if self._prepared is None or found.folder != self._prepared.folder:
                self._prepared, self._similar = found, None
            return next((row for row in found.examples("test") if row.id == id), None)

    def similar(self, row: Example) -> list[tuple[float, Example]]:
        """(cosine, training row), the most similar first; after `example`."""
        assert self._prepared is not None
        with self._lock:
            if self._similar is None:
                self._similar = SimilarRows.of(self._prepared.examples("train"))
            return self._similar.nearest(row.text)

    @property
    def model(self) -> str:
        """The project's, by whose tokens a row is shown."""
        return load(file_of(self.target)).model

    def tokens(self, row: Example) -> TokenView:
        """By the project's model; after `example`.

        Raises:
            ModelError, ResourceError: as `find`.
        """
        assert self._prepared is not None
        own = load(file_of(self.target))
        return token_view(chat_of(own.model, own.folder), self._prepared.task, row)


@dataclass(frozen=True)
class SimilarRows:
    """Training rows by the words that they share, as TF-IDF weighs them. `vectors`: (rows, words);
    None where no row has a word."""

    rows: Sequence[Example]
    vectorizer: Any
    vectors: csr_matrix | None

    @classmethod
    def of(cls, rows: Sequence[Example]) -> SimilarRows:
        from sklearn.feature_extraction.text import TfidfVectorizer

        made: Any = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32)
        try:
            return cls(rows, made, made.fit_transform([row.text for row in rows]))
        except ValueError:
            return cls(rows, made, None)

    def nearest(self, text: str) -> list[tuple[float, Example]]:
        if self.vectors is None:
            return []
        found = (self.vectors @ self.vectorizer.transform([text]).T).toarray()[:, 0]
        order = np.argsort(-found, kind="stable")[:LIKE]
        return [(float(found[at]), self.rows[at]) for at in order if found[at] > 0]


@lru_cache(maxsize=4)
def chat_of(model: str, base: Path) -> Chat:
    """The tokenizer of a model that is on this machine."""
    from assay.models.loading.find import find
    from assay.models.loading.opening import open_tokenizer

    found = find(model, base=base, offline=True)
    return Chat(open_tokenizer(found.folder), max_length=found.context_length or ROOM)


def token_view(chat: Chat, task: Task, row: Example) -> TokenView:
    """The row as a trained strategy is given it, and the answer that it would be taught."""
    parts, cut = chat.parts(ask(task, row), row.target or "")
    learnt = sum(len(ids) for kind, ids in parts if kind == "learnt")
    runs = [
        (kind, [chat.tokenizer.decode([one], skip_special_tokens=False) for one in ids])
        for kind, ids in parts
    ]
    return TokenView(runs, sum(len(ids) for _, ids in parts) - learnt, learnt, cut)
