"""A sentence encoder trained to bring questions close to the passages that answer them.

What it is for   dense retrieval in words that the encoder does not know: a house's own terms, a
                 field's jargon
Costs            minutes on two cores for hundreds of questions; the encoder's size on disk (91 MB
                 for minilm-l6)
Source           Karpukhin et al. (2020), Dense Passage Retrieval,
                 aclanthology.org/2020.emnlp-main.550; batches larger than memory: Gao et al.
                 (2021), Scaling Deep Contrastive Learning Batch Size, arxiv.org/abs/2101.06983
Good when        there are a hundred questions or more whose documents are known
Watch out        few labelled questions move an encoder towards themselves: val decides whether it
                 is kept
Defaults from    scale 20: sentence-transformers; one hard negative a question: Karpukhin et al.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from assay.core.sampling import random_stream
from assay.core.store import (
    chunks_digest,
    digest,
    read_json,
    tensor_chunks,
    write_json,
    write_tensors,
)
from assay.core.types import Lesson, Tell
from assay.models.determinism import draw_from
from assay.retrieval.encoders import Encoding, in_chunks, weights_digest
from assay.training.retriever.settings import Retriever, folder_of
from assay.training.retriever.training_pairs import Cloze, Material, cloze, in_batches, material

if TYPE_CHECKING:
    import numpy as np
    import torch

    from assay.models.embeddings import Embedder
    from assay.retrieval.bm25 import Bm25Index


class TunedEncoder(Retriever):
    kind: Literal["tuned_encoder"] = "tuned_encoder"
    scale: float = Field(default=20.0, gt=0, le=1000)  # inverse temperature of the cosines
    # when hard negatives are looked for: at the start, or in each epoch
    refresh: Literal["once", "epoch"] = "epoch"

    def fit(self, lesson: Lesson) -> TunedEncoding:
        import torch

        from assay.models.embeddings import Embedder
        from assay.training.retriever.trainer import Course

        torch.manual_seed(lesson.seed)
        found = material(self.kind, lesson, self.val_rows)
        folder = folder_of(self.model, lesson)
        embed = Embedder(folder)
        training = Contrasts(self, embed, found, lesson.seed)
        course = Course(
            embed.network,
            self,
            lesson.seed,
            training.steps,
            training.begin,
            training.step,
            training.look if found.val else None,
            lesson.workdir,
            lesson.tell,
        )
        went = course.run()
        kept = {
            "curve": went.curve,
            "best_step": went.best_step,
            "ended": went.ended,
            "left_out": found.left_out,
        }
        return TunedEncoding(self.model, weights_digest(folder), embed, kept)

    def restore(self, folder: Path, lesson: Lesson) -> TunedEncoding:
        """Raises:
        RuntimeError: the encoder at hand is not the one that the part was trained from.
        """
        from safetensors.torch import load_file

        from assay.models.embeddings import Embedder

        saved = read_json(folder / "encoder.json")
        start = folder_of(self.model, lesson)
        if weights_digest(start) != saved["start"]:
            raise RuntimeError(f"{self.model} is not the encoder that this one was trained from")
        embed = Embedder(start)
        embed.network.load_state_dict(load_file(folder / "encoder.safetensors"))
        return TunedEncoding(self.model, saved["start"], embed, saved["training"])


class TunedEncoding(Encoding):
    """The trained encoder. Questions and passages are written alike."""

    def __init__(self, model: str, start: str, embed: Embedder, training: dict[str, Any]):
        self.model = model
        # digest of the encoder that it was trained from: its tokenizer and config are used
        self.start = start
        self.training = training
        self.width = embed.network.config.hidden_size
        self._embed = embed
        embed.network.eval().requires_grad_(False)
        self.digest = digest([start, chunks_digest(tensor_chunks(embed.network.state_dict()))])
        self.name = f"{model}, tuned"

    def vectors(
        self, texts: Sequence[str], *, query: bool = False, tell: Tell | None = None
    ) -> np.ndarray:
        return in_chunks(self._embed, texts, self.width, tell)

    def tokens(self, texts: Sequence[str]) -> int:
        return self._embed.tokens(texts)

    def save(self, folder: Path) -> None:
        write_tensors(folder / "encoder.safetensors", self._embed.network.state_dict())
        own = {"model": self.model, "start": self.start, "digest": self.digest, "width": self.width}
        write_json(folder / "encoder.json", {**own, "training": self.training})


@dataclass(frozen=True)
class ContrastiveBatch:
    """Questions, the passages that stand beside them, and which belong together (see
    `losses.contrast`)."""

    questions: list[str]
    passages: list[str]
    own: list[int]
    hidden: list[tuple[int, int]]  # (question, passage) that answer each other too


@dataclass
class Contrasts:
    """What an epoch's steps learn: each question once, with one of its gold passages and hard
    negatives."""

    settings: TunedEncoder
    embed: Embedder
    found: Material
    seed: int
    # their vectors, by the weights as they are
    _passages: np.ndarray | None = field(default=None, init=False)

    @cached_property
    def cloze(self) -> list[Cloze]:
        return cloze(self.found.passages, self.seed) if self.settings.warm == "documents" else []

    @property
    def steps(self) -> list[int]:
        """Of each epoch, the one over the documents first."""
        size = self.settings.batch_size
        each = [len(in_batches(len(self.found.train), size, self.seed, 0))] * self.settings.epochs
        return [len(in_batches(len(self.cloze), size, self.seed, 0)), *each] if self.cloze else each

    # --- hard negatives and val -------------------------------------------------------------------

    def begin(self, epoch: int, before: list[list[int]] | None) -> list[list[int]]:
        """The passages that look right for each training question and are not."""
        if (self.cloze and epoch == 0) or not self.settings.negatives:
            return []
        return before if before and self.settings.refresh == "once" else self._mine_negatives()

    def _mine_negatives(self) -> list[list[int]]:
        from assay.training.retriever.mining import hard, retrieve_with_cosines

        self.embed.network.eval()
        told = self.embed(self.found.passages) if self._passages is None else self._passages
        questions = [pair.question for pair in self.found.train]
        found = retrieve_with_cosines(
            questions, self._words, self.embed(questions), told, self.settings.depth
        )
        pairs = zip(self.found.train, found, strict=True)
        return [
            hard(pair, ranked, cosines, self.settings.margin) for pair, (ranked, cosines) in pairs
        ]

    @cached_property
    def _words(self) -> Bm25Index:
        from assay.training.retriever.mining import words_of

        return words_of(self.found.passages)

    def look(self) -> float:
        """Mean reciprocal rank of the first gold passage over the val rows, among all passages."""
        from assay.training.retriever.mining import nearest, reciprocal

        self._passages = self.embed(self.found.passages)
        asked = self.embed([pair.question for pair in self.found.val])
        rows = (self._passages @ question for question in asked)
        values = [
            reciprocal(nearest(r, len(r)), pair.gold)
            for r, pair in zip(rows, self.found.val, strict=True)
        ]
        return sum(values) / len(values)

    # --- a step -----------------------------------------------------------------------------------

    def step(self, epoch: int, within: int, mined: list[list[int]]) -> float:
        self._passages = None  # the weights are about to change
        if self.cloze and epoch == 0:
            return self._learn(self._of_cloze(within))
        return self._learn(self._of_rows(epoch, within, mined))

    def _of_cloze(self, within: int) -> ContrastiveBatch:
        rows = [
            self.cloze[i]
            for i in in_batches(len(self.cloze), self.settings.batch_size, self.seed, 0)[within]
        ]
        same = [
            (i, j)
            for i, a in enumerate(rows)
            for j, b in enumerate(rows)
            if i != j and a.place == b.place
        ]
        return ContrastiveBatch(
            [row.question for row in rows],
            [row.passage for row in rows],
            list(range(len(rows))),
            same,
        )

    def _of_rows(self, epoch: int, within: int, mined: list[list[int]]) -> ContrastiveBatch:
        numbers = in_batches(len(self.found.train), self.settings.batch_size, self.seed, epoch + 1)[
            within
        ]
        places: dict[int, int] = {}  # passage -> column
        own, pairs = [], [self.found.train[number] for number in numbers]
        for number, pair in zip(numbers, pairs, strict=True):
            draw = random_stream(self.seed, epoch, number, sep="-")
            own.append(places.setdefault(draw.choice(pair.gold), len(places)))
            wrong = mined[number] if mined else []
            for place in draw.sample(wrong, min(self.settings.negatives, len(wrong))):
                places.setdefault(place, len(places))
        hidden = [
            (i, places[p])
            for i, pair in enumerate(pairs)
            for p in pair.gold
            if places.get(p, own[i]) != own[i]
        ]
        return ContrastiveBatch(
            [pair.question for pair in pairs], [self.found.passages[p] for p in places], own, hidden
        )

    def _learn(self, batch: ContrastiveBatch) -> float:
        """Add the batch's gradients. Where it is more than is computed at once, the vectors are
        computed twice."""
        from assay.models.inference.batch_plan import by_length
        from assay.training.gradient_cache import add_gradients

        texts, own = [*batch.questions, *batch.passages], self.settings
        read = self.embed.tokenizer(texts, truncation=True, max_length=own.max_length)
        ids = read["input_ids"]
        parts = by_length([len(row) for row in ids], own.micro_tokens)
        loss = partial(self._loss, batch=batch)
        return add_gradients(parts, partial(self._encode, ids), loss, twice=len(parts) > 1)

    def _encode(self, ids: list[list[int]], rows: list[int], seed: int | None) -> torch.Tensor:
        """fp32, shape (rows, width), rows of length 1: as `Embedder` does it, in training."""
        import torch

        if seed is not None:
            draw_from(seed)
        device = self.embed.network.device
        padded = self.embed.tokenizer.pad(
            {"input_ids": [ids[row] for row in rows]}, return_tensors="pt"
        ).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=self._bf16):
            hidden = self.embed.network(**padded).last_hidden_state.float()
        weight = padded["attention_mask"][..., None].to(hidden.dtype)
        return torch.nn.functional.normalize((hidden * weight).sum(1) / weight.sum(1), dim=-1)

    @cached_property
    def _bf16(self) -> bool:
        return self.settings.bf16()

    def _loss(self, vectors: torch.Tensor, batch: ContrastiveBatch) -> torch.Tensor:
        import torch

        from assay.training.retriever.losses import contrast

        questions, passages = vectors[: len(batch.questions)], vectors[len(batch.questions) :]
        hidden = torch.zeros(len(questions), len(passages), dtype=torch.bool, device=vectors.device)
        for i, j in batch.hidden:
            hidden[i, j] = True
        own = torch.tensor(batch.own, device=vectors.device)
        return contrast(questions, passages, own, hidden, self.settings.scale)
