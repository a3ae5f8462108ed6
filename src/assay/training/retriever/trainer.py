"""The training of encoders: steps of AdamW, a look at val after each epoch, the best weights kept.

The start weights are a candidate too: training that never beats them on val changes nothing. A
killed run goes on from its last state to the same bits: the order of the rows is a function of seed
and epoch, what a step draws (dropout) one of seed and step, and what an epoch remembers (its
negatives) lies in the state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

import torch

from assay.core.store import digest
from assay.core.types import Tell
from assay.models.determinism import draw_from
from assay.training.divergence import divergence_error, divergence_text, refuse_broken
from assay.training.optim.master_weights import Masters
from assay.training.optim.optimisers import adamw
from assay.training.optim.schedules import rise_and_fall
from assay.training.progress import Progress, Run, StepStatistics
from assay.training.run_states import States
from assay.training.step_loop import SAVE_EVERY, StepLoop


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
class CourseProgress(Progress):
    """Plain JSON."""

    remembered: Any = None  # what `begin` gave for the epoch at work


@dataclass
class Course:
    """One training of `network`, in place.

    Attributes:
        steps: how many each epoch has.
        begin: (epoch, what it gave for the epoch before) -> what the epoch's steps need, as JSON.
        step: (epoch, step of the epoch, what begin gave) -> the step's loss; adds to the gradients.
            Its random draws come from torch's generator, which is set before each step.
        look: the val score, higher is better, or two: by which weights are chosen, and which is
            told; None: the last weights are kept.
    """

    network: torch.nn.Module
    settings: LoopSettings
    seed: int
    steps: Sequence[int]
    begin: Callable[[int, Any], Any]
    step: Callable[[int, int, Any], float]
    look: Callable[[], float | tuple[float, float]] | None
    workdir: Path
    tell: Tell
    save_every: float = SAVE_EVERY

    def run(self) -> Progress:
        """Train, and leave the best weights in the network.

        Raises:
            TrainError: T001 diverged, T011 broken weights, T016 a state of another format. Stopped:
                the state is saved, and the same call goes on from it.
        """
        masters = Masters((n, w) for n, w in self.network.named_parameters() if w.requires_grad)
        refuse_broken(masters.weights.items())
        states = States(self.workdir, self.settings.learning_rate, kind=CourseProgress)
        run = states.resume(masters, _optimiser(masters, self.settings))
        progress = run.progress
        if progress.step:
            self.tell({"event": "note", "text": f"continues at step {progress.step}"})
        if self.look and progress.best_score is None:
            self._watch(run)
        StepLoop(
            run,
            states,
            self.steps,
            begin=lambda epoch, within: self._begin(run, epoch, within),
            step=lambda epoch, within: self._step(run, epoch, within),
            points=set(accumulate(self.steps)),
            look=lambda: self._look(run),
            values=lambda taken, _: {"train": round(taken.loss, 4), "score": progress.best_score},
            tell=self.tell,
            save_every=self.save_every,
        ).go()
        if run.best:
            states.put(masters, run.best)
        self.network.eval()
        progress.ended = progress.ended or "all epochs done"
        return progress

    def _begin(self, run: Run, epoch: int, within: int) -> None:
        """A run that goes on inside an epoch has in its state what that was begun with."""
        progress = _own(run)
        if within == 0:
            progress.remembered = self.begin(epoch, progress.remembered)

    def _step(self, run: Run, epoch: int, within: int) -> StepStatistics:
        progress, own = _own(run), self.settings
        self.network.train()
        draw_from(int(digest([self.seed, progress.step])[:12], 16))
        loss = self.step(epoch, within, progress.remembered)
        run.masters.collect()
        # Not `Masters.clip`, which rounds otherwise: fits that are kept would be others.
        norm = float(torch.nn.utils.clip_grad_norm_(run.masters.copies.values(), own.clip))
        if what := divergence_text(progress.step, loss, norm):
            raise divergence_error(what, "", (), own.learning_rate)
        rate = own.learning_rate * rise_and_fall(progress.step, sum(self.steps), own.warmup)
        run.update(rate)
        run.clear()
        progress.loss += loss
        return StepStatistics(loss, norm=norm, rate=rate)

    def _look(self, run: Run) -> None:
        """The training loss of the epoch that is over, and the score of val."""
        progress = run.progress
        epoch = list(accumulate(self.steps)).index(progress.step)
        point = {
            "step": progress.step,
            "train_loss": round(progress.loss / self.steps[epoch], 6),
        }
        progress.loss = 0.0
        if self.look:
            point["val"] = round(self._watch(run), 6)
        progress.curve.append(point)
        whole = {"steps": sum(self.steps), "best_step": progress.best_step}
        self.tell({"event": "evaluation", **point, **whole})

    def _watch(self, run: Run) -> float:
        assert self.look is not None
        self.network.eval()
        found = self.look()
        chosen, told = found if isinstance(found, tuple) else (found, found)
        run.watch(chosen, patience=self.settings.patience, unit="epochs")
        return told


def _own(run: Run) -> CourseProgress:
    assert isinstance(run.progress, CourseProgress)
    return run.progress


def _optimiser(masters: Masters, settings: LoopSettings) -> torch.optim.Optimizer:
    """Matrices decay; vectors (norms, biases) do not, as in Devlin et al. (2019),
    aclanthology.org/N19-1423."""
    matrices, vectors = (
        [w for w in masters.copies.values() if (w.ndim > 1) == wide] for wide in (True, False)
    )
    groups: list[dict[str, Any]] = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return adamw([{**g, "lr": settings.learning_rate} for g in groups if g["params"]])
