"""What the fitted parts of retrieval can do, and the part that needs no fit: a sentence encoder as
it comes.

Encoding  texts -> vectors of length 1                 Ranking   (question, passages) -> scores
Encoder   kind `encoder`: any sentence encoder; what `embed:` takes when nothing else is said

Source    Reimers and Gurevych (2019), Sentence-BERT, aclanthology.org/D19-1410; Karpukhin et al.
          (2020), Dense Passage Retrieval, aclanthology.org/2020.emnlp-main.550
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assay.core.store import digest, file_digest, read_json, write_json
from assay.core.types import Kept, Lesson, Part, Tell
from assay.models.loading.catalogue import EMBEDDER

if TYPE_CHECKING:
    import numpy as np

CHUNK = 256  # texts between two progress events


class Encoding(Kept):
    """Sentence vectors. Texts that mean the same lie close together; the cosine of two is their
    product."""

    name: str
    digest: str  # of weights and settings: vectors of another digest cannot be compared with these
    width: int

    @abstractmethod
    def vectors(
        self, texts: Sequence[str], *, query: bool = False, tell: Tell | None = None
    ) -> np.ndarray:
        """float32, shape (texts, width), rows of length 1.

        Args:
            query: the texts are questions, which some encoders write differently from what is
                searched.
            tell: gets progress events, of unit "text".
        """

    def tokens(self, texts: Sequence[str]) -> int:
        """How many tokens its model reads of them; 0 where that is not known."""
        return 0


class PassageRanker(Kept):
    """Reads a question and a passage together and says how well the passage answers it."""

    @abstractmethod
    def scores(
        self, questions: Sequence[str], passages: Sequence[Sequence[str]], tell: Tell | None = None
    ) -> list[np.ndarray]:
        """One float64 array a question, one number a passage of it; higher is better."""


class EncoderPart(Part):
    kind: Literal["encoder"] = "encoder"
    model: str = EMBEDDER  # a name of the catalogue, a hub id or a folder
    reads = ()
    neural = True

    def needs(self, base: str) -> tuple[str, ...]:
        return (self.model,)

    def encoders(self) -> tuple[str, ...]:
        return (self.model,)

    def fit(self, lesson: Lesson) -> FrozenEncoding:
        return self._open(lesson)

    def restore(self, folder: Path, lesson: Lesson) -> FrozenEncoding:
        """Raises:
        RuntimeError: the encoder at hand is not the one that the part was saved with.
        """
        encoding = self._open(lesson)
        if read_json(folder / "encoder.json")["digest"] != encoding.digest:
            raise RuntimeError(f"{self.model} is not the encoder that was saved")
        return encoding

    def _open(self, lesson: Lesson) -> FrozenEncoding:
        from assay.models.embeddings import Embedder

        if lesson.means.encoder_folder is None:
            raise RuntimeError("this lesson has no sentence encoders to open")
        folder = lesson.means.encoder_folder(self.model)
        embed = Embedder(folder)
        return FrozenEncoding(
            self.model, weights_digest(folder), embed.network.config.hidden_size, embed
        )


class FrozenEncoding(Encoding):
    """An encoder that nobody trains here. Questions and passages are written alike."""

    def __init__(self, name: str, digest: str, width: int, embed: Callable[[Sequence[str]], Any]):
        self.name, self.digest, self.width = name, digest, width
        self._embed = embed

    def vectors(
        self, texts: Sequence[str], *, query: bool = False, tell: Tell | None = None
    ) -> np.ndarray:
        return in_chunks(self._embed, texts, self.width, tell)

    def tokens(self, texts: Sequence[str]) -> int:
        from assay.models.embeddings import Embedder

        return self._embed.tokens(texts) if isinstance(self._embed, Embedder) else 0

    def save(self, folder: Path) -> None:
        write_json(
            folder / "encoder.json",
            {"model": self.name, "digest": self.digest, "width": self.width},
        )


def in_chunks(
    embed: Callable[[Sequence[str]], Any], texts: Sequence[str], width: int, tell: Tell | None
) -> np.ndarray:
    """The vectors of all texts, a few hundred at a time, texts of like length together; equal texts
    are read once."""
    import numpy as np

    known = {
        text: place
        for place, text in enumerate(sorted(set(texts), key=lambda text: (len(text), text)))
    }
    own = list(known)
    out = np.zeros((len(own), width), dtype=np.float32)
    for start in range(0, len(own), CHUNK):
        out[start : start + CHUNK] = embed(own[start : start + CHUNK])
        if tell:
            tell(
                {
                    "event": "progress",
                    "done": min(start + CHUNK, len(own)),
                    "total": len(own),
                    "unit": "text",
                }
            )
    return out[[known[text] for text in texts]] if texts else np.zeros((0, width), dtype=np.float32)


def weights_digest(folder: Path) -> str:
    """sha256 over every file of a model folder, by name."""
    return digest(
        {path.name: file_digest(path) for path in sorted(folder.iterdir()) if path.is_file()}
    )
