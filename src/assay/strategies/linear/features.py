"""What a linear model reads of a text: its words, its characters, its sentence vector, side by
side.

words        TF-IDF of runs of words: sublinear counts, rows of length 1
characters   the same of runs of characters inside words, ends of words marked: slips and endings
             count
vectors      what a sentence encoder says, rows of length 1
Source       Salton and Buckley (1988), doi.org/10.1016/0306-4573(88)90021-0; characters: Cavnar and
             Trenkle (1994), N-gram-based text categorization; vectors: Reimers and Gurevych (2019),
             aclanthology.org/D19-1410
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from assay.core.store import read_json, write_json, write_tensors
from assay.core.words import WORD

Feature = Literal["words", "characters", "vectors"]
Vectors = Callable[[Sequence[str]], Any]  # texts -> float32 (texts, width), rows of length 1
WEIGHTS = (1.0, 2.0, 4.0, 16.0)  # of the vectors: alike, or nearly alone
COMMON = 5000  # rows from which a run must stand in two of them


class Features:
    """texts -> one sparse float32 matrix, (texts, features). Fitted by `fit`, or restored.

    Args:
        names: the blocks, in this order. ngrams, characters: the longest runs. vectors: needed
            where they are named.
    """

    def __init__(
        self, names: Sequence[Feature], ngrams: int, characters: int, vectors: Vectors | None = None
    ):
        self.names = tuple(names)
        self.weight = 1.0  # of the vectors beside what is counted
        self.vectors = vectors
        counted = {"words": _words(ngrams), "characters": _characters(characters)}
        self.counted: dict[str, Any] = {name: counted[name] for name in names if name != "vectors"}

    def any_in(self, texts: Sequence[str]) -> bool:
        """Whether any text has something that is counted, whitespace and, where words are read,
        marks aside."""
        split = [words.build_analyzer() for words in self.counted.values()]
        return "vectors" in self.names or any(one(text) for text in texts for one in split[:1])

    @property
    def width(self) -> int:
        """Of the blocks that are counted."""
        return sum(len(words.vocabulary_) for words in self.counted.values())

    def fit(self, texts: Sequence[str]) -> Any:
        """The matrix of texts whose runs become the vocabulary. A block that finds nothing to count
        in any of them, such as words where all texts are marks, is left out."""
        for name, words in list(self.counted.items()):
            if not any(map(words.build_analyzer(), texts)):
                self._leave_out(name)
                continue
            if len(texts) >= COMMON:
                words.set_params(min_df=2)
            words.fit(texts)
        return self(texts)

    def __call__(self, texts: Sequence[str]) -> Any:
        import numpy as np
        from scipy.sparse import hstack

        return hstack(list(self.blocks(texts).values()), format="csr", dtype=np.float32)

    def blocks(self, texts: Sequence[str]) -> dict[str, Any]:
        """The parts of the matrix by name, each sparse (texts, its features)."""
        from scipy.sparse import csr_matrix

        found: dict[str, Any] = {}
        for name in self.names:
            if name != "vectors":
                found[name] = self.counted[name].transform(texts)
            elif self.vectors is None:
                raise RuntimeError("sentence vectors need an encoder, and none was handed in")
            else:
                found[name] = csr_matrix(self.vectors(texts)) * self.weight
        return found

    def reweight(self, matrix: Any, weight: float) -> Any:
        """The matrix as it would be with another weight of the vectors."""
        if weight == self.weight:
            return matrix
        import numpy as np
        from scipy.sparse import diags_array

        scale = np.ones(matrix.shape[1], dtype=np.float32)
        before = sum(
            len(self.counted[name].vocabulary_)
            for name in self.names[: self.names.index("vectors")]
        )
        wide = matrix.shape[1] - self.width
        scale[before : before + wide] = weight / self.weight
        return (matrix @ diags_array(scale)).tocsr()

    @property
    def weights(self) -> tuple[float, ...]:
        """Those to choose among, where there is something beside the vectors."""
        return WEIGHTS if self.counted and "vectors" in self.names else (1.0,)

    def save(self, folder: Path, stem: str, arrays: dict[str, Any], notes: dict[str, Any]) -> None:
        """Vocabularies, with what the model around them keeps, as `stem`.json and
        `stem`.safetensors."""
        weights = {f"idf.{name}": words.idf_ for name, words in self.counted.items()}
        write_tensors(folder / f"{stem}.safetensors", weights | arrays)
        known = {
            name: {run: int(column) for run, column in words.vocabulary_.items()}
            for name, words in self.counted.items()
        }
        write_json(folder / f"{stem}.json", {"vocabulary": known, "weight": self.weight, **notes})

    def load(self, folder: Path, stem: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Reads the vocabularies; gives the arrays and notes that `save` was given."""
        from safetensors.numpy import load_file

        arrays, notes = (
            load_file(folder / f"{stem}.safetensors"),
            read_json(folder / f"{stem}.json"),
        )
        known, self.weight = notes.pop("vocabulary"), notes.pop("weight")
        for name, words in list(self.counted.items()):
            if name not in known:
                self._leave_out(name)
                continue
            words.set_params(vocabulary=known[name])
            words.idf_ = arrays.pop(f"idf.{name}")
        return arrays, notes

    def _leave_out(self, name: str) -> None:
        del self.counted[name]
        self.names = tuple(one for one in self.names if one != name)


def _words(longest: int) -> Any:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        ngram_range=(1, longest), sublinear_tf=True, token_pattern=WORD.pattern, dtype=np.float32
    )


def _characters(longest: int) -> Any:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(min(2, longest), longest),
        sublinear_tf=True,
        dtype=np.float32,
    )
