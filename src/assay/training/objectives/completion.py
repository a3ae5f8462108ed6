"""Learn the answer given the prompt: negative log-likelihood of the answer's tokens and of the end
of the turn."""

from dataclasses import dataclass, field
from typing import Any

import torch

from assay.training.batch import TrainingBatch


@dataclass(frozen=True)
class Loss:
    """A sum over `count` learnt units, not a mean: the loop divides by the units of the whole step,
    so that a long micro-batch weighs as much as its tokens. `parts` are detached
    means over the units: their means on val are told with its loss."""

    value: torch.Tensor
    count: float
    parts: dict[str, float] = field(default_factory=dict)


def completion(network: Any, batch: TrainingBatch, *, smoothing: float = 0.0) -> Loss:
    """The sum over the learnt tokens of their cross-entropy in nats.

    Args:
        smoothing: share of the target that goes to all tokens of the vocabulary alike (Szegedy et
            al. 2016, Rethinking
        the
            Inception Architecture, arxiv.org/abs/1512.00567).
    """
    return Loss(batch.nll(network, smoothing=smoothing), batch.tokens)
