"""The training loop: one for every method. What is trained and what is learnt are arguments.

Each optimiser step adds up the gradients of its micro-batches, divides by the step's learnt tokens,
clips, steps. Val is looked at after each epoch, or several times in a long one (`watch.points`);
the best evaluation is the one that is kept. A killed run continues from its last state to the same
bits: the order of the data is a function of seed and epoch, and what a micro-batch draws (dropout,
noise) is one of seed, step and rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from assay.core.types import Tell
from assay.models.tokenizer.chat_tokens import Encoded, flatten
from assay.training import start_loss
from assay.training.acceleration import asking, compiles, faster
from assay.training.activation_checkpointing import checkpoint_activations
from assay.training.batch_schedule import BatchPlan, Costs
from assay.training.distributed.process_group import Team
from assay.training.distributed.shard import gather, summon_full_weights
from assay.training.divergence import divergence_error, divergence_text, first_broken, refuse_broken
from assay.training.estimate import memory_estimate
from assay.training.evaluation_schedule import MOST, Points, fit_words, points, resident
from assay.training.frozen_layer_cache import Trunk
from assay.training.gradients import Gradients, no_gradient_error
from assay.training.optim.embedding_noise import EmbeddingNoise
from assay.training.optim.groups import awake, factors
from assay.training.optim.master_weights import Masters
from assay.training.optim.optimisers import build
from assay.training.optim.schedules import rate
from assay.training.progress import Progress, Run, StepStatistics
from assay.training.reference import refer
from assay.training.run_states import States
from assay.training.settings import USUAL_EPOCHS, NetworkChange, Trained
from assay.training.step_loop import SAVE_EVERY, StepLoop
from assay.training.training_data import Exercise, Objective, rows_beyond


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
    # of each val row the loss of its tokens together, as `evaluate` has last computed it, or none;
    # None: it never does
    nats: Callable[[], Sequence[float]] | None = field(default=None, kw_only=True)
    workdir: Path
    tell: Tell
    team: Team = field(default_factory=Team)
    trunk: Trunk | None = None
    save_every: float = SAVE_EVERY  # 0: after every step
    refers: bool = False  # the objective needs each sequence's `reference`
    # a folder for losses before training, which several trainings may share; None: none are kept
    kept_losses: Path | None = None
    _begun: Path | None = field(default=None, init=False)  # where the loss before it is kept
    _val_parts: dict[str, float] = field(default_factory=dict, init=False)  # see `Loss.parts`

    def run(self) -> Progress:
        """Train.

        Raises:
            TrainError: T001 diverged, T011 a broken model, T012 nothing is trained, T015
                checkpointing cannot be had.
            ResourceError: R098, memory is short. Stopped: the state is saved, and the same call
                goes on from it.
        """
        refuse_broken([*self.network.named_parameters(), *self.change.trained.items()])
        if self.refers:
            self.sequences = self._refer(self.sequences, "train")
            self.held = self._refer(self.held, "val")
        if self.trunk is None:
            self.trunk = self._cache_frozen_states(self.sequences, "train")
        masters = Masters(self.change.trained.items())
        optimiser = build(self.settings, masters, factors(self.settings, self.network, self.change))
        run = self._states.resume(masters, optimiser)
        if run.progress.step:
            self._say({"event": "note", "text": f"continues at step {run.progress.step}"})
        if run.progress.start_loss is None and self.held:
            self._begun = self._start_loss_file()
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
        plan, progress, total = self.plan, run.progress, self.plan.steps * self.epochs
        loop = StepLoop(
            run,
            self._states,
            [plan.steps] * self.epochs,
            begin=lambda epoch, within: self._wake(epoch),
            step=lambda epoch, within: self._step(plan.step(epoch, within), run, total),
            points=self._looks.at,
            look=lambda: self._look(run, self._looks),
            values=lambda taken, seconds: self._values(progress, taken, seconds),
            tell=self._say,
            save_every=self.save_every,
            team=self.team,
        )
        if progress.start_loss is None and self.held:
            progress.start_loss = self._start_loss(progress.step)
        loop.go()

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
        factor = self.settings.rate * rate(step, total, self.settings, progress.drops)
        if not learnt:
            progress.skipped += 1
            run.clear()
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
        norm = masters.clip(self.settings.clip)
        if what := divergence_text(step, mean, norm):
            run.clear()
            with asking(self._is_compiled):
                # With split layers each would have to look as often as the others.
                mine = [] if self.change.split else mine
                where, rows = self._gradients.broken(mine, [list(part) for part in parts], step)
            run.clear()
            raise divergence_error(
                what, where, [self.sources[row] for row in rows], self.settings.rate
            )
        run.update(factor)
        if self.change.after:
            self.change.after(step + 1, total)
        run.clear()
        progress.loss, progress.learnt = progress.loss + loss, progress.learnt + learnt
        if progress.start_loss is None:
            progress.start_loss = mean
        return StepStatistics(mean, learnt, tokens, cells, norm, factor)

    def _wake(self, epoch: int) -> None:
        """Only what is trained in this epoch gets gradients."""
        names = awake(self.settings, self.network, self.change.trained, epoch, self.epochs)
        for name, parameter in self.change.trained.items():
            parameter.requires_grad_(name in names)

    # --- val --------------------------------------------------------------------------------------

    def _look(self, run: Run, looks: Points) -> None:
        """Val score and loss, or the training loss alone where there are no val rows."""
        progress = run.progress
        point: dict[str, float] = {
            "step": progress.step,
            "train_loss": progress.loss / max(1.0, progress.learnt),
        }
        progress.loss = progress.learnt = 0.0
        if self.held:
            self._say({"event": "activity", "text": "scoring val"})
            with asking(self._is_compiled):
                score, loss, error = self._score_val(progress.step)
            point |= {
                "val_loss": loss,
                "val_se": error,
                **({"val": score} if self.evaluate else {}),
                **self._val_parts,
            }
            lowest = progress.lowest_loss is None or loss < progress.lowest_loss
            if lowest:
                progress.lowest_loss = loss
            else:
                progress.drops += 1
            # Where an epoch is looked at several times, patience is for so many epochs.
            patience = self.settings.patience * looks.an_epoch
            row = 1 / len(self.held) if self.evaluate else 0.0
            own = {"lowest": lowest, "row": row, "patience": patience}
            run.watch(score, loss, **own, unit="evaluations")
        progress.curve.append({name: round(value, 6) for name, value in point.items()})
        last, fit = progress.curve[-1], fit_words(progress.curve, progress.start_loss)
        whole = {"steps": self.plan.steps * self.epochs, "best_step": progress.best_step}
        self._say({"event": "evaluation", **last, **whole, "fit": fit.word})

    def _start_loss_file(self) -> Path | None:
        if self.kept_losses is None or self.team.size > 1:
            return None
        own = (self.settings, self.network, self.change.trained, self.held)
        return start_loss.start_loss_file(self.kept_losses, *own)

    def _start_loss(self, step: int) -> float:
        """Before training: computed, or as another training with this beginning has left it."""
        loss = start_loss.read(self._begun)
        if loss is None:
            self._say({"event": "activity", "text": "scoring val before training"})
            with asking(self._is_compiled):
                loss, _ = self._val_loss(step)
            start_loss.keep(self._begun, loss)
        return loss

    def _score_val(self, step: int) -> tuple[float, float, float]:
        """The score of val, minus its loss where nothing else decides; its loss and the standard
        error of that."""
        if self.score_tells_loss:
            assert self.evaluate is not None and self.nats is not None
            self._make_ready()
            score = self.evaluate()
            return score, *self._val_loss(step, self.nats())
        loss, error = self._val_loss(step)
        with self.alone():
            score = self.evaluate() if self.evaluate and self.team.leads else -loss
            (score,) = self.team.agree([score])
        return score, loss, error

    @property
    def score_tells_loss(self) -> bool:
        """Whether a look at val is one pass. What a trunk keeps is less than that."""
        return self.nats is not None and self.trunk is None and self.team.size == 1

    def _make_ready(self) -> None:
        """For val."""
        self.network.eval()
        if self.change.warmer:
            self.change.warmer()

    def _val_loss(self, step: int, known: Sequence[float] = ()) -> tuple[float, float]:
        """Mean loss a learnt unit on val, and its standard error, as process 0 has them. `known`:
        see `Exercise.mean`."""
        self._make_ready()
        own = (self.network, self.change, self.held, self.settings, self.pad, self.objective)
        val = Exercise(*own, trunk=self._val_trunk, trees=self.plan.merges)
        with self.alone():
            loss, error = self.team.agree(val.mean(known) if self.team.leads else (0.0, 0.0))
            where = "" if math.isfinite(loss) else first_broken(self.network, val.mean)
        self._val_parts = {f"val_{name}": part for name, part in val.parts.items()}
        if not math.isfinite(loss):
            raise divergence_error(
                f"step {step}: the loss on the val rows is {loss:g}",
                where,
                (),
                self.settings.rate,
            )
        return loss, error

    def alone(self) -> AbstractContextManager[None]:
        """A block in which process 0 can compute by itself. Every process of the team enters it."""
        return summon_full_weights(self.network) if self.change.split else nullcontext()

    def _refuse_too_large(self, run: Run) -> None:
        memory_estimate.check(self._exercise, run.masters, self.plan, self.settings, self.epochs)

    # --- surroundings -----------------------------------------------------------------------------

    def _values(self, progress: Progress, taken: StepStatistics, seconds: float) -> dict[str, Any]:
        last = progress.curve[-1] if progress.curve else {}
        return {
            "train": round(taken.loss, 4),
            "val": last.get("val_loss"),
            "score": last.get("val"),
            "right": last.get("val_right"),
            "lr": taken.rate,
            "norm": round(taken.norm, 4),
            "tok/s": round(taken.tokens / seconds),
            "computed tok/s": round(taken.cells / seconds),
            "memory": resident(),
            "fit": fit_words(progress.curve, progress.start_loss).word if progress.curve else None,
        }

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
        if moving or not self.settings.trunk or self.epochs < 2 or not sequences:
            return None
        own = {"pad": self.pad, "tree": self.plan.merges, "tell": self._say}
        place = self.workdir / "trunk" / name
        return Trunk.of(self.network, self.change.trained, flatten(sequences), place, **own)

    def _refer(self, sequences: Sequence[Encoded], name: str) -> Sequence[Encoded]:
        return self._compute_reference(sequences, self.workdir / f"reference-{name}.json")

    def _compute_reference(self, sequences: Sequence[Encoded], place: Path) -> Sequence[Encoded]:
        own = (self.network, self.change, sequences, self.settings, self.pad, self.objective)
        exercise = Exercise(*own, trees=self.plan.merges)
        return refer(exercise, place, self._say)

    @cached_property
    def _val_trunk(self) -> Trunk | None:
        return self._cache_frozen_states(self.held, "val") if self.trunk else None

    @cached_property
    def _states(self) -> States:
        own = {name: getattr(self.change, name) for name in ("extra", "split", "warmer")}
        return States(self.workdir, self.settings.rate, self.team, **own)

    @cached_property
    def _gradients(self) -> Gradients:
        return Gradients(self._exercise, self.sources, self.seed, self._say)

    @property
    def epochs(self) -> int:
        return self.settings.epochs_of(len(self.sequences))

    @cached_property
    def plan(self) -> BatchPlan:
        own = self.settings
        ids = [sequence.merged_ids for sequence in self.sequences]
        lengths = tuple(sequence.size for sequence in self.sequences)
        costs = Costs.of(self.network, trees=own.trees)
        sizes = own.batch_size, self.seed, own.micro_tokens
        beyond = rows_beyond(self.network, self.change, self.sequences)
        return BatchPlan(lengths, *sizes, ids, costs, own.pool, beyond)

    @cached_property
    def _is_compiled(self) -> bool:
        if not self.change.compiled:
            return False
        weights = sum(parameter.numel() for parameter in self.network.parameters())
        return compiles(self.settings.compiled, self.plan.cells * self.epochs * weights)

    @cached_property
    def _looks(self) -> Points:
        held = sum(sequence.size for sequence in self.held)
        return self._points(sum(self._exercise.lengths), held)

    def _points(self, tokens: int, held: int) -> Points:
        """Where val is looked at; of few rows that are repeated for it, as often as in a training
        of the usual epochs: an epoch of theirs is a few steps, and few val rows tell of many looks
        the luckiest."""
        few = self.settings.epochs == "auto" and self.epochs > USUAL_EPOCHS
        most = USUAL_EPOCHS if few else MOST
        return points(self.plan.steps, self.epochs, tokens, held, most)
