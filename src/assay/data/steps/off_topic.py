"""Drop rows that are about something else than the other rows.

Rule        by words: two signals must agree, each as robust deviations from the median row. The
            row's words are rare among the rows, more than chance makes them in a row of its length;
            and its nearest rows by TF-IDF are far by embedding: the mean cosine distance to its
            nearest rows, as robust deviations
Good when   the task is narrow (tickets of one desk). Where rows are about anything nothing is far
            from the rest, and hardly a row goes
Watch out   a rare but right topic looks the same: read the ledger
Measured    see docs/steps.md: of 30 messages planted among 2,000 rows of banking77 21 are found, of
            30 lines of an encyclopaedia 19, with 1 of 2,000 questions dropped
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from assay.core.errors import DataError, Problem
from assay.core.sampling import hash_rank
from assay.core.types import Changed, Dropped, Example, Means, SetStep
from assay.data.outliers import deviations, settle

FEWEST_ROWS = 50  # in fewer rows every topic is rare
# rows that all others are compared with: more do not move a mean of the five nearest
COMPARED = 5000
BLOCK = 512  # rows compared at once: 20 MB
BY_WORDS, BY_EMBEDDING = 2.25, 4.0  # see docs/steps.md
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


class OffTopic(SetStep):
    kind: Literal["off_topic"] = "off_topic"
    libraries: ClassVar[tuple[str, ...]] = ("scikit-learn", "scipy")
    needs: ClassVar[tuple[str, ...]] = ("embed",)
    # What rows are compared by. Words need no model; an embedding knows words that are alike.
    by: Literal["words", "embedding"] = "words"
    # Robust standard deviations from the median row, by words of both signals. Default: 2.25 by
    # words, 4 by embedding.
    min_deviations: float | None = Field(default=None, gt=0)
    neighbours: int = Field(default=5, ge=1)

    def wants(self) -> tuple[str, ...]:
        return self.needs if self.by == "embedding" else ()

    def apply(
        self, examples: Sequence[Example], means: Means
    ) -> Iterator[Example | Changed | Dropped]:
        texts = [example.text for example in examples]
        compared = _sample([example.id for example in examples], means.seed)
        if self.by == "words":
            gone = settle(len(texts), lambda left: self._by_words(texts, left, compared))
        else:
            vectors = self._vectors(texts, means)
            gone = settle(len(texts), lambda left: self._by_embedding(vectors, left, compared))
        for at, example in enumerate(examples):
            yield Dropped(example, gone[at]) if at in gone else example

    def _by_words(
        self, texts: Sequence[str], left: Sequence[int], compared: set[int]
    ) -> dict[int, str]:
        import numpy as np

        rows = [_WORD.findall(texts[at].lower()) for at in left]
        if sum(map(bool, rows)) < FEWEST_ROWS:
            return {}
        odd = deviations(_rarity(rows))
        if not (odd >= (self.min_deviations or BY_WORDS)).any():
            return {}
        far = deviations(1 - nearest(_tfidf(rows), _places(left, compared), self.neighbours))
        return self._drop(
            left, np.minimum(odd, far), BY_WORDS, np.array([bool(row) for row in rows])
        )

    def _by_embedding(
        self, vectors: Any, left: Sequence[int], compared: set[int]
    ) -> dict[int, str]:
        import numpy as np

        if len(left) < FEWEST_ROWS:
            return {}
        far = deviations(1 - nearest(vectors[list(left)], _places(left, compared), self.neighbours))
        return self._drop(left, far, BY_EMBEDDING, np.ones(len(left), dtype=bool))

    def _drop(self, left: Sequence[int], far: Any, default: float, can: Any) -> dict[int, str]:
        yes = (far >= (self.min_deviations or default)) & can
        return {at: "off topic" for at, goes in zip(left, yes, strict=True) if goes}

    def _vectors(self, texts: Sequence[str], means: Means) -> Any:
        import numpy as np

        if means.embed is None:
            raise DataError(
                Problem(
                    "D076",
                    "the step off_topic compares rows by embedding, and there is no embedder",
                    "prepare",
                    help="name one for the project, or set `by: words`",
                )
            )
        return np.asarray(means.embed(texts)) if texts else np.zeros((0, 1), dtype=np.float32)


def _sample(ids: Sequence[str], seed: int) -> set[int]:
    """Places of the rows that all are compared with, by seed and id: a row that goes changes no
    other's chance."""
    ranked = sorted(range(len(ids)), key=lambda at: hash_rank(seed, ids[at]))
    return set(ranked[:COMPARED])


def _places(left: Sequence[int], compared: set[int]) -> list[int]:
    return [place for place, at in enumerate(left) if at in compared]


def _rarity(rows: Sequence[Sequence[str]]) -> Any:
    """How much rarer the words of a row are among the other rows than words on average, in standard
    errors of a row of its length; nan for a row without words. float64 of shape (rows,)."""
    import numpy as np

    standing = Counter(word for row in rows for word in set(row))
    bits = [
        np.array([-np.log2((standing[word] - 0.5) / (len(rows) + 0.5)) for word in row])
        for row in rows
    ]
    every = np.concatenate([row for row in bits if len(row)])
    mean, spread = every.mean(), every.std() or 1.0
    return np.array(
        [(row - mean).sum() / (spread * np.sqrt(len(row))) if len(row) else np.nan for row in bits]
    )


def _tfidf(rows: Sequence[Sequence[str]]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    analyzer: Any = list  # rows are words already
    return TfidfVectorizer(analyzer=analyzer, sublinear_tf=True).fit_transform(rows)


def nearest(vectors: Any, compared: Sequence[int], neighbours: int) -> Any:
    """The mean cosine of each row with its nearest other rows among those compared, shape (rows,).

    Args:
        vectors: rows of length 1, dense or sparse, shape (rows, width).
        compared: places of the rows that may be neighbours.
    """
    import numpy as np

    others = vectors[list(compared)].T
    column = {row: at for at, row in enumerate(compared)}
    count = min(neighbours, len(compared) - 1)
    means = np.zeros(vectors.shape[0])
    for start in range(0, vectors.shape[0], BLOCK):
        block = vectors[start : start + BLOCK] @ others
        block = np.asarray(block.todense() if hasattr(block, "todense") else block, dtype=float)
        for row in range(len(block)):
            if start + row in column:
                block[row, column[start + row]] = -np.inf
        means[start : start + BLOCK] = np.partition(block, -count, axis=1)[:, -count:].mean(axis=1)
    return means
