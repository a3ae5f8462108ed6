"""Fine-tuning: the way from a base to an arm, which is the same for all methods whose arm is the
tuned model.

Fit       open the base, change it as the method says, run the loop, keep the best weights; with
          `after`, from the weights of another strategy (`warm_start.py`)
Restore   open the base, change it in the same way, read the weights that the arm wrote
Methods   a method says what it changes (`Trained.change`) and inherits both; one that answers by a
          layer of its own has its own two (`head.py`, `token_head.py`)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import model_validator

from assay.core.types import Inner, Lesson
from assay.strategies.baselines.existing import Existing
from assay.strategies.prompting.prompted_arm import answer_room
from assay.strategies.training.trained_arm import Tuned, load_record, train
from assay.strategies.training.warm_start import Earlier, differing, find_earlier, unable
from assay.training.mixture import Mix
from assay.training.retention.settings import Remedy, contradictions
from assay.training.settings import NetworkChange, Trained

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel

# Why what stands before the prompt is no part of the base's weights
ADDS = "it adds keys and values, or tokens, before the prompt and changes no weight"


class FineTuning(Trained):
    """A trained strategy whose arm is the tuned model, asked as it was trained."""

    reads_text = True
    after: Inner | None = None  # a strategy whose weights it goes on from
    retain: tuple[Remedy, ...] = ()  # what keeps it from forgetting
    # strategies of other projects whose rows are learnt beside the own ones
    together: tuple[Inner, ...] = ()
    mix: Mix = Mix()  # how much of each task

    @model_validator(mode="after")
    def _goes_on(self) -> FineTuning:
        if self.after is not None and not isinstance(self.after, Existing | FineTuning):
            raise ValueError(
                f"after: nothing goes on from the weights of {self.after.kind}; take a strategy"
                " that trains a language model, as lora or full"
            )
        if (self.after or self.retain) and self.processes > 1:
            raise ValueError("after and retain are for one process; leave `processes` out")
        for fault in self._mixed_wrongly():
            raise ValueError(fault)
        kinds = tuple(one.kind for one in self.retain)
        for fault in contradictions(self, kinds, self.after is not None, self._has_old_rows):
            raise ValueError(fault)
        return self

    def _mixed_wrongly(self) -> Iterator[str]:
        if other := [one.kind for one in self.together if not isinstance(one, Existing)]:
            yield f"together: {other[0]} is no strategy of another project; name its folder"
        if self.mix.non_defaults() and not self.together:
            yield "mix: there is one task alone; name others with `together`"
        if self.mix.by == "weights":
            count, there = len(self.mix.weights), len(self.together) + 1
            if count != there or min(self.mix.weights) <= 0:
                yield f"mix: weights: {there} numbers above 0, one a task, got {count}"
        elif self.mix.weights:
            yield f"mix: weights are read with by: weights, not with by: {self.mix.by}"
        if self.mix.balance == "none" and "balance_temperature" in self.mix.non_defaults():
            yield "mix: balance_temperature is read with balance: uncertainty alone"
        if self.together and self.objective == "label_set":
            yield "together: other tasks have other labels; leave `objective: label_set` out"
        other_loss = (
            self.teacher or self.label_smoothing or any(r.kind == "lwf" for r in self.retain)
        )
        if self.mix.balance != "none" and other_loss:
            yield "mix: balance weighs plain losses; leave `teacher`, `label_smoothing`, lwf out"

    @property
    def _has_old_rows(self) -> bool:
        return isinstance(self.after, Existing)

    @property
    def core(self) -> FineTuning:
        """The method whose weights are saved: itself, or what stands inside."""
        return self

    def fit(self, lesson: Lesson) -> Tuned:
        """
        Raises:
            TrainError, UsageError: as `Trained.refuse`, `Trained.change` and `train`.
                ResourceError: R098, memory is short. Stopped: the state is saved, and the same call
                    goes on from it.
        """
        import torch

        self.refuse(lesson)
        torch.manual_seed(lesson.seed)
        model, change = self.open_changed(lesson)
        arm = Tuned(model, lesson.task, answer_room(lesson, model, whole=True), change.write)
        self.learn_from(lesson, model, change, arm)
        return arm

    def open_changed(self, lesson: Lesson) -> tuple[ChatModel, NetworkChange]:
        """The network that is trained, changed as the method says, with the weights that it begins
        from.

        Raises:
            TrainError: T120, it cannot go on from there; T122, these are of another base.
        """
        import torch

        if lesson.start is None and self.after is not None:
            earlier = find_earlier(self, self.after, lesson)
            torch.manual_seed(lesson.seed)  # whether that was fitted here, or was there already
            return self.open_after(lesson, earlier)
        model = self.open(lesson)
        change = self.change(model, lesson)
        if lesson.start is not None:
            change.read(lesson.start)
        return model, change

    def open_after(self, lesson: Lesson, earlier: Earlier) -> tuple[ChatModel, NetworkChange]:
        """From the weights of the same method with the same settings; a method that can go on from
        others does it here."""
        core = earlier.core
        if core.kind != self.kind or not self.reads_back or differing(core, self):
            raise unable(self, core.kind)
        return self.open_changed(replace(lesson, start=earlier.folder))

    @property
    def reads_back(self) -> bool:
        """Whether weights that were saved can be trained on, those of the base being as they
        were."""
        return True

    def learn_from(
        self, lesson: Lesson, model: ChatModel, change: NetworkChange, arm: Tuned
    ) -> None:
        """Train what is changed."""
        from assay.strategies.training.retain import retain
        from assay.strategies.training.together import join_tasks
        from assay.training.objectives.task_balance import balanced

        kept = retain(self, self.after, self.retain, lesson, model, change)
        objective = kept.objective
        if self.mix.balance == "uncertainty":
            objective = balanced(self.mix.balance_temperature)
        if not self.together:
            train(lesson, self, model, kept.change, arm, objective, old=kept.old)
        else:
            joined = join_tasks(self, self.together, self.mix, lesson, model)
            old = [*kept.old, *joined.train]
            given = (joined.lesson, self, model, kept.change, arm, objective)
            train(*given, old=old, old_val=joined.val)
        kept.finish()
        if self.retain:
            arm.val_score = None  # what is kept may be other weights than those that were scored

    def restore(self, folder: Path, lesson: Lesson) -> Tuned:
        model = self.open(lesson)
        change = self.change(model, replace(lesson, start=folder))
        change.read(folder)
        if change.warmer:
            change.warmer()
        model.network.eval().requires_grad_(False)
        arm = Tuned(model, lesson.task, load_record(folder)["room"], change.write)
        arm.recall(folder)
        return arm
