"""Learn one of a fixed set of labels: with a layer on the last state, or as an answer among the
labels' answers.

classification   cross-entropy of the label by a layer on the state of the prompt's last token
                 (Radford et al. 2018, Improving Language Understanding by Generative Pre-Training;
                 Devlin et al. 2019, aclanthology.org/N19-1423)
label_set        the answer's tokens, each among those that can follow in some label's answer, not
                 in the whole vocabulary. The product over an answer is a distribution over the
                 labels, normalised fork by fork
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch.nn.functional import cross_entropy

from assay.core.errors import Problem, TrainError
from assay.models.inference.option_scores import Trie
from assay.training.batch import TrainingBatch
from assay.training.objectives.completion import Loss
from assay.training.objectives.distillation import logits

Pool = Literal["last", "mean"]


class ClassifierLayer(torch.nn.Module):
    """States (rows, width) to logits (rows, labels), in fp32.

    The states are standardised by the `mean` and `scale` of a sample, number by number: a few of a
    language model's numbers are a hundred times as large as the others. He et al. (2022), Masked
    Autoencoders, arxiv.org/abs/2111.06377, do the same with a BatchNorm without parameters. The
    last layer begins at zero: every label is as likely.
    """

    def __init__(self, width: int, labels: int, *, hidden: int = 0, dropout: float = 0.0):
        super().__init__()
        self.mean: torch.Tensor
        self.scale: torch.Tensor
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))
        self.dropout = torch.nn.Dropout(dropout)
        self.hidden = torch.nn.Linear(width, hidden) if hidden else None
        self.out = torch.nn.Linear(hidden or width, labels)
        torch.nn.init.zeros_(self.out.weight)
        torch.nn.init.zeros_(self.out.bias)

    def measure(self, states: torch.Tensor) -> None:
        """Take mean and scale from states (rows, width). A number that hardly varies is not blown
        up."""
        states = states.float()
        variance = states.var(0, correction=0)
        self.mean.copy_(states.mean(0))
        self.scale.copy_((variance + 1e-4 * variance.mean() + 1e-12).rsqrt())

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        values = self.dropout((states.float() - self.mean) * self.scale)
        if self.hidden is not None:
            values = self.dropout(torch.tanh(self.hidden(values)))
        return self.out(values)


def pool_states(states: torch.Tensor, batch: TrainingBatch, pool: Pool) -> torch.Tensor:
    """One state a sequence, (sequences, width), fp32, from those of all cells.

    `mean` reads the cells before learnt tokens and the last one: the whole sequence where all of it
    is marked learnt.
    """
    ends = states[batch.ends].float()
    if pool == "last":
        return ends
    total = ends.index_add(0, batch.owner, states[batch.reads].float())
    return total / (1 + torch.bincount(batch.owner, minlength=len(ends)))[:, None]


def classification(
    layer: ClassifierLayer, pool: Pool = "last", *, smoothing: float = 0.0
) -> Callable[[Any, TrainingBatch], Loss]:
    """The sum over the sequences of the cross-entropy of `batch.labels` in nats; it counts
    sequences, not tokens. A sequence whose label is -1 counts for nothing."""

    def objective(network: Any, batch: TrainingBatch) -> Loss:
        layer.train(network.training)
        values = layer(pool_states(batch.states(network), batch, pool))
        given = {"ignore_index": -1, "reduction": "sum", "label_smoothing": smoothing}
        return Loss(cross_entropy(values, batch.labels, **given), float((batch.labels >= 0).sum()))

    return objective


def label_set(trie: Trie) -> Callable[[Any, TrainingBatch], Loss]:
    """The sum over the learnt tokens of -log(exp z_t / sum of exp z_c over the tokens c that may
    stand in t's place).

    What may stand there are the children of one node of the trie of all labels' answers; where
    there is one child, nothing is learnt. So a sequence's sum is the cross-entropy of its label
    among all labels, in nats: `Chooser.score` gives the same. It counts sequences, not tokens; one
    without learnt tokens counts for nothing. The output layer makes the logits of the trie's tokens
    only.

    Args:
        trie: `Trie.of([chat.answer(label) for label in task.labels])`. Sequences learn their
            completion only.

    Raises:
        TrainError: T046 while training, a learnt token belongs to no label's answer.
    """
    tokens = sorted(set(trie.tokens))
    column = {token: place for place, token in enumerate(tokens)}
    below = {
        (parent, token): node
        for node, (parent, token) in enumerate(zip(trie.parent, trie.tokens, strict=True))
    }
    # row 0: the prompt; row n + 1: node n
    allowed = torch.zeros(len(trie.tokens) + 1, len(tokens), dtype=torch.bool)
    for parent, token in below:
        allowed[parent + 1, column[token]] = True

    def objective(network: Any, batch: TrainingBatch) -> Loss:
        owners, targets = batch.owner.tolist(), batch.targets.tolist()
        parents, node, before = [], -1, None
        for owner, token in zip(owners, targets, strict=True):
            node = node if owner == before else -1
            if (node, token) not in below:
                text = (
                    f"label_set: token {token} of row {batch.rows[owner]} is in no label's answer"
                )
                raise TrainError(
                    Problem("T046", text, help="objective: label_set needs loss_on: completion")
                )
            parents.append(node + 1)
            node, before = below[node, token], owner
        device = batch.targets.device
        states = batch.states(network)[batch.reads]
        values = logits(network, states, torch.tensor(tokens, device=device))
        values = values.masked_fill(~allowed[parents].to(device), -torch.inf)
        places = torch.tensor([column[token] for token in targets], dtype=torch.long, device=device)
        return Loss(cross_entropy(values, places, reduction="sum"), float(len(set(owners))))

    return objective
