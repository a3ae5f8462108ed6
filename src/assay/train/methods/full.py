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
from assay.train.settings import Change, Trained

if TYPE_CHECKING:
    from assay.model.chat_model import ChatModel


class Full(Trained):
    kind: Literal["full"] = "full"
    learning_rate: float = Field(default=3e-5, gt=0, lt=1)

    def change(self, model: ChatModel, lesson: Lesson) -> Change:
        from safetensors.torch import load_file

        from assay.store import write_tensors

        network = model.network
        network.requires_grad_(True)
        # named_parameters names tied weights once, so the output layer is not stored twice.
        trained = dict(network.named_parameters())

        def write(folder: Path) -> None:
            write_tensors(folder / "model.safetensors", trained, {"format": "pt"})

        def read(folder: Path) -> None:
            network.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
            network.tie_weights()

        return Change(trained, write, read)
