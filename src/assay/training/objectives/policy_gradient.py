"""Learn from answers that the model itself has written, each with an advantage: how much better its
reward is than was to be expected.

With p the log-probability of a token now, o when it was written, s that of the model at the start,
A the advantage, r = exp(p - o), clipped(r) = r held between 1 - low and 1 + high:

grpo   of a token, -min(r A, clipped(r) A) + beta r (exp(s - p) - (s - p) - 1). A is the reward
       less the mean of its question's answers, divided by their standard deviation. Shao et al.
       (2024), DeepSeekMath, arxiv.org/abs/2402.03300; the r before the last term makes its gradient
       that of the divergence: DeepSeek-AI (2025), arxiv.org/abs/2512.02556. `normalise`: the mean
       over an answer's tokens, then over answers (grpo); over all tokens (dapo, Yu et al. 2025,
       arxiv.org/abs/2503.14476); the sum divided by answers times the room for one, which lets
       length weigh nothing (dr-grpo, Liu et al. 2025, arxiv.org/abs/2503.20783)
rloo   of an answer, -min(R A, clipped(R) A), R = exp(its p - its o, summed). A is the reward, less
       beta times the sum of o - s, less the mean of those of the question's other answers. Ahmadian
       et al. (2024), arxiv.org/abs/2402.14740
ppo    of a token, as grpo without its beta, plus `value` times half the larger of (v - G)^2 and
       (v held within `value_clip` of what it was - G)^2. A by `estimate_advantages` from a reward
       of -beta (o - s) at each token and that of the answer at its last. Schulman et al. (2017),
       arxiv.org/abs/1707.06347; Ouyang et al. (2022), arxiv.org/abs/2203.02155

The formulas and their order are those of TRL's GRPOTrainer and RLOOTrainer; ppo is that of its
PPOTrainer, which it no longer has. Gradients are of p and v alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import torch

from assay.training.objectives.completion import Loss

if TYPE_CHECKING:
    from assay.training.batch import TrainingBatch
    from assay.training.objectives.classification import ClassifierLayer

Method = Literal["grpo", "rloo", "ppo"]
Normalise = Literal["grpo", "dr-grpo", "dapo"]
TINY = 1e-4  # added to standard deviations, as TRL does


@dataclass(frozen=True)
class WrittenAnswers:
    """What is known of answers that were written, by their number in `TrainingBatch.rows`.

    Attributes:
        old, start: of each answer (tokens,) log-probabilities when it was written, and by the model
            at the start. advantages: of each answer (tokens,), the same for all its tokens but in
            ppo. returns, values: ppo's, (tokens,).
    """

    old: Sequence[torch.Tensor]
    start: Sequence[torch.Tensor]
    advantages: Sequence[torch.Tensor]
    returns: Sequence[torch.Tensor] = field(default_factory=tuple)
    values: Sequence[torch.Tensor] = field(default_factory=tuple)


@dataclass(frozen=True)
class PolicyLoss:
    """Which of the header's losses. `room`: tokens that an answer may have, for dr-grpo."""

    method: Method
    low: float = 0.2
    high: float = 0.2
    beta: float = 0.0
    normalise: Normalise = "grpo"
    room: int = 1
    temperature: float = 1.0
    value: float = 0.1
    value_clip: float = 0.2


def policy_gradient(
    loss: PolicyLoss, answers: WrittenAnswers, layer: ClassifierLayer | None = None
) -> Callable[[Any, TrainingBatch], Loss]:
    """The sum of the header's loss; it counts answers, or tokens for dapo and ppo.

    Args:
        layer: of ppo, what reads a value from a state.
    """

    def objective(network: Any, batch: TrainingBatch) -> Loss:
        logs, values = batch.log_probs_and(network, loss.temperature, layer)

        def of(what: Sequence[torch.Tensor]) -> torch.Tensor:
            return torch.cat([what[row] for row in batch.rows]).to(logs)

        old, advantages = of(answers.old), of(answers.advantages)
        drift = of(answers.start) - logs
        kl = torch.exp(drift) - drift - 1
        if loss.method == "rloo":
            each, ratio = rloo(loss, batch, logs - old, advantages)
            value, count = each.sum(), len(each)
        else:
            each, ratio = clipped(loss, logs - old, advantages)
            if loss.method == "ppo":
                assert values is not None
                each = each + loss.value * value_losses(
                    values.to(logs), of(answers.values), of(answers.returns), loss.value_clip
                )
            elif loss.beta:
                each = each + loss.beta * torch.exp(logs - old) * kl
            value, count = summed(loss, batch, each)
        outside = (ratio < 1 - loss.low) | (ratio > 1 + loss.high)
        shown = {
            "kl": float(kl.detach().sum()) / max(1, len(batch.rows)),
            "clipped": float(outside.float().mean()) if len(outside) else 0.0,
        }
        return Loss(value, float(count), shown)

    return objective


