"""Learn what a teacher would say: its whole distribution at each learnt token, beside the token
itself.

What it is for   a small model that takes over a large one's task; keeping what a model said before
                 it was changed
How              share x T^2 x KL(teacher at temperature T || student at T) + (1 - share) x
                 cross-entropy of the token, summed over the learnt tokens. Learning a teacher's own
                 answers needs no objective of its own: they are the targets
Source           Hinton et al. (2015), Distilling the Knowledge in a Neural Network,
                 arxiv.org/abs/1503.02531; word by word and by whole answers: Kim and Rush (2016),
                 aclanthology.org/D16-1139
Costs            the teacher in memory, and its forward pass in every step; logits of both come in
                 chunks and are made again in the backward pass
Watch out        both read the same token ids, so both must have the same tokenizer. Output layers
                 may be of different sizes (they are padded): the tokens that both have are compared
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy, kl_div, linear, log_softmax
from torch.utils.checkpoint import checkpoint

from assay.core.errors import Problem, TrainError
from assay.models.inference.output_layer import output, scale_logits
from assay.training.batch import TrainingBatch
from assay.training.objectives.completion import Loss

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel

CHUNK = 256  # learnt tokens at once


def logits(network: Any, states: torch.Tensor, tokens: torch.Tensor | None = None) -> torch.Tensor:
    """Logits of `states` (n, width) as the model scales and caps them, at least fp32: (n,
    vocabulary), or of `tokens` alone (n, tokens)."""
    weight, bias, scale, cap = output(network)
    if tokens is not None:
        weight, bias = weight[tokens], None if bias is None else bias[tokens]
    values = linear(states, weight, bias)
    return scale_logits(values.to(torch.promote_types(values.dtype, torch.float32)), scale, cap)


def distillation(
    teacher: Any, *, temperature: float = 2.0, share: float = 0.5
) -> Callable[[Any, TrainingBatch], Loss]:
    """The objective of the header.

    Args:
        teacher: a network with the student's tokens, in evaluation mode. It is not changed.
        temperature: above 0; higher shows more of what the teacher thinks of the other tokens.
        share: of the teacher, in [0, 1]; the rest is the data's own token.
    """

    def part(
        network: Any, states: torch.Tensor, known: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        values = logits(network, states)
        with torch.no_grad():
            given = logits(teacher, known)
        both = min(values.shape[-1], given.shape[-1])
        told = log_softmax(given[:, :both].to(values.dtype) / temperature, -1)
        kl = kl_div(
            log_softmax(values[:, :both] / temperature, -1), told, reduction="sum", log_target=True
        )
        return torch.stack([kl * temperature**2, cross_entropy(values, targets, reduction="sum")])

    def objective(network: Any, batch: TrainingBatch) -> Loss:
        with torch.no_grad():
            # The student's virtual tokens are not the teacher's.
            known = replace(batch, soft=None).states(teacher)[batch.reads]
        states = batch.states(network)[batch.reads]
        sums = states.new_zeros(2, dtype=torch.promote_types(states.dtype, torch.float32))
        for start in range(0, batch.tokens, CHUNK):
            at = slice(start, start + CHUNK)
            sums = sums + checkpoint(
                part, network, states[at], known[at], batch.targets[at], use_reentrant=False
            )
        kl, nll = sums
        learnt = max(1, batch.tokens)
        shown = {"teacher": float(kl.detach()) / learnt, "token": float(nll.detach()) / learnt}
        return Loss(share * kl + (1 - share) * nll, batch.tokens, shown)

    return objective


def refuse_other_tokens(student: ChatModel, teacher: ChatModel) -> None:
    """Two models whose token ids mean different text.

    Raises:
        TrainError: T047.
    """
    own, other = (model.chat.tokenizer.get_vocab() for model in (student, teacher))
    if own == other:
        return
    text = f"the teacher {teacher.name} has {len(other):,} tokens, {student.name} has {len(own):,}"
    if len(own) == len(other):
        text = f"the teacher {teacher.name} has other tokens than {student.name}"
    raise TrainError(
        Problem("T047", text, "teacher", help="choose a teacher with the same tokenizer")
    )
