"""What a training run has seen so far: kept in its states, shown in the report."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from assay.training.optim.master_weights import Masters

LOSSES = 400  # points of a plot: more cannot be told apart


@dataclass
class Progress:
    """Plain numbers only: this is what `state.json` holds, so that a resumed run decides as the
    whole one would."""

    step: int = 0
    best_score: float | None = None  # of the weights that are kept
    top_score: float | None = None  # the highest of all evaluations
    best_step: int = 0  # whose weights are kept; 0: those it started from
    best_loss: float = 0.0  # on val, at the best evaluation
    waits: int = 0  # evaluations since one was better
    # before the first step: on val, or of the first batch where there are no val rows
    start_loss: float | None = None
    lowest_loss: float | None = None  # on val, of all evaluations
    # evaluations whose val loss was not the lowest so far; the plateau schedule counts them
    drops: int = 0
    skipped: int = 0  # steps whose rows had nothing to learn
    halved: int = 0  # how often micro-batches were halved for want of memory
    # micro-batches of so many tokens are halved: larger ones did not fit into memory; 0: none
    limit: int = 0
    loss: float = 0.0  # sum over the learnt tokens, or the steps, since the last evaluation
    learnt: float = 0.0  # those tokens
    seconds: float = 0.0
    curve: list[dict[str, float]] = field(default_factory=list)
    # of the training loss, for a plot: [last step, mean, steps] of each few steps
    losses: list[list[float]] = field(default_factory=list)
    ended: str = ""  # why training ended

    def add_loss(self, loss: float, total: int) -> None:
        """Of the step that was taken last, of `total`."""
        every = -(-total // LOSSES)
        if self.losses and self.losses[-1][2] < every:
            _, mean, steps = self.losses[-1]
            self.losses[-1] = [self.step, mean + (loss - mean) / (steps + 1), steps + 1]
        else:
            self.losses.append([self.step, loss, 1])

    @property
    def loss_by_step(self) -> list[tuple[int, float]]:
        """(step, loss), as they are kept and drawn."""
        return [(int(step), round(mean, 4)) for step, mean, _ in self.losses]


@dataclass
class Run:
    """A run at work: all that a state is made of."""

    progress: Progress
    masters: Masters
    optimiser: torch.optim.Optimizer
    best: dict[str, torch.Tensor]  # masters at the best evaluation; empty before the first

    def update(self, rate: float) -> None:
        """One step of the optimiser with the gradients that the masters hold, at `rate` times each
        group's factor."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group.get("factor", 1.0)
        self.optimiser.step()
        self.masters.spread()

    def clear(self) -> None:
        """No gradient anywhere."""
        for tensor in (*self.masters.copies.values(), *self.masters.weights.values()):
            tensor.grad = None

    def watch(
        self,
        score: float,
        loss: float = 0.0,
        *,
        lowest: bool | None = None,
        row: float = 0.0,
        patience: int,
        unit: str,
    ) -> None:
        """Keep the weights where they are better than all before, and end where they were not for
        `patience` looks. Of equal scores the one with the lower val loss is better.

        Args:
            score: on val, higher is better. row: what one val row is of it; scores nearer than
                that to the highest are as good, since few rows tell them apart by chance.
            lowest: whether the loss on val is the lowest so far, which does not count among these
                looks: of a few val rows the score goes up and down by chance while a model learns,
                and the loss says that it does. None: the score alone counts.
            unit: what the looks are called where they end it.
        """
        progress = self.progress
        best = progress.best_score
        top = best if progress.top_score is None else progress.top_score
        higher = top is None or score > top
        progress.top_score = top = score if top is None or score > top else top
        least = top - row * (1 - 1e-9)
        left = best is None or best < least
        if score >= least and (left or loss < progress.best_loss):
            progress.best_score, progress.best_loss = score, loss
            progress.best_step, progress.waits = progress.step, 0
            self.keep()
            return
        progress.waits = 0 if lowest or higher else progress.waits + 1
        if progress.waits >= patience:
            what = "val score" if lowest is None else "val score or loss"
            progress.ended = f"no better {what} in {progress.waits} {unit}"

    def keep(self) -> None:
        """The weights as they are, as the best ones."""
        copies = self.masters.copies
        self.best.update({name: copy.detach().clone() for name, copy in copies.items()})


@dataclass(frozen=True)
class StepStatistics:
    """What one step was like.

    Attributes:
        loss: mean a learnt token, in nats. learnt: tokens that carried loss, over all processes.
        tokens: of the rows by themselves. cells: tokens that were computed, padding included.
        norm: of the gradient, before clipping. rate: the learning rate.
    """

    loss: float
    learnt: float = 0.0
    tokens: float = 0.0
    cells: float = 0.0
    norm: float = 0.0
    rate: float = 0.0
