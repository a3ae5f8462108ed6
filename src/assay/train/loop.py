"""The training loop: one for every method. What is trained and what is learnt are arguments.

Each optimiser step adds up the gradients of its micro-batches, divides by the step's learnt tokens, clips, steps. After
each epoch the arm is scored on val by the task's own metric; the best evaluation is the one that is kept. A killed run
continues from its last state to the same bits: the order of the data is a function of seed and epoch, and the random
state is restored.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from assay.encode.chat import Encoded
from assay.errors import Problem, Stopped, TrainError
from assay.model.batches import by_length
from assay.nouns import Tell
from assay.train import checkpoint
from assay.train.batch import Batch, Plan
from assay.train.objectives.completion import Loss
from assay.train.optim import OPTIMISERS, Masters, rate
from assay.train.settings import Trained

Objective = Callable[[Any, Batch], Loss]
SAVE_SHARE = 0.05  # of the time may go into states
SAVE_EVERY = 20.0  # seconds at least between two states


@dataclass
class Progress:
    """What a run has seen: kept in its states and shown in the report."""

    step: int = 0
    best_score: float | None = None
    best_step: int = 0
    best_loss: float = 0.0  # on val, at the best evaluation
    waits: int = 0  # evaluations since the best one
    recent: list[float] = field(default_factory=list)  # losses of the steps since the last evaluation
    seconds: float = 0.0
    curve: list[dict[str, float]] = field(default_factory=list)
    ended: str = ""  # why training ended


@dataclass
class Training:
    """One run of the loop over `sequences`; `run` leaves the best weights in the network."""

    network: Any
    trained: Sequence[tuple[str, torch.nn.Parameter]]
    sequences: Sequence[Encoded]
    sources: Sequence[str]  # where each sequence comes from, to name a bad batch
    settings: Trained
    seed: int
    pad: int
    objective: Objective
    held: Sequence[Encoded]  # the val rows
    evaluate: Callable[[], float] | None  # the val score; None when there are no val rows
    workdir: Path
    tell: Tell
    save_every: float = SAVE_EVERY  # 0: after every step

    def run(self) -> Progress:
        plan = Plan(
            tuple(len(s.ids) for s in self.sequences), self.settings.batch_size, self.seed, self.settings.micro_tokens
        )
        masters = Masters(self.trained)
        optimiser = OPTIMISERS[self.settings.optimiser](
            masters, self.settings.learning_rate, self.settings.weight_decay
        )
        progress, best = self._resume(masters, optimiser)
        total = plan.steps * self.settings.epochs
        started, saved, cost = time.monotonic() - progress.seconds, time.monotonic(), 0.0
        while progress.step < total and not progress.ended:
            epoch, inside = divmod(progress.step, plan.steps)
            begun = time.monotonic()
            loss, tokens = self._step(plan, masters, optimiser, epoch, inside, progress.step, total)
            progress.step += 1
            progress.recent.append(loss)
            if self.evaluate and inside == plan.steps - 1:
                self._evaluate(progress, masters, best)
            progress.seconds = time.monotonic() - started
            try:
                self._show(progress, total, loss, tokens / (time.monotonic() - begun))
            except Stopped:
                self._save(progress, masters, optimiser, best)
                raise
            now = time.monotonic()
            pause = max(self.save_every, cost / SAVE_SHARE) if self.save_every else 0.0
            if now - saved >= pause and progress.step < total:
                self._save(progress, masters, optimiser, best)
                saved, cost = time.monotonic(), time.monotonic() - now
        if best:
            self._set(masters, best)
        progress.ended = progress.ended or "all epochs done"
        return progress

    def _step(
        self, plan: Plan, masters: Masters, optimiser: torch.optim.Optimizer, epoch: int, inside: int, step: int, n: int
    ) -> tuple[float, int]:
        """One optimiser step: (mean loss a learnt token, computed tokens)."""
        self.network.train()
        total, learnt, computed = 0.0, 0, 0
        parts = plan.step(epoch, inside)
        for rows in parts:
            batch = Batch.of([self.sequences[r] for r in rows], rows, pad=self.pad, device=self._device)
            loss = self.objective(self.network, batch)
            loss.value.backward()
            masters.collect()
            total += float(loss.value.detach())
            learnt += batch.tokens
            computed += int(batch.real.sum())
        masters.scale(1 / learnt)
        norm = float(masters.norm())
        if not math.isfinite(norm) or not math.isfinite(total):
            self._diverged(step, total / learnt, norm, [row for rows in parts for row in rows])
        if norm > self.settings.clip:
            masters.scale(self.settings.clip / norm)
        factor = rate(step, n, self.settings.warmup, self.settings.schedule)
        for group in optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * factor
        optimiser.step()
        optimiser.zero_grad()
        masters.spread()
        return total / learnt, computed

    def _evaluate(self, progress: Progress, masters: Masters, best: dict) -> None:
        """Score on val; between equal scores the lower val loss is better, so that a score that has not left 0 yet does
        not end the training."""
        self.network.eval()
        assert self.evaluate is not None
        score, loss = self.evaluate(), self._held_loss()
        if not math.isfinite(loss):
            text = f"step {progress.step}: the loss on the val rows is {loss:g}"
            raise TrainError(Problem("T001", text, help=f"lower learning_rate (now {self.settings.learning_rate:g})"))
        train = sum(progress.recent) / max(1, len(progress.recent))
        progress.recent = []
        point = {"step": progress.step, "train_loss": train, "val_loss": loss, "val": score}
        progress.curve.append({name: round(value, 6) for name, value in point.items()})
        if progress.best_score is None or (score, -loss) > (progress.best_score, -progress.best_loss):
            progress.best_score, progress.best_loss = score, loss
            progress.best_step, progress.waits = progress.step, 0
            best.update({name: copy.detach().clone() for name, copy in masters.copies.items()})
        else:
            progress.waits += 1
            if progress.waits >= self.settings.patience:
                progress.ended = f"no better val score in {progress.waits} evaluations"

    @torch.no_grad()
    def _held_loss(self) -> float:
        """Mean loss a learnt token on val."""
        total, learnt = 0.0, 0
        for rows in by_length([len(s.ids) for s in self.held], self.settings.micro_tokens):
            batch = Batch.of([self.held[r] for r in rows], rows, pad=self.pad, device=self._device)
            total += float(self.objective(self.network, batch).value)
            learnt += batch.tokens
        return total / learnt

    def _save(self, progress: Progress, masters: Masters, optimiser: torch.optim.Optimizer, best: dict) -> None:
        note = {"progress": vars(progress)}
        checkpoint.save(self.workdir, progress.step, masters.copies, optimiser, best, note)

    def _resume(self, masters: Masters, optimiser: torch.optim.Optimizer) -> tuple[Progress, dict]:
        loaded = checkpoint.load(self.workdir)
        if loaded is None:
            return Progress(), {}
        weights, moments, best, note = loaded
        self._set(masters, weights)
        checkpoint.restore_optimiser(optimiser, moments)
        progress = Progress(**note["progress"])
        self.tell({"event": "note", "text": f"continues at step {progress.step}"})
        return progress, {name: tensor.to(self._device) for name, tensor in best.items()}

    def _set(self, masters: Masters, weights: dict[str, torch.Tensor]) -> None:
        with torch.no_grad():
            for name, copy in masters.copies.items():
                copy.copy_(weights[name])
        masters.spread()

    def _show(self, progress: Progress, total: int, loss: float, speed: float) -> None:
        values = {"train": round(loss, 4), "tok/s": round(speed)}
        if progress.curve:
            values["val"] = progress.curve[-1]["val"]
        self.tell({"event": "progress", "done": progress.step, "total": total, "unit": "step", "values": values})

    def _diverged(self, step: int, loss: float, norm: float, rows: list[int]) -> None:
        names = ", ".join(self.sources[row] for row in rows[:5]) + (" ..." if len(rows) > 5 else "")
        raise TrainError(
            Problem(
                "T001",
                f"step {step + 1}: the loss is {loss:g} and the gradient's norm {norm:g}; the batch: {names}",
                help=f"lower learning_rate (now {self.settings.learning_rate:g}) or look at these rows",
            )
        )

    @property
    def _device(self) -> torch.device:
        return self.network.get_output_embeddings().weight.device
