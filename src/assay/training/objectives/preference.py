"""Learn which of two answers is preferred: the likelihood of the chosen one rises over that of the
rejected one.

With c and r the log-likelihoods of a row's chosen and rejected answer, n their learnt tokens, each
less what the model gave them before training (its *reference*), and sigma the logistic function:

dpo      -log sigma(beta (c - r)); with `smoothing` e, the share of pairs that are the wrong way
         round, (1 - e) of it and e of the same with the sides exchanged (conservative DPO).
         Rafailov et al. (2023), arxiv.org/abs/2305.18290; Mitchell (2023), A Note on DPO with Noisy
         Preferences, ericmitchell.ai/cdpo.pdf
dpo-mean the same of c / n and r / n: a long answer weighs no more than a short one. Meng et al.
         (2024), table 3, arxiv.org/abs/2405.14734
ipo      (c / n - r / n - 1 / (2 beta))^2: does not run away where all agree. Azar et al. (2023),
         arxiv.org/abs/2310.12036; by tokens, as its authors do (huggingface.co/blog/pref-tuning)
slic     max(0, 1 - beta (c - r)). Zhao et al. (2023), SLiC-HF, arxiv.org/abs/2305.10425
simpo    -log sigma(beta (c / n - r / n) - margin), without a reference. Meng et al. (2024)
orpo     -c / n - beta log sigma(log odds(c / n) - log odds(r / n)), odds(x) = e^x / (1 - e^x),
         without a reference. Hong et al. (2024), arxiv.org/abs/2403.07691
kto      1 - sigma(beta (c - z)) for an answer that is wanted, 1 - sigma(beta (z - r)) for one that
         is not, which need not belong to one question. z, of which no gradient is taken, is the
         mean of what the answers to other questions gain over their reference, at least 0. Where
         wanted answers are many more, unwanted ones weigh more (`weight`, section 4.2).
         Ethayarajh et al. (2024), arxiv.org/abs/2402.01306

Costs    the reference is computed once before training and kept; a pair shares its prompt, so that
         on a token tree it costs little more than its longer answer with the other's own tokens
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch.nn.functional import logsigmoid

from assay.training.objectives.completion import Loss

if TYPE_CHECKING:
    from assay.training.batch import TrainingBatch

PreferenceLoss = Literal["dpo", "dpo-mean", "ipo", "slic", "simpo", "orpo", "kto"]
WANTED, UNWANTED, UNRELATED = 1, 0, -1  # `Encoded.label` of an answer


def log_likelihoods(network: Any, batch: TrainingBatch) -> tuple[torch.Tensor, torch.Tensor]:
    """Of each sequence the sum of its learnt tokens' log-probabilities in nats, and how many they
    are: both (sequences,)."""
    each = batch.log_probs(network)
    sums = each.new_zeros(len(batch.ends)).index_add(0, batch.owner, each)
    return sums, torch.bincount(batch.owner, minlength=len(batch.ends)).to(each.dtype)


def preference(
    loss: PreferenceLoss,
    *,
    beta: float,
    margin: float = 0.0,
    smoothing: float = 0.0,
    answer: float = 0.0,
    weight: float = 1.0,
) -> Callable[[Any, TrainingBatch], Loss]:
    """The sum over pairs, or over answers for kto, of the loss of the header.

    The batch's sequences have labels: `WANTED`; `UNWANTED`, in pairs right after the wanted one;
    for kto also `UNRELATED`, the answer to another question.

    Args:
        beta: how dear it is to leave the reference; of simpo and orpo, the weight of the
            preference. margin: simpo's, between the two scores. smoothing: of dpo and dpo-mean, in
            [0, .5). answer: so much of the chosen answer's mean cross-entropy is added (RPO, Pang
            et al. 2024, arxiv.org/abs/2404.19733; orpo has it anyway). weight: kto's, of an
            unwanted answer; a wanted one weighs 1.
    """

    def objective(network: Any, batch: TrainingBatch) -> Loss:
        sums, lengths = log_likelihoods(network, batch)
        reference = batch.reference.to(sums)
        if loss == "kto":
            return kto(sums - reference, batch.labels, beta, weight)
        wanted, unwanted = batch.labels == WANTED, batch.labels == UNWANTED
        own = loss not in ("simpo", "orpo")
        gains = sums - reference if own else sums
        chosen, rejected = gains[wanted], gains[unwanted]
        if loss in ("dpo-mean", "ipo", "simpo", "orpo"):
            chosen, rejected = chosen / lengths[wanted], rejected / lengths[unwanted]
        values = pair_losses(loss, chosen, rejected, beta, margin, smoothing)
        if answer:
            values = values - answer * sums[wanted] / lengths[wanted]
        apart = (chosen - rejected).detach()
        shown = {"right": float((apart > 0).float().mean()), "margin": float(beta * apart.mean())}
        return Loss(values.sum(), float(len(values)), shown)

    return objective


def pair_losses(
    loss: PreferenceLoss,
    chosen: torch.Tensor,
    rejected: torch.Tensor,
    beta: float,
    margin: float,
    smoothing: float,
) -> torch.Tensor:
    """Of each pair, (pairs,)."""
    apart = chosen - rejected
    if loss == "ipo":
        return (apart - 1 / (2 * beta)).square()
    if loss == "slic":
        return torch.relu(1 - beta * apart)
    if loss == "orpo":
        odds = apart - log_of_rest(chosen) + log_of_rest(rejected)
        return -chosen - beta * logsigmoid(odds)
    scores = beta * apart - margin
    return -(1 - smoothing) * logsigmoid(scores) - smoothing * logsigmoid(-scores)


def log_of_rest(log_probability: torch.Tensor) -> torch.Tensor:
    """log(1 - e^x) of x < 0."""
    return torch.log(-torch.expm1(log_probability.clamp(max=-1e-7)))


def kto(gains: torch.Tensor, labels: torch.Tensor, beta: float, weight: float = 1.0) -> Loss:
    """Of all answers that have a verdict. weight: of an unwanted one."""
    unrelated = gains[labels == UNRELATED].detach()
    zero = unrelated.mean().clamp(min=0) if len(unrelated) else gains.new_zeros(())
    chosen, rejected = gains[labels == WANTED], gains[labels == UNWANTED]
    unwanted = weight * (1 - torch.sigmoid(beta * (zero - rejected)))
    values = torch.cat([1 - torch.sigmoid(beta * (chosen - zero)), unwanted])
    right = torch.cat([chosen > zero, rejected < zero]).float()
    shown = {"right": float(right.mean()) if len(right) else 0.0, "drift": float(zero)}
    return Loss(values.sum(), float(len(values)), shown)
