"""Ask the base model with k solved examples before the question; k = 0 asks it as it is.

What it is for   what prompting alone reaches
Costs            no training; every answer carries the examples' tokens
Source           Brown et al. (2020), Language Models are Few-Shot Learners, arxiv.org/abs/2005.14165;
                 similar examples: Liu et al. (2022), aclanthology.org/2022.deelio-1.10
Good when        the base already understands the task; few labelled rows; the task changes often
Watch out        order and choice of the examples move the score; small bases copy the last example
Defaults from    k = 4; similar examples are shown least similar first, so that the best one stands next to the question
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from assay.encode.wording import Wording
from assay.nouns import Example, LanguageModel, Lesson, Strategy
from assay.prompt.majority import need_rows
from assay.prompt.neighbours import EMBEDDER, vectors_of
from assay.prompt.prompted import Prompted, answer_room
from assay.store import read_json, read_lines, write_json, write_lines, write_tensors

if TYPE_CHECKING:
    import numpy as np


class Shots(Strategy):
    kind: Literal["shots"] = "shots"
    k: int = Field(default=4, ge=0, le=64)
    choose: Literal["random", "similar", "balanced"] = "random"
    wording: Wording = Wording()
    model: str = ""  # another base than the project's
    neural = True

    def needs(self, base: str) -> tuple[str, ...]:
        return (self.model or base, *self.encoders())

    def encoders(self) -> tuple[str, ...]:
        return (EMBEDDER,) if self.k and self.choose == "similar" else ()

    def fit(self, lesson: Lesson) -> "ShotsAnswers":
        model = lesson.open_base(self.model)
        pool: Sequence[Example] = ()
        vectors = None
        if self.k:
            need_rows("shots", lesson)
            pool = lesson.train
            if self.choose == "similar":
                vectors = vectors_of([example.text for example in pool], lesson.means)
            else:
                pick = spread if self.choose == "balanced" else drawn
                pool = pick(pool, self.k, lesson.seed)
        return ShotsAnswers(self, model, lesson, pool, vectors, answer_room(lesson, model, self.wording))

    def restore(self, folder: Path, lesson: Lesson) -> "ShotsAnswers":
        from safetensors.numpy import load_file

        pool = [Example.from_json(row) for row in read_lines(folder / "pool.jsonl")]
        vectors = load_file(folder / "pool.safetensors")["vectors"] if self.choose == "similar" and self.k else None
        room = read_json(folder / "shots.json")["room"]
        return ShotsAnswers(self, lesson.open_base(self.model), lesson, pool, vectors, room)


class ShotsAnswers(Prompted):
    def __init__(
        self,
        settings: Shots,
        model: LanguageModel,
        lesson: Lesson,
        pool: Sequence[Example],
        vectors: "np.ndarray | None",
        room: int,
    ):
        super().__init__(model, lesson.task, labels=True, room=room, wording=settings.wording)
        self.settings = settings
        self.means = lesson.means
        self.pool = pool
        self.vectors = vectors
        self._near: dict[str, list[int]] = {}

    def shots(self, question: Example) -> Sequence[Example]:
        if self.vectors is None:
            return self.pool
        if question.text not in self._near:
            self._find([question])
        return [self.pool[i] for i in self._near[question.text]]

    def answer(self, questions, tell=None):
        if self.vectors is not None:
            self._find(questions)
        return super().answer(questions, tell)

    def _find(self, questions: Sequence[Example]) -> None:
        """The k most similar pool rows of each question, least similar first."""
        import numpy as np

        assert self.vectors is not None
        similarity = vectors_of([question.text for question in questions], self.means) @ self.vectors.T
        nearest = np.argsort(-similarity.round(5), axis=1, kind="stable")[:, : self.settings.k]
        for question, row in zip(questions, nearest, strict=True):
            self._near[question.text] = row[::-1].tolist()

    def save(self, folder: Path) -> None:
        import torch

        write_json(folder / "shots.json", {"room": self.room})
        write_lines(folder / "pool.jsonl", (example.to_json() for example in self.pool))
        if self.vectors is not None:
            write_tensors(folder / "pool.safetensors", {"vectors": torch.from_numpy(self.vectors)})


def drawn(pool: Sequence[Example], k: int, seed: int) -> list[Example]:
    """k rows at random, in random order."""
    return random.Random(seed).sample(list(pool), min(k, len(pool)))


def spread(pool: Sequence[Example], k: int, seed: int) -> list[Example]:
    """k rows that take turns over the targets, so that no label is shown twice before each was shown once."""
    shuffled = random.Random(seed).sample(list(pool), len(pool))
    seen: dict[str, int] = {}
    turns = []
    for place, example in enumerate(shuffled):
        target = example.target or ""
        turns.append((seen.setdefault(target, 0), place))
        seen[target] += 1
    return [shuffled[place] for _, place in sorted(turns)[:k]]
