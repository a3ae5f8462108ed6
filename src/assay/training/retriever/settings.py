"""What both trained retrievers have: their settings, the model that they start from, the precision
they compute in."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from assay.core.types import Lesson, Part
from assay.models.loading.catalogue import EMBEDDER


class Retriever(Part):
    """A part of retrieval with a training loop. Each kind has its own defaults where they are known
    to be better."""

    model: str = EMBEDDER  # what it starts from: a name of the catalogue, a hub id or a folder
    learning_rate: float = Field(default=5e-5, gt=0, lt=1)
    epochs: int = Field(default=5, ge=1, le=1000)
    batch_size: int = Field(default=32, ge=1, le=4096)  # questions a step
    negatives: int = Field(default=1, ge=0, le=64)  # hard ones a question, drawn anew in each epoch
    depth: int = Field(default=30, ge=1, le=1000)  # of the first stage, from which they are drawn
    # a passage above this share of the gold one's cosine is none
    margin: float = Field(default=0.95, gt=0, le=2)
    # documents: an epoch of sentences and their passages before all others
    warm: Literal["no", "documents"] = "no"
    warmup: float = Field(default=0.1, ge=0, lt=1)  # share of all steps
    weight_decay: float = Field(default=0.01, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0)  # greatest gradient norm
    patience: int = Field(default=2, ge=1)  # epochs without a better val score before training ends
    val_rows: int = Field(default=200, ge=1)  # of val, drawn with the seed
    max_length: int = Field(default=256, ge=16, le=8192)  # tokens
    micro_tokens: int = Field(default=8192, ge=64)  # computed at once; fewer cost less memory
    precision: Literal["auto", "bf16", "fp32"] = "auto"  # of training
    reads = ("train", "val", "documents")
    neural = True
    seeded = True

    def needs(self, base: str) -> tuple[str, ...]:
        return self.encoders()

    def encoders(self) -> tuple[str, ...]:
        return (self.model,)

    def bf16(self) -> bool:
        """Whether matrix products are computed in bf16; weights and sums stay in fp32."""
        import torch

        from assay.models.device import weight_type

        return self.precision == "bf16" or (
            self.precision == "auto" and weight_type() == torch.bfloat16
        )


def folder_of(name: str, lesson: Lesson) -> Path:
    if lesson.means.encoder_folder is None:
        raise RuntimeError("this lesson has no sentence encoders to open")
    return lesson.means.encoder_folder(name)
