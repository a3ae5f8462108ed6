"""Train every weight of the model.

What it is for   the most a base can learn from the rows
Costs            fp32 copies and two moments of every weight: 14 bytes a parameter, and a whole model on disk
Source           Howard and Ruder (2018), Universal Language Model Fine-tuning, aclanthology.org/P18-1031
Good when        many rows; the last points count; one specialist
Watch out        it forgets most; at LoRA's learning rate it diverges
Defaults from    3e-5, the middle of the 2e-5 to 5e-5 of Devlin et al. (2019), aclanthology.org/N19-1423
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from assay.nouns import Lesson
from assay.prompt.prompted import answer_room
from assay.train.settings import Trained
from assay.train.tuned import Tuned, kept, train

if TYPE_CHECKING:
    from assay.model.chat_model import ChatModel


class Full(Trained):
    kind: Literal["full"] = "full"
    learning_rate: float = Field(default=3e-5, gt=0, lt=1)

    def fit(self, lesson: Lesson) -> Tuned:
        import torch

        torch.manual_seed(lesson.seed)
        model: ChatModel = lesson.open_base(self.model)  # type: ignore[assignment]
        arm = self._arm(model, lesson, answer_room(lesson, model))
        model.network.requires_grad_(True)
        train(lesson, self, model, model.network.named_parameters(), arm)
        return arm

    def restore(self, folder: Path, lesson: Lesson) -> Tuned:
        from safetensors.torch import load_file

        model: ChatModel = lesson.open_base(self.model)  # type: ignore[assignment]
        model.network.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
        model.network.tie_weights()
        arm = self._arm(model, lesson, kept(folder)["room"])
        arm.curve, arm.ended = kept(folder)["curve"], kept(folder)["ended"]
        return arm

    def _arm(self, model: ChatModel, lesson: Lesson, room: int) -> Tuned:
        from assay.store import write_tensors

        def write(folder: Path) -> None:
            # named_parameters names tied weights once, so the output layer is not stored twice.
            write_tensors(folder / "model.safetensors", dict(model.network.named_parameters()), {"format": "pt"})

        return Tuned(model, lesson.task, room, write)
