"""Learn what a teacher would say: its whole distribution at each learnt token, beside the token itself.

What it is for   a small model that takes over a large one's task; keeping what a model said before it was changed
How              share x T^2 x KL(teacher at temperature T || student at T) + (1 - share) x cross-entropy of the token,
                 summed over the learnt tokens. Learning a teacher's own answers needs no objective of its own: they
                 are the targets
Source           Hinton et al. (2015), Distilling the Knowledge in a Neural Network, arxiv.org/abs/1503.02531; word by
                 word and by whole answers: Kim and Rush (2016), aclanthology.org/D16-1139
Costs            the teacher's logits of the learnt tokens in memory, 197 KB each at a vocabulary of 49,152; the
                 student's come in chunks and are made again in the backward pass
Defaults from    temperature 2: Sanh et al. (2019), DistilBERT, arxiv.org/abs/1910.01108
"""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import cross_entropy, kl_div, linear, log_softmax
from torch.utils.checkpoint import checkpoint

from assay.errors import Problem, TrainError
from assay.train.batch import Batch, output
from assay.train.objectives.completion import Loss

CHUNK = 256  # learnt tokens at once
Teacher = Callable[[Batch], torch.Tensor]  # logits of the learnt tokens, (tokens, vocabulary), in the batch's order


def logits(network: Any, states: torch.Tensor, tokens: torch.Tensor | None = None) -> torch.Tensor:
    """Logits of `states` (n, width) as the model scales and caps them, at least fp32: (n, vocabulary), or of `tokens`
    alone (n, tokens)."""
    weight, bias, scale, cap = output(network)
    if tokens is not None:
        weight, bias = weight[tokens], None if bias is None else bias[tokens]
    values = linear(states, weight, bias)
    values = values.to(torch.promote_types(values.dtype, torch.float32)) * scale
    return values if cap is None else torch.tanh(values / cap) * cap


def teacher_of(network: Any) -> Teacher:
    """A network with the student's tokens as teacher. It is not changed."""

    @torch.no_grad()
    def teacher(batch: Batch) -> torch.Tensor:
        return logits(network, batch.states(network)[batch.reads])

    return teacher


def distillation(teacher: Teacher, *, temperature: float = 2.0, share: float = 0.5) -> Callable[[Any, Batch], Loss]:
    """The objective of the header.

    Args:
        temperature: above 0; higher shows more of what the teacher thinks of the other tokens.
        share: of the teacher, in [0, 1]; the rest is the data's own token.

    Raises:
        TrainError: T047 while training, the teacher's vocabulary is not the student's.
    """

    def part(network: Any, states: torch.Tensor, given: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        values = logits(network, states)
        told = log_softmax(given.to(values.dtype) / temperature, -1)
        kl = kl_div(log_softmax(values / temperature, -1), told, reduction="sum", log_target=True)
        return torch.stack([kl * temperature**2, cross_entropy(values, targets, reduction="sum")])

    def objective(network: Any, batch: Batch) -> Loss:
        given = teacher(batch)
        wanted = (batch.tokens, len(output(network)[0]))
        if given.shape != wanted:
            text = f"the teacher gives logits of shape {tuple(given.shape)}, the student's are {wanted}"
            raise TrainError(Problem("T047", text, help="choose a teacher with the same tokenizer"))
        states = batch.states(network)[batch.reads]
        sums = states.new_zeros(2, dtype=torch.promote_types(states.dtype, torch.float32))
        for start in range(0, batch.tokens, CHUNK):
            at = slice(start, start + CHUNK)
            sums = sums + checkpoint(part, network, states[at], given[at], batch.targets[at], use_reentrant=False)
        kl, nll = sums
        shown = {"teacher": float(kl.detach()) / batch.tokens, "token": float(nll.detach()) / batch.tokens}
        return Loss(share * kl + (1 - share) * nll, batch.tokens, shown)

    return objective
