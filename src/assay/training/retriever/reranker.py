"""A reranker: question and passage read together, mixed with the order of the first stage.

What it is for   the right passage is among the first fifty, and not among the first four
Costs            a pass of the network over each candidate: 50 a question; minutes of training on
                 two cores
Source           Nogueira and Cho (2019), Passage Re-ranking with BERT, arxiv.org/abs/1901.04085; a
                 softmax over a gold passage and the first stage's mistakes: Gao et al. (2021),
                 arxiv.org/abs/2101.08751
Good when        words and cosines find much that only looks right
Watch out        a small reranker trained on few questions is worse than the first stage alone:
                 `mix` keeps both
Defaults from    seven negatives a question: Gao et al. (2021); the rest is BERT's fine-tuning,
                 arxiv.org/abs/1810.04805
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from assay.core.errors import Problem, TrainError
from assay.core.sampling import random_stream
from assay.core.store import read_json, write_json, write_tensors
from assay.core.types import Lesson, Tell
from assay.models.loading.catalogue import EMBEDDER
from assay.retrieval.encoders import PassageRanker, weights_digest
from assay.training.retriever.score_mixing import best_mix, mix_scores, ranks
from assay.training.retriever.settings import Retriever, folder_of
from assay.training.retriever.training_pairs import (
    Cloze,
    GoldQuestion,
    Material,
    cloze,
    in_batches,
    material,
)

if TYPE_CHECKING:
    import numpy as np
    import torch

    from assay.training.retriever.cross_encoder import PairScorer

CHUNK = 16  # questions between two progress events


class CrossEncoder(Retriever):
    kind: Literal["cross_encoder"] = "cross_encoder"
    epochs: int = Field(default=3, ge=0, le=1000)  # 0: a ready cross-encoder as it comes
    batch_size: int = Field(default=8, ge=1, le=4096)
    negatives: int = Field(default=7, ge=1, le=64)
    depth: int = Field(default=50, ge=1, le=1000)
    # the sentence encoder that finds candidates for training, together with BM25
    first: str = EMBEDDER
    loss: Literal["listwise", "pairwise", "binary"] = "listwise"
    mix: Annotated[float, Field(ge=0, le=1)] | Literal["val"] = (
        "val"  # share of the reranker in the score, 0 to 1; val: the best one there
    )

    def encoders(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.model, self.first) if self._searches else (self.model,)))

    @property
    def _searches(self) -> bool:
        """Whether candidates are needed: to learn from, or to choose the mix on."""
        return bool(self.epochs) or self.mix == "val"

    def fit(self, lesson: Lesson) -> CrossRanking:
        import torch

        from assay.training.retriever.cross_encoder import Joint, PairScorer, is_ready

        folder = folder_of(self.model, lesson)
        if not self.epochs and not is_ready(folder):
            text = (
                f"cross_encoder: {self.model} is no ready cross-encoder, and epochs: 0 trains none"
            )
            raise TrainError(
                Problem("T091", text, help="set `epochs`, or name a cross-encoder under `model`")
            )
        torch.manual_seed(lesson.seed)
        reader = PairScorer(folder, Joint(folder), self.max_length, self.bf16())
        if not self._searches:
            assert self.mix != "val"
            return CrossRanking(self, folder, reader, self.mix, {})
        found = material(self.kind, lesson, self.val_rows)
        training = Groups(self, reader, found, lesson)
        kept: dict[str, Any] = {"left_out": found.left_out}
        if self.epochs:
            kept |= training.run()
        mix, scores = training.mix()
        return CrossRanking(self, folder, reader, mix, {**kept, "val": scores})

    def restore(self, folder: Path, lesson: Lesson) -> CrossRanking:
        """Raises:
        RuntimeError: the model at hand is not the one that the part was trained from.
        """
        from safetensors.torch import load_file

        from assay.training.retriever.cross_encoder import Joint, PairScorer

        saved = read_json(folder / "reranker.json")
        start = folder_of(self.model, lesson)
        if weights_digest(start) != saved["start"]:
            raise RuntimeError(f"{self.model} is not the model that this reranker was made from")
        network = Joint(start)
        if self.epochs:
            network.load_state_dict(load_file(folder / "reranker.safetensors"))
        reader = PairScorer(start, network, self.max_length, self.bf16())
        return CrossRanking(self, start, reader, saved["mix"], saved["training"])


class CrossRanking(PassageRanker):
    """Passages are handed over in the order of the first stage, best first: their order is a part
    of the score."""

    def __init__(
        self,
        settings: CrossEncoder,
        start: Path,
        reader: PairScorer,
        mix: float,
        training: dict[str, Any],
    ):
        self.settings = settings
        self.start = weights_digest(start)
        self.reader = reader
        self.mix = mix  # share of the reranker
        self.training = training
        reader.network.eval().requires_grad_(False)

    def scores(
        self, questions: Sequence[str], passages: Sequence[Sequence[str]], tell: Tell | None = None
    ) -> list[np.ndarray]:
        out: list[np.ndarray] = []
        for at in range(0, len(questions), CHUNK):
            own = read(
                self.reader,
                questions[at : at + CHUNK],
                passages[at : at + CHUNK],
                self.settings.micro_tokens,
            )
            out += [mix_scores(scores, self.mix) for scores in own]
            if tell:
                tell(
                    {
                        "event": "progress",
                        "done": len(out),
                        "total": len(questions),
                        "unit": "question",
                    }
                )
        return out

    def save(self, folder: Path) -> None:
        if self.settings.epochs:
            write_tensors(folder / "reranker.safetensors", self.reader.network.state_dict())
        own = {"model": self.settings.model, "start": self.start, "mix": self.mix}
        write_json(folder / "reranker.json", {**own, "training": self.training})


def read(
    reader: PairScorer, questions: Sequence[str], passages: Sequence[Sequence[str]], budget: int
) -> list[np.ndarray]:
    """The reranker's own scores, float64, one array a question."""
    import numpy as np
    import torch

    pairs = [(q, text) for q, texts in zip(questions, passages, strict=True) for text in texts]
    flat = np.zeros(len(pairs))
    with torch.inference_mode():
        for numbers, inputs in reader.parts(pairs, budget) if pairs else ():
            flat[numbers] = reader.forward(inputs).cpu().numpy()
    return np.split(flat, np.cumsum([len(texts) for texts in passages])[:-1])


