"""Fine-tuning: the way from a base to an arm, which is the same for all methods whose arm is the
tuned model.

Fit       open the base, change it as the method says, run the loop, keep the best weights
Restore   open the base, change it in the same way, read the weights that the arm wrote
Methods   a method says what it changes (`Trained.change`) and inherits both; one that answers by a
          layer of its own has its own two (`head.py`, `token_head.py`)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assay.core.types import Lesson
from assay.strategies.prompting.prompted_arm import answer_room
from assay.strategies.training.trained_arm import Tuned, load_record, train
from assay.training.settings import NetworkChange, Trained

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel

# Why what stands before the prompt is no part of the base's weights
ADDS = "it adds keys and values, or tokens, before the prompt and changes no weight"


class FineTuning(Trained):
    """A trained strategy whose arm is the tuned model, asked as it was trained."""

    reads_text = True

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
        model = self.open(lesson)
        change = self.change(model, lesson)
        if lesson.start is not None:
            change.read(lesson.start)
        arm = Tuned(model, lesson.task, answer_room(lesson, model, whole=True), change.write)
        self.learn_from(lesson, model, change, arm)
        return arm

    def learn_from(
        self, lesson: Lesson, model: ChatModel, change: NetworkChange, arm: Tuned
    ) -> None:
        """Train what is changed."""
        train(lesson, self, model, change, arm)

    def restore(self, folder: Path, lesson: Lesson) -> Tuned:
        model = self.open(lesson)
        change = self.change(model, lesson)
        change.read(folder)
        if change.warmer:
            change.warmer()
        model.network.eval().requires_grad_(False)
        arm = Tuned(model, lesson.task, load_record(folder)["room"], change.write)
        arm.recall(folder)
        return arm
