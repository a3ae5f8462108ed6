"""Larger bases than the usual one, and what a LoRA of each takes: for the project file and the
verdict, so that both show the same figures.

Measured  memory: of `{kind: lora}` with its default settings, by the estimate of `assay run --plan`
          on random weights of the same shape in fp32; a machine that multiplies bf16 needs less
Watch out time is scaled by the number of weights, which is what a computed token costs
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from assay.models.loading.safetensors_header import tensors_of

BASE_MODEL = "smollm2-135m"  # the usual one
BASE_WEIGHTS = 134_515_008


@dataclass(frozen=True)
class LargerBase:
    """A model on the hub. `memory`: gigabytes that a LoRA of it takes."""

    name: str
    weights: int
    memory: int

    def times_as_long(self, weights: int = BASE_WEIGHTS) -> float:
        """A training's time, as a multiple of that on a base of `weights` weights."""
        return self.weights / weights


LARGER = (
    LargerBase("Qwen/Qwen2.5-0.5B-Instruct", 494_032_768, 8),
    LargerBase("Qwen/Qwen2.5-1.5B-Instruct", 1_543_714_304, 17),
)


def weights_in(folder: Path) -> int:
    """The number of weights in a model's files."""
    files = sorted(folder.glob("*.safetensors"))
    return sum(math.prod(one.shape) for file in files for one in tensors_of(file).values())


def size_words(weights: int) -> str:
    """`135M`, `1.5B`."""
    if weights < 1e6:
        return f"{weights:,}"
    return f"{weights / 1e9:.1f}B" if weights >= 4e8 else f"{weights / 1e6:.0f}M"