@dataclass
class Groups:
    """What an epoch's steps learn: each question with one of its gold passages first and hard
    negatives behind it."""

    settings: CrossEncoder
    reader: PairScorer
    found: Material
    lesson: Lesson
    _val: list[np.ndarray] | None = field(default=None, init=False)  # the reranker's scores on val

    @cached_property
    def cloze(self) -> list[Cloze]:
        return (
            cloze(self.found.passages, self.lesson.seed)
            if self.settings.warm == "documents"
            else []
        )

    @cached_property
    def candidates(self) -> tuple[list[list[int]], list[list[int]], list[list[int]]]:
        """Of the training questions (negatives alone), of the val questions (all), of the cloze
        questions (negatives alone): passages in the order of the first stage."""
        from assay.models.embeddings import Embedder
        from assay.training.retriever.mining import hard, retrieve_with_cosines, words_of

        embed, words = (
            Embedder(folder_of(self.settings.first, self.lesson)),
            words_of(self.found.passages),
        )
        passages = embed(self.found.passages)
        made: list[list[list[int]]] = []
        asked = [GoldQuestion(row.question, (row.place,)) for row in self.cloze]
        for pairs, wrong in ((self.found.train, True), (self.found.val, False), (asked, True)):
            questions = [pair.question for pair in pairs]
            found = retrieve_with_cosines(
                questions, words, embed(questions), passages, self.settings.depth
            )
            rows = zip(pairs, found, strict=True)
            made.append([hard(p, r, c, self.settings.margin) if wrong else r for p, (r, c) in rows])
        return made[0], made[1], made[2]

    def run(self) -> dict[str, Any]:
        """Train; how it went."""
        from assay.training.retriever.trainer import Course

        size, epochs = self.settings.batch_size, self.settings.epochs
        steps = [len(in_batches(len(self.found.train), size, 0, 0))] * epochs
        steps = [len(in_batches(len(self.cloze), size, 0, 0)), *steps] if self.cloze else steps
        course = Course(
            self.reader.network,
            self.settings,
            self.lesson.seed,
            steps,
            lambda epoch, before: None,
            self.step,
            self.look if self.found.val else None,
            self.lesson.workdir,
            self.lesson.tell,
        )
        went = course.run()
        self._val = None
        return {"curve": went.curve, "best_step": went.best_step, "ended": went.ended}

    # --- val --------------------------------------------------------------------------------------

    def look(self) -> float:
        """Mean log-likelihood of the gold candidates of val by the reranker alone: mixed with the
        first stage, one that is not worth a share yet would not be seen to learn."""
        self._val = None
        return self._select_mix(1.0)[1]

    def mix(self) -> tuple[float, float]:
        """(share of the reranker, mean log-likelihood of the gold candidates of val with it)."""
        return self._select_mix(None if self.settings.mix == "val" else self.settings.mix)

    def _select_mix(self, only: float | None) -> tuple[float, float]:
        if not self.found.val:
            return (0.5 if only is None else only), 0.0
        lists = self.candidates[1]
        if self._val is None:
            texts = [[self.found.passages[place] for place in places] for places in lists]
            questions = [pair.question for pair in self.found.val]
            self._val = read(self.reader, questions, texts, self.settings.micro_tokens)
        gold = [
            ranks(places, pair.gold) for places, pair in zip(lists, self.found.val, strict=True)
        ]
        return best_mix(self._val, gold, only)

    # --- a step -----------------------------------------------------------------------------------

    def step(self, epoch: int, within: int, remembered: None) -> float:
        import torch

        from assay.training.retriever.losses import LOSSES

        groups = (
            self._of_cloze(within) if self.cloze and epoch == 0 else self._of_rows(epoch, within)
        )
        loss = LOSSES[self.settings.loss]
        total = 0.0
        for some in self._together([group for group in groups if len(group) > 1]):
            part = torch.stack([loss(scores[None]) for scores in self._read(some)]).sum() / len(
                groups
            )
            part.backward()
            total += float(part.detach())
        return total

    def _of_rows(self, epoch: int, within: int) -> list[list[tuple[str, str]]]:
        """One group a question: (question, passage), the gold one first."""
        train, texts = self.found.train, self.found.passages
        groups = []
        for number in in_batches(len(train), self.settings.batch_size, self.lesson.seed, epoch + 1)[
            within
        ]:
            draw = random_stream(self.lesson.seed, epoch, number, sep="-")
            places = [
                draw.choice(train[number].gold),
                *self._wrong(self.candidates[0][number], train[number], draw),
            ]
            groups.append([(train[number].question, texts[place]) for place in places])
        return groups

    def _of_cloze(self, within: int) -> list[list[tuple[str, str]]]:
        groups = []
        for number in in_batches(len(self.cloze), self.settings.batch_size, self.lesson.seed, 0)[
            within
        ]:
            row, draw = (
                self.cloze[number],
                random_stream(self.lesson.seed, "cloze", number, sep="-"),
            )
            wrong = self._wrong(
                self.candidates[2][number], GoldQuestion(row.question, (row.place,)), draw
            )
            texts = [row.passage, *(self.found.passages[place] for place in wrong)]
            groups.append([(row.question, text) for text in texts])
        return groups

    def _wrong(self, mined: Sequence[int], pair: GoldQuestion, draw: random.Random) -> list[int]:
        """`negatives` passages: hard ones, and where there are too few, others at random."""
        found = draw.sample(mined, min(self.settings.negatives, len(mined)))
        others = [
            i for i in range(len(self.found.passages)) if i not in pair.gold and i not in found
        ]
        return found + draw.sample(others, min(self.settings.negatives - len(found), len(others)))

    def _together(self, groups: list[list[tuple[str, str]]]) -> list[list[list[tuple[str, str]]]]:
        """Groups that are computed at once: at most `micro_tokens` tokens, and at least one
        group."""
        room = max(
            1, self.settings.micro_tokens // (self.reader.length * (1 + self.settings.negatives))
        )
        return [groups[at : at + room] for at in range(0, len(groups), room)]

    def _read(self, groups: list[list[tuple[str, str]]]) -> Sequence[torch.Tensor]:
        """Scores with gradients, one tensor a group; where documents are few, groups differ in
        size."""
        import torch

        pairs = [pair for group in groups for pair in group]
        found = [
            (rows, self.reader.forward(inputs))
            for rows, inputs in self.reader.parts(pairs, len(pairs) << 16)
        ]
        order = torch.tensor([row for rows, _ in found for row in rows])
        flat = torch.cat([scores for _, scores in found])[torch.argsort(order)]
        return flat.split([len(group) for group in groups])
