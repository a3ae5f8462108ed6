"""Training on answers that the model writes itself: in rounds, each of questions that are asked,
answers that rewards judge, and optimiser steps on these.

Round     The answers are written by the weights as they are then, and kept in a file (`Round`) with
          the log-probabilities of their tokens by these weights and by those of the start, before
          the first step. So a run that was killed goes on to the same bits: weights, moments and
          step come from its state, the round's answers from their file
Steps     one optimiser, one schedule, through all rounds; the loop is that of all training
Looks     val is asked before the first step, and then after every so many rounds: the task's own
          metric decides which weights are kept, and stands beside reward, length and how far the
          model has gone from its start
Ends      where the metric has not been better for `patience` looks. Where the reward rose
          meanwhile, this is over-optimisation (Gao et al. 2023, arxiv.org/abs/2210.10760), and is
          called so; and where the model has gone further than `most_kl`
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from assay.core.errors import AssayError, Stopped
from assay.core.types import Tell
from assay.training.acceleration import faster
from assay.training.activation_checkpointing import checkpoint_activations
from assay.training.divergence import refuse_broken
from assay.training.evaluation_schedule import resident
from assay.training.loop import Training
from assay.training.objectives.classification import ClassifierLayer
from assay.training.objectives.policy_gradient import (
    PolicyLoss,
    WrittenAnswers,
    estimate_advantages,
    group_advantages,
    leave_one_out,
    policy_gradient,
    whiten,
)
from assay.training.optim.groups import factors
from assay.training.optim.master_weights import Masters
from assay.training.optim.optimisers import build
from assay.training.over_optimisation import moved, over_optimised, verdict
from assay.training.progress import Progress, Run, StepStatistics
from assay.training.run_states import States
from assay.training.settings import NetworkChange, Trained
from assay.training.step_loop import SAVE_EVERY, StepLoop
from assay.training.training_data import Exercise
from assay.training.written_answers import Round, place_of, summary, tensors

LOOKS = 20  # at val in a run, about
# of a proportional controller: Ziegler et al. (2019), arxiv.org/abs/1909.08593, section 2.2
GAIN, MOST_ERROR = 0.1, 0.2


@dataclass(frozen=True)
class Advantages:
    """How rewards become advantages.

    Attributes:
        scale: grpo's are divided by the standard deviation of their question's. gamma, trace: of
            ppo, see `estimate_advantages`. target_kl: nats an answer that beta is steered towards;
            0: beta stays as it is.
    """

    scale: bool = True
    gamma: float = 1.0
    trace: float = 0.95
    target_kl: float = 0.0


class RoundTraining(Training):
    """The steps of one round."""

    _is_compiled = False

    def take(
        self, epoch: int, step: int, run: Run, total: int, alike: Collection[int]
    ) -> StepStatistics:
        """One step; none where all its questions are among those that say nothing: what is left of
        the loss is rounding, which an optimiser that divides by its size would follow."""
        parts = self.plan.step(epoch, step)
        if all(row in alike for part in parts for row in part):
            run.progress.skipped += 1
            return StepStatistics(0.0)
        return self._step(parts, run, total)

    @property
    def exercise(self) -> Exercise:
        return self._exercise


@dataclass
class PolicyTraining:
    """One run; `run` leaves the best weights in the network.

    Attributes:
        write: number of a round -> its questions, answers and rewards, by the network as it is.
        watch: what val says: "val", the task's metric, and "val_reward", "val_length"; None where
            there are no val rows, and the last weights are kept.
        questions: in a round. `settings.epochs` are passes over a round's answers,
            `settings.batch_size` questions in an optimiser step.
        layer: of ppo; its weights are among those of `change.trained`.
        most_kl: nats an answer from the start at which training ends; 0: none.
    """

    network: Any
    change: NetworkChange
    settings: Trained
    loss: PolicyLoss
    advantages: Advantages
    rounds: int
    questions: int
    seed: int
    pad: int
    write: Callable[[int], Round]
    watch: Callable[[], dict[str, float]] | None
    metric: str  # the task's, by which val is judged
    workdir: Path
    tell: Tell
    layer: ClassifierLayer | None = None
    most_kl: float = 0.0
    save_every: float = SAVE_EVERY
    _round: Round = field(init=False)
    _steps: RoundTraining = field(init=False)
    _number: int = field(default=-1, init=False)

    def run(self) -> Progress:
        """Train.

        Raises:
            TrainError: T001 diverged, T011 a broken model, T012 nothing is trained; and as `write`
                and `watch`. ResourceError: R098. Stopped: the state is saved, and the same call
                goes on from it.
        """
        refuse_broken([*self.network.named_parameters(), *self.change.trained.items()])
        masters = Masters(self.change.trained.items())
        optimiser = build(self.settings, masters, factors(self.settings, self.network, self.change))
        self._start = {name: copy.detach().clone() for name, copy in masters.copies.items()}
        run = self._states.resume(masters, optimiser)
        progress = run.progress
        if progress.step:
            self.tell({"event": "note", "text": f"continues at step {progress.step}"})
        if not progress.curve:
            self._look(run)
        StepLoop(
            run,
            self._states,
            [self.steps] * self.rounds,
            begin=lambda number, within: self._begin(number, run),
            step=lambda number, within: self._step(within, run),
            points=self._looks,
            look=lambda: self._look(run),
            values=lambda taken, seconds: self._values(progress, taken, seconds),
            tell=self.tell,
            save_every=self.save_every,
        ).go()
        if run.best:
            self._states.put(masters, run.best)
        progress.ended = progress.ended or "all rounds done"
        return progress

    @property
    def steps(self) -> int:
        """Optimiser steps in a round."""
        return -(-self.questions // self.settings.batch_size) * self._epochs

    @property
    def _epochs(self) -> int:
        return self.settings.epochs_of(self.questions)

    @property
    def _looks(self) -> frozenset[int]:
        every = -(-self.rounds // LOOKS)
        rounds = {*range(every, self.rounds, every), self.rounds}
        return frozenset(number * self.steps for number in rounds)

    # --- a round ----------------------------------------------------------------------------------

    def _begin(self, number: int, run: Run) -> None:
        """Have the round's answers: those of its file, or new ones."""
        place = place_of(self.workdir, number)
        if not place.exists():
            try:
                self._write_round(number, run).write(place)
            except (AssayError, Stopped):  # what was learnt so far is not lost
                if run.progress.step:
                    self._states.save(run)
                raise
        # Always from the file, so that a run that goes on learns from the same numbers.
        self._round, self._number = Round.read(place), number
        self._steps = self._training(self._round, self._objective(self._round), number)

    def _write_round(self, number: int, run: Run) -> Round:
        self._ready()
        made = self.write(number)
        made.beta = self._beta(number)
        asked = self._training(made, None, number).exercise
        with self._prepared():
            made.old, made.values = self._log_probs(asked)
            with self._at_start(run):
                made.start, _ = self._log_probs(asked)
        return made

    def _beta(self, number: int) -> float:
        """How dear it is to leave the start: steered by how far the round before was from it."""
        target = self.advantages.target_kl
        if not target or number == 0:
            return self.loss.beta
        before = Round.read(place_of(self.workdir, number - 1))
        error = max(-MOST_ERROR, min(MOST_ERROR, before.kl / target - 1))
        return before.beta * (1 + GAIN * error / MOST_ERROR)

    def _objective(self, made: Round) -> Any:
        loss = replace(self.loss, beta=made.beta)
        return policy_gradient(loss, self._with_advantages(made), self.layer)

    def _with_advantages(self, made: Round) -> WrittenAnswers:
        """The round's answers, as the objective reads them."""
        old, start = tensors(made.old), tensors(made.start)
        rewards = torch.tensor(made.rewards, dtype=torch.float64)
        if self.loss.method == "ppo":
            return self._by_values(made, old, start, rewards.flatten().tolist())
        if self.loss.method == "rloo":
            drifts = torch.stack([(o - s).sum() for o, s in zip(old, start, strict=True)])
            found = leave_one_out(rewards - made.beta * drifts.view_as(rewards))
        else:
            found = group_advantages(rewards, scale=self.advantages.scale)
        each = [
            torch.full_like(tokens, float(advantage))
            for tokens, advantage in zip(old, found.flatten(), strict=True)
        ]
        return WrittenAnswers(old, start, each)

    def _by_values(
        self,
        made: Round,
        old: list[torch.Tensor],
        start: list[torch.Tensor],
        rewards: list[float],
    ) -> WrittenAnswers:
        values, found, returns = tensors(made.values), [], []
        for o, s, v, reward in zip(old, start, values, rewards, strict=True):
            each = -made.beta * (o - s)
            if len(each):
                each[-1] += reward
            own, back = estimate_advantages(
                each, v, gamma=self.advantages.gamma, trace=self.advantages.trace
            )
            found.append(own)
            returns.append(back)
        return WrittenAnswers(old, start, whiten(found), returns, values)

    def _step(self, within: int, run: Run) -> StepStatistics:
        epoch, step = divmod(within, self.steps // self._epochs)
        alike = set() if self.loss.method == "ppo" else self._round.questions_alike
        with self._prepared():
            return self._steps.take(epoch, step, run, self.steps * self.rounds, alike)

    def _training(self, made: Round, objective: Any, number: int) -> RoundTraining:
        return RoundTraining(
            network=self.network,
            change=self.change,
            sequences=made.encoded(),
            sources=[f"round {number}, question {row}" for row in made.rows],
            settings=self.settings,
            seed=self.seed * 100_003 + number,
            pad=self.pad,
            objective=objective,
            held=(),
            evaluate=None,
            workdir=self.workdir,
            tell=self.tell,
        )

    @torch.no_grad()
    def _log_probs(self, exercise: Exercise) -> tuple[list[list[float]], list[list[float]]]:
        """Of each answer the log-probabilities of its tokens, and ppo's values, in fp32."""
        self._ready()
        logs: dict[int, list[float]] = {}
        values: dict[int, list[float]] = {}
        for rows in exercise.groups():
            batch = exercise.batch(rows)
            found, expected = batch.log_probs_and(self.network, self.loss.temperature, self.layer)
            counts = torch.bincount(batch.owner, minlength=len(batch.rows)).tolist()
            for row, own in zip(batch.rows, found.split(counts), strict=True):
                logs[row] = own.tolist()
            if expected is not None:
                for row, own in zip(batch.rows, expected.split(counts), strict=True):
                    values[row] = own.tolist()
        return [logs[row] for row in sorted(logs)], [values[row] for row in sorted(values)]

    def _ready(self) -> None:
        """The network as it is asked, not trained."""
        self.network.eval()
        if self.layer is not None:
            self.layer.eval()
        if self.change.warmer:
            self.change.warmer()

    @contextmanager
    def _at_start(self, run: Run) -> Generator[None]:
        """The weights of the start inside the block."""
        now = {name: copy.detach().clone() for name, copy in run.masters.copies.items()}
        self._states.put(run.masters, self._start)
        try:
            yield
        finally:
            self._states.put(run.masters, now)

    @contextmanager
    def _prepared(self) -> Generator[None]:
        """What training needs and writing must not find."""
        soft = self.change.soft is not None
        with (
            checkpoint_activations(self.network, self.settings.checkpointing, soft=soft),
            faster(self.network, compiled=False),
        ):
            yield

    # --- val --------------------------------------------------------------------------------------

    def _look(self, run: Run) -> None:
        """What val says, beside the rounds since the last look."""
        progress = run.progress
        last = progress.curve[-1]["step"] if progress.curve else 0
        point: dict[str, float] = {"step": progress.step}
        if progress.step:
            rounds = range(int(last) // self.steps, progress.step // self.steps)
            point |= summary([Round.read(place_of(self.workdir, number)) for number in rounds])
        point["train_loss"] = progress.loss / max(1.0, progress.learnt)
        progress.loss = progress.learnt = 0.0
        if self.watch:
            self._ready()
            point |= self.watch()
        progress.curve.append({name: round(value, 6) for name, value in point.items()})
        if self.watch:
            run.watch(
                point["val"], -point["val_reward"], patience=self.settings.patience, unit="looks"
            )
            progress.ended = self._ended(progress)
        if self.most_kl and point.get("kl", 0.0) > self.most_kl and not progress.ended:
            progress.ended = (
                f"{point['kl']:.3g} nats an answer from the start, over max_kl {self.most_kl:g}"
            )
        whole = {"steps": self.steps * self.rounds, "best_step": progress.best_step}
        fit = verdict(progress.curve, self.metric)
        self.tell({"event": "evaluation", **progress.curve[-1], **whole, "fit": fit.word})

    def _ended(self, progress: Progress) -> str:
        found = over_optimised(progress.curve)
        if not progress.ended or found is None:
            return progress.ended
        return f"over-optimised since step {found['step']:g}: {moved(progress.curve, self.metric)}"

    def _values(self, progress: Progress, taken: StepStatistics, seconds: float) -> dict[str, Any]:
        last = progress.curve[-1] if progress.curve else {}
        return {
            "reward": round(self._round.reward, 4),
            "kl": round(self._round.kl, 4),
            "length": round(self._round.length, 1),
            "train": round(taken.loss, 4),
            "score": last.get("val"),
            "lr": taken.rate,
            "norm": round(taken.norm, 4),
            "tok/s": round(taken.tokens / max(seconds, 1e-9)),
            "memory": resident(),
            "fit": verdict(progress.curve, self.metric).word,
        }

    @cached_property
    def _states(self) -> States:
        own = {name: getattr(self.change, name) for name in ("extra", "split", "warmer")}
        return States(self.workdir, self.settings.rate, **own)
