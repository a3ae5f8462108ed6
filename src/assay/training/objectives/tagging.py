"""Learn a tag for each word: with a layer on the state of its last token.

Source   Ramshaw and Marcus (1995), Text Chunking using Transformation-Based Learning,
         aclanthology.org/W95-0107 (tags for beginning, inside and outside); Devlin et al. (2019),
         aclanthology.org/N19-1423, section 5.3 (a layer on each word's state)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch.nn.functional import cross_entropy

from assay.training.batch import TrainingBatch
from assay.training.objectives.completion import Loss

if TYPE_CHECKING:
    from assay.training.objectives.classification import ClassifierLayer


def tagging(
    layer: ClassifierLayer, *, smoothing: float = 0.0
) -> Callable[[Any, TrainingBatch], Loss]:
    """The sum over the words of the cross-entropy of `batch.tags` in nats; it counts words. What is
    read is the state of the token before each one that is marked as learnt."""

    def objective(network: Any, batch: TrainingBatch) -> Loss:
        layer.train(network.training)
        values = layer(batch.states(network)[batch.reads])
        loss = cross_entropy(values, batch.tags, reduction="sum", label_smoothing=smoothing)
        return Loss(loss, float(len(batch.tags)))

    return objective
