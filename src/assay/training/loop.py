"""The training loop: one for every method. What is trained and what is learnt are arguments.

Each optimiser step adds up the gradients of its micro-batches, divides by the step's learnt tokens,
clips, steps. Val is looked at after each epoch, or several times in a long one (`watch.points`);
the best evaluation is the one that is kept. A killed run continues from its last state to the same
bits: the order of the data is a function of seed and epoch, and what a micro-batch draws (dropout,
noise) is one of seed, step and rows.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from assay.core.errors import Stopped
from assay.core.types import Tell
from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.acceleration import asking, compiles, faster
from assay.training.batch_schedule import BatchPlan, Costs
from assay.training.distributed.process_group import Team
from assay.training.distributed.shard import gather, summon_full_weights
from assay.training.divergence import divergence_error, first_broken, refuse_broken
from assay.training.estimate import memory_estimate as room
from assay.training.evaluation_schedule import Points, fit_words, points, resident
from assay.training.frozen_layer_cache import Trunk
from assay.training.gradients import Gradients, clear, no_gradient_error
from assay.training.optim.embedding_noise import EmbeddingNoise
from assay.training.optim.groups import awake, factors
from assay.training.optim.master_weights import Masters
from assay.training.optim.optimisers import build
from assay.training.optim.schedules import rate
from assay.training.out_of_memory import checkpoint_activations
from assay.training.progress import Progress, Run, StepStatistics
from assay.training.run_states import States
from assay.training.settings import NetworkChange, Trained
from assay.training.training_data import Exercise, Objective

SAVE_SHARE = 0.05  # of the time may go into states
SAVE_EVERY = 20.0  # seconds at least between two states


@dataclass
class Training:
    """One run of the loop over `sequences`; `run` leaves the best weights in the network."""

    network: Any
    change: NetworkChange
    sequences: Sequence[Encoded]
    sources: Sequence[str]  # where each sequence comes from, to name a bad batch
    settings: Trained
    seed: int
    pad: int
    objective: Objective
    held: Sequence[Encoded]  # the val rows; without any the last weights are kept
    # the val score, higher is better; None: the val loss decides
    evaluate: Callable[[], float] | None
    workdir: Path
    tell: Tell
    team: Team = field(default_factory=Team)
    trunk: Trunk | None = None
    save_every: float = SAVE_EVERY  # 0: after every step

    def run(self) -> Progress:
        """Train.

        Raises:
            TrainError: T001 diverged, T011 a broken model, T012 nothing is trained, T015
                checkpointing cannot be had.
            ResourceError: R098, memory is short. Stopped: the state is saved, and the same call
                goes on from it.
        """
        refuse_broken([*self.network.named_parameters(), *self.change.trained.items()])
        if self.trunk is None:
            self.trunk = self._cache_frozen_states(self.sequences, "train")
        masters = Masters(self.change.trained.items())
        optimiser = build(self.settings, masters, factors(self.settings, self.network, self.change))
        run = self._states.resume(masters, optimiser)
        if run.progress.step:
            self._say({"event": "note", "text": f"continues at step {run.progress.step}"})
        with self._prepare_network():
            self._refuse_too_large(run)
            self._train(run)
        if run.best:
            self._states.put(masters, run.best)
        if self.change.split:
            gather(self.network)
        run.progress.ended = run.progress.ended or "all epochs done"
        return run.progress

    def _train(self, run: Run) -> None:
        plan, progress = self.plan, run.progress
        total, looks = plan.steps * self.settings.epochs, self._looks
        started, saved, cost, epoch = time.monotonic() - progress.seconds, time.monotonic(), 0.0, -1
        if progress.start_loss is None and self.held:
            with asking(self._is_compiled):
                progress.start_loss, _ = self._val_loss(progress.step)
        while progress.step < total and not progress.ended:
            begun = time.monotonic()
            if epoch != progress.step // plan.steps:
                epoch = progress.step // plan.steps
                self._wake(epoch)
            taken = self._step(plan.step(epoch, progress.step % plan.steps), run, total)
            progress.step += 1
            seconds = time.monotonic() - begun
            if progress.step in looks.at:
                with asking(self._is_compiled):
                    self._look(run, looks)
            progress.seconds = time.monotonic() - started
            stopped = self._show(progress, total, taken, seconds)
            now = time.monotonic()
            pause = max(self.save_every, cost / SAVE_SHARE) if self.save_every else 0.0
            # One clock for all: what is split is put together by every process, so all save or
            # none.
            due = now - saved >= pause and progress.step < total
            ends, due = self.team.agree([float(stopped is not None), float(due)])
            if ends:
                self._states.save(run)
                raise stopped or Stopped()
            if due:
                self._states.save(run)
                saved, cost = time.monotonic(), time.monotonic() - now

    # --- one step ---------------------------------------------------------------------------------

    def _step(self, parts: Sequence[list[int]], run: Run, total: int) -> StepStatistics:
        """One optimiser step over micro-batches of rows."""
        progress, masters, step = run.progress, run.masters, run.progress.step
        self.network.train()
        mine = self.team.mine(parts, lengths=self._exercise.lengths)
        idle: Sequence[list[int]] = ()
        if self.change.split:
            idle = [parts[0][:1]] * self.team.idle(parts, lengths=self._exercise.lengths)
        loss, learnt, tokens, cells = self.team.add(masters, self._gradients.of(mine, run, idle))
        factor = self.settings.learning_rate * rate(step, total, self.settings, progress.drops)
        if not learnt:
            progress.skipped += 1
            clear(run)
            return StepStatistics(0.0, 0.0, tokens, cells, 0.0, factor)
        if step == progress.skipped and all(copy.grad is None for copy in masters.copies.values()):
            raise no_gradient_error()
        masters.scale(1 / learnt)
        mean = loss / learnt
        if self.change.penalty:
            penalty = self.change.penalty()
            penalty.backward()
            masters.collect()
            mean += float(penalty.detach())
        norm = float(masters.norm())
        if not math.isfinite(mean) or not math.isfinite(norm):
            clear(run)
            with asking(self._is_compiled):
                # With split layers each would have to look as often as the others.
                mine = [] if self.change.split else mine
                where, rows = self._gradients.broken(mine, [list(part) for part in parts], step)
            clear(run)
            what = f"step {step + 1}: the loss is {mean:g} and the gradient's norm {norm:g}"
            raise divergence_error(
                what, where, [self.sources[row] for row in rows], self.settings.learning_rate
            )
        if norm > self.settings.clip:
            masters.scale(self.settings.clip / norm)
        for group in run.optimiser.param_groups:
            group["lr"] = factor * group["factor"]
        run.optimiser.step()
        masters.spread()
        if self.change.after:
            self.change.after(step + 1, total)
        clear(run)
        progress.loss, progress.learnt = progress.loss + loss, progress.learnt + learnt
        if progress.start_loss is None:
            progress.start_loss = mean
        return StepStatistics(mean, learnt, tokens, cells, norm, factor)

    def _wake(self, epoch: int) -> None:
        """Only what is trained in this epoch gets gradients."""
        names = awake(self.settings, self.network, self.change.trained, epoch)
        for name, parameter in self.change.trained.items():
            parameter.requires_grad_(name in names)

    # --- val --------------------------------------------------------------------------------------

    def _look(self, run: Run, looks: Points) -> None:
        """Val score and loss, or the training loss alone where there are no val rows. Between equal
        scores the lower val loss is better, so that a score that has not left 0 yet does not end
        the training."""
        progress = run.progress
        point: dict[str, float] = {
            "step": progress.step,
            "train_loss": progress.loss / max(1.0, progress.learnt),
        }
        progress.loss = progress.learnt = score = loss = 0.0
        better = False
        if self.held:
            loss, error = self._val_loss(progress.step)
            with self.alone():
                score = self.evaluate() if self.evaluate and self.team.leads else -loss
                (score,) = self.team.agree([score])
            point |= {
                "val_loss": loss,
                "val_se": error,
                **({"val": score} if self.evaluate else {}),
            }
            if progress.lowest_loss is None or loss < progress.lowest_loss:
                progress.lowest_loss = loss
            else:
                progress.drops += 1
            better = progress.best_score is None or (score, -loss) > (
                progress.best_score,
                -progress.best_loss,
            )
        progress.curve.append({name: round(value, 6) for name, value in point.items()})
        if better:
            progress.best_score, progress.best_loss = score, loss
            progress.best_step, progress.waits = progress.step, 0
            run.best.update(
                {name: copy.detach().clone() for name, copy in run.masters.copies.items()}
            )
        elif self.held:
            progress.waits += 1
            # Where an epoch is looked at several times, patience is for so many epochs.
            if progress.waits >= self.settings.patience * looks.an_epoch:
                progress.ended = f"no better val score in {progress.waits} evaluations"
        fit = fit_words(progress.curve, progress.start_loss)
        self._say(
            {
                "event": "evaluation",
                **progress.curve[-1],
                "best_step": progress.best_step,
                "fit": fit.word,
            }
        )

    def _val_loss(self, step: int) -> tuple[float, float]:
        """Mean loss a learnt unit on val, and its standard error, as process 0 has them."""
        self.network.eval()
        if self.change.warmer:
            self.change.warmer()
        own = (self.network, self.change, self.held, self.settings, self.pad, self.objective)
        val = Exercise(*own, trunk=self._val_trunk, trees=self.plan.merges)
        with self.alone():
            loss, error = self.team.agree(val.mean() if self.team.leads else (0.0, 0.0))
            where = "" if math.isfinite(loss) else first_broken(self.network, val.mean)
        if not math.isfinite(loss):
            raise divergence_error(
                f"step {step}: the loss on the val rows is {loss:g}",
                where,
                (),
                self.settings.learning_rate,
            )
        return loss, error

    def alone(self) -> AbstractContextManager[None]:
        """A block in which process 0 can compute by itself. Every process of the team enters it."""
        return summon_full_weights(self.network) if self.change.split else nullcontext()

    def _refuse_too_large(self, run: Run) -> None:
        room.check(self._exercise, run.masters, self.plan, self.settings)

    # --- surroundings -----------------------------------------------------------------------------

    def _show(
        self, progress: Progress, total: int, taken: StepStatistics, seconds: float
    ) -> Stopped | None:
        """Tell the step; what stops the run is handed back, for all processes to stop together."""
        last = progress.curve[-1] if progress.curve else {}
        values = {
            "train": round(taken.loss, 4),
            "val": last.get("val_loss"),
            "score": last.get("val"),
            "lr": taken.rate,
            "norm": round(taken.norm, 4),
            "tok/s": round(taken.tokens / seconds),
            "computed tok/s": round(taken.cells / seconds),
            "memory": resident(),
            "fit": fit_words(progress.curve, progress.start_loss).word if progress.curve else None,
        }
        shown = {name: value for name, value in values.items() if value is not None}
        try:
            self._say(
                {
                    "event": "progress",
                    "done": progress.step,
                    "total": total,
                    "unit": "step",
                    "values": shown,
                }
            )
        except Stopped as stopped:
            return stopped
        return None

    def _say(self, event: dict[str, Any]) -> None:
        if self.team.leads:
            self.tell(event)

    @contextmanager
    def _prepare_network(self) -> Generator[None]:
        """What training needs and evaluation elsewhere must not find: hooks, layers that compute
        twice."""
        with (
            checkpoint_activations(
                self.network, self.settings.checkpointing, soft=self.change.soft is not None
            ),
            faster(self.network, compiled=self._is_compiled),
        ):
            try:
                yield
            finally:
                if self._exercise.noise:
                    self._exercise.noise.remove()

    @cached_property
    def _exercise(self) -> Exercise:
        noise = EmbeddingNoise(self.network, self.settings.noise) if self.settings.noise else None
        own = (self.network, self.change, self.sequences, self.settings, self.pad, self.objective)
        return Exercise(*own, noise, self.trunk, self.plan.merges, self._is_compiled)

    def _cache_frozen_states(self, sequences: Sequence[Encoded], name: str) -> Trunk | None:
        """What the frozen layers below the trained ones compute for these sequences, kept over the
        epochs."""
        moving = self.settings.noise or self.change.soft or self.team.size > 1
        if moving or not self.settings.trunk or self.settings.epochs < 2 or not sequences:
            return None
        own = {"pad": self.pad, "tree": self.plan.merges, "tell": self._say}
        return Trunk.of(
            self.network, self.change.trained, sequences, self.workdir / "trunk" / name, **own
        )

    @cached_property
    def _val_trunk(self) -> Trunk | None:
        return self._cache_frozen_states(self.held, "val") if self.trunk else None

    @cached_property
    def _states(self) -> States:
        return States(self.workdir, self.change, self.team, self.settings.learning_rate)

    @cached_property
    def _gradients(self) -> Gradients:
        return Gradients(self._exercise, self.sources, self.seed, self._say)

    @cached_property
    def plan(self) -> BatchPlan:
        own = self.settings
        ids = [sequence.ids for sequence in self.sequences]
        lengths, costs = tuple(map(len, ids)), Costs.of(self.network, trees=own.trees)
        return BatchPlan(lengths, own.batch_size, self.seed, own.micro_tokens, ids, costs, own.pool)

    @cached_property
    def _is_compiled(self) -> bool:
        if not self.change.compiled:
            return False
        weights = sum(parameter.numel() for parameter in self.network.parameters())
        return compiles(self.settings.compiled, self.plan.cells * self.settings.epochs * weights)

    @cached_property
    def _looks(self) -> Points:
        held = sum(len(sequence.ids) for sequence in self.held)
        return points(self.plan.steps, self.settings.epochs, sum(self._exercise.lengths), held)