def clipped(
    loss: PolicyLoss, log_ratio: torch.Tensor, advantages: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of each entry, and its ratio without a gradient."""
    ratio = torch.exp(log_ratio)
    held = torch.clamp(ratio, 1 - loss.low, 1 + loss.high)
    return -torch.min(ratio * advantages, held * advantages), ratio.detach()


def rloo(
    loss: PolicyLoss, batch: TrainingBatch, log_ratio: torch.Tensor, advantages: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """`clipped` of whole answers, (answers,)."""
    sums = by_answer(batch, log_ratio)
    lengths = by_answer(batch, torch.ones_like(log_ratio)).clamp(min=1)
    return clipped(loss, sums, by_answer(batch, advantages) / lengths)


def summed(loss: PolicyLoss, batch: TrainingBatch, each: torch.Tensor) -> tuple[torch.Tensor, int]:
    """The sum of the tokens' losses as `normalise` says, and what it counts."""
    if loss.method == "ppo" or loss.normalise == "dapo":
        return each.sum(), len(each)
    if loss.normalise == "dr-grpo":
        return each.sum() / loss.room, len(batch.rows)
    lengths = by_answer(batch, torch.ones_like(each)).clamp(min=1)
    return (by_answer(batch, each) / lengths).sum(), len(batch.rows)


def by_answer(batch: TrainingBatch, each: torch.Tensor) -> torch.Tensor:
    """Sums over the tokens of each answer, (answers,)."""
    return each.new_zeros(len(batch.rows)).index_add(0, batch.owner, each)


def value_losses(
    values: torch.Tensor, before: torch.Tensor, returns: torch.Tensor, clip: float
) -> torch.Tensor:
    held = torch.clamp(values, before - clip, before + clip)
    return 0.5 * torch.max((values - returns).square(), (held - returns).square())


# --- advantages -----------------------------------------------------------------------------------


def group_advantages(rewards: torch.Tensor, *, scale: bool) -> torch.Tensor:
    """Rewards less the mean of their question's answers; `scale`: divided by their standard
    deviation. (questions, answers), float64."""
    apart = rewards - rewards.mean(1, keepdim=True)
    return apart / (rewards.std(1, keepdim=True) + TINY) if scale else apart


def leave_one_out(rewards: torch.Tensor) -> torch.Tensor:
    """Rewards less the mean of the other answers to the same question, (questions, answers)."""
    others = (rewards.sum(1, keepdim=True) - rewards) / (rewards.shape[1] - 1)
    return rewards - others


def estimate_advantages(
    rewards: torch.Tensor, values: torch.Tensor, *, gamma: float, trace: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Generalised advantage estimation of one answer: (advantages, returns), both (tokens,).

    Args:
        rewards: of each token. values: expected at each token, before it is written. gamma: what a
            reward is worth a token later. trace: lambda; 0 trusts the values, 1 the rewards.

    Source: Schulman et al. (2016), High-Dimensional Continuous Control Using Generalized Advantage
    Estimation, arxiv.org/abs/1506.02438
    """
    out, later = torch.zeros_like(rewards), rewards.new_zeros(())
    following = rewards.new_zeros(())
    for at in range(len(rewards) - 1, -1, -1):
        error = rewards[at] + gamma * following - values[at]
        later = error + gamma * trace * later
        out[at], following = later, values[at]
    return out, out + values


def whiten(every: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """All values less their mean, divided by their standard deviation."""
    whole = torch.cat(list(every))
    if len(whole) < 2:
        return [torch.zeros_like(one) for one in every]
    scale = torch.rsqrt(whole.var() + 1e-8)
    return [(one - whole.mean()) * scale for one in every]
