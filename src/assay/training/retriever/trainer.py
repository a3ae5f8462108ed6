"""The training loop of encoders: steps of AdamW, a look at val after each epoch, the best weights
kept.

The start weights are a candidate too: training that never beats them on val changes nothing. A
killed run goes on from its last state to the same bits: the order of the rows is a function of seed
and epoch, what a step draws (dropout) one of seed and step, and what an epoch remembers (its
negatives) lies in the state.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from assay.core.errors import Stopped
from assay.core.store import digest
from assay.core.types import Tell
from assay.training import checkpoint
from assay.training.divergence import divergence_error, refuse_broken
from assay.training.optim.schedules import cosine

SAVE_SHARE = 0.05  # of the time may go into states
SAVE_EVERY = 20.0  # seconds at least between two states


class LoopSettings(Protocol):
    """What of a learner's settings the loop reads; each is described where it is set."""

    @property
    def learning_rate(self) -> float: ...
    @property
    def warmup(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def clip(self) -> float: ...
    @property
    def patience(self) -> int: ...


@dataclass
class Went:
    """How far a course is, and how it went: plain JSON."""

    step: int = 0
    best_score: float | None = None  # on val
    best_step: int = 0  # whose weights are kept; 0: those it started from
    waits: int = 0  # looks since the best one
    curve: list[dict[str, float]] = field(default_factory=list)
    loss: float = 0.0  # sum over the steps since the last look
    remembered: Any = None  # what `begin` gave for the epoch at work
    ended: str = ""


@dataclass
class Course:
    """One training of `network`, in place.

    Attributes:
        steps: how many each epoch has.
        begin: (epoch, what it gave for the epoch before) -> what the epoch's steps need, as JSON.
        step: (epoch, step of the epoch, what begin gave) -> the step's loss; adds to the gradients.
            Its random draws come from torch's generator, which is set before each step.
        look: the val score, higher is better; None: the last weights are kept.
    """

    network: torch.nn.Module
    settings: LoopSettings
    seed: int
    steps: Sequence[int]
    begin: Callable[[int, Any], Any]
    step: Callable[[int, int, Any], float]
    look: Callable[[], float] | None
    workdir: Path
    tell: Tell
    save_every: float = SAVE_EVERY

    def run(self) -> Went:
        """Train, and leave the best weights in the network.

        Raises:
            TrainError: T001 diverged, T011 broken weights, T016 a state of another format. Stopped:
                the state is saved, and the same call goes on from it.
        """
        weights = {
            name: weight for name, weight in self.network.named_parameters() if weight.requires_grad
        }
        refuse_broken(weights.items())
        optimiser = _adamw(weights, self.settings)
        went, best = self._resume(weights, optimiser)
        if self.look and went.best_score is None:
            went.best_score = self._evaluate()
            best = _copy_weights(weights)
        ends = [sum(self.steps[: epoch + 1]) for epoch in range(len(self.steps))]
        saved, cost = time.monotonic(), 0.0
        while went.step < ends[-1] and not went.ended:
            epoch = next(i for i, end in enumerate(ends) if went.step < end)
            within = went.step - (ends[epoch] - self.steps[epoch])
            if within == 0:
                went.remembered = self.begin(epoch, went.remembered)
            loss = self._step(epoch, within, went, weights, optimiser, ends[-1])
            went.step += 1
            if went.step in ends:
                self._epoch_over(went, best, weights, self.steps[epoch])
            stopped = self._show(went, loss, ends[-1])
            now = time.monotonic()
            if stopped or (
                now - saved >= max(self.save_every, cost / SAVE_SHARE) and went.step < ends[-1]
            ):
                checkpoint.save(
                    self.workdir, went.step, weights, optimiser, best, {"went": vars(went)}
                )
                saved, cost = time.monotonic(), time.monotonic() - now
            if stopped:
                raise stopped
        with torch.no_grad():
            for name, kept in best.items():
                weights[name].copy_(kept)
        self.network.eval()
        went.ended = went.ended or "all epochs done"
        return went

    def _resume(
        self, weights: dict[str, torch.nn.Parameter], optimiser: torch.optim.Optimizer
    ) -> tuple[Went, dict]:
        loaded = checkpoint.load(self.workdir)
        if loaded is None:
            return Went(), {}
        kept, moments, best, note = loaded
        with torch.no_grad():
            for name, weight in weights.items():
                weight.copy_(kept[name])
        checkpoint.restore_optimiser(optimiser, moments)
        self.tell({"event": "note", "text": f"continues at step {note['went']['step']}"})
        return Went(**note["went"]), {
            name: tensor.to(weights[name].device) for name, tensor in best.items()
        }

    def _step(
        self,
        epoch: int,
        within: int,
        went: Went,
        weights: dict[str, torch.nn.Parameter],
        optimiser: torch.optim.Optimizer,
        total: int,
    ) -> float:
        self.network.train()
        torch.manual_seed(int(digest([self.seed, went.step])[:12], 16))
        loss = self.step(epoch, within, went.remembered)
        norm = float(torch.nn.utils.clip_grad_norm_(weights.values(), self.settings.clip))
        if not math.isfinite(loss) or not math.isfinite(norm):
            what = f"step {went.step + 1}: the loss is {loss:g} and the gradient's norm {norm:g}"
            raise divergence_error(what, "", (), self.settings.learning_rate)
        for group in optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * rate(went.step, total, self.settings.warmup)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        went.loss += loss
        return loss

    def _epoch_over(
        self, went: Went, best: dict, weights: dict[str, torch.nn.Parameter], steps: int
    ) -> None:
        point = {"step": went.step, "train_loss": round(went.loss / steps, 6)}
        went.loss = 0.0
        if self.look:
            score = self._evaluate()
            point["val"] = round(score, 6)
            if went.best_score is None or score > went.best_score:
                went.best_score, went.best_step, went.waits = score, went.step, 0
                best.update(_copy_weights(weights))
            else:
                went.waits += 1
                if went.waits >= self.settings.patience:
                    went.ended = f"no better val score in {went.waits} epochs"
        went.curve.append(point)
        self.tell({"event": "evaluation", **point, "best_step": went.best_step})

    def _evaluate(self) -> float:
        assert self.look is not None
        self.network.eval()
        return self.look()

    def _show(self, went: Went, loss: float, total: int) -> Stopped | None:
        """Tell the step; what stops the run is handed back, so that its state can be saved
        first."""
        values = {
            "train": round(loss, 4),
            **({"score": went.best_score} if went.best_score is not None else {}),
        }
        try:
            self.tell(
                {
                    "event": "progress",
                    "done": went.step,
                    "total": total,
                    "unit": "step",
                    "values": values,
                }
            )
        except Stopped as stopped:
            return stopped
        return None


def rate(step: int, steps: int, warmup: float) -> float:
    """The factor on the learning rate: a linear rise over the share `warmup` of the steps, then a
    cosine to a tenth."""
    rise = round(warmup * steps)
    return (step + 1) / rise if step < rise else cosine(step - rise, max(1, steps - rise), 0)


def _adamw(weights: dict[str, torch.nn.Parameter], settings: LoopSettings) -> torch.optim.Optimizer:
    """Matrices decay; vectors (norms, biases) do not, as in Devlin et al. (2019),
    aclanthology.org/N19-1423."""
    groups = [
        {
            "params": [w for w in weights.values() if w.ndim > 1],
            "weight_decay": settings.weight_decay,
        },
        {"params": [w for w in weights.values() if w.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [g for g in groups if g["params"]], lr=settings.learning_rate, fused=True
    )


def _copy_weights(weights: dict[str, torch.nn.Parameter]) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in weights.items()}
