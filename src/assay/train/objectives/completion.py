"""Learn the answer given the prompt: negative log-likelihood of the answer's tokens and of the end of the turn."""

from dataclasses import dataclass, field
from typing import Any

import torch

from assay.train.batch import Batch


@dataclass(frozen=True)
class Loss:
    """A sum over tokens, not a mean: the loop divides by the tokens of the whole step, so that a long micro-batch
    weighs as much as its tokens. `parts` are detached and shown beside the value."""

    value: torch.Tensor
    parts: dict[str, float] = field(default_factory=dict)


def completion(network: Any, batch: Batch) -> Loss:
    return Loss(-batch.log_probs(network).sum())
