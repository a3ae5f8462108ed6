"""Train a small bottleneck after each part of every layer; the base stays as it is.

What it is for   a specialist for some megabytes, by layers that are added and not by weights that
                 are changed
Costs            2 x size x width numbers a bottleneck (SmolLM2-135M at 64, both places: 4.5
                 million). It cannot be merged into the base, so it also runs with every answer
Source           Houlsby et al. (2019), Parameter-Efficient Transfer Learning for NLP,
                 arxiv.org/abs/1902.00751
Good when        what is to be added is not linear in what the layers compute
Watch out        PEFT has no such adapters: the files are of assay's own form
                 (docs/methods/adapters.md)
Defaults from    size 64 is the middle of the paper's 8, 64 and 256; 1e-3 lies between the larger
                 two of its rates, 3e-4 and 3e-3; scale 4 in parallel: He et al. (2022),
                 arxiv.org/abs/2110.04366
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from assay.core.types import Lesson
from assay.strategies.training.fine_tuning import FineTuning
from assay.training.settings import NetworkChange

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel


class Adapters(FineTuning):
    kind: Literal["adapters"] = "adapters"
    unmergeable = "its bottlenecks are not linear, so no weight can stand for them"
    size: int = Field(default=64, ge=1, le=4096)  # width of the bottleneck
    place: Literal["both", "feedforward", "parallel"] = (
        "both"  # after both parts, after or beside the feed-forward part
    )
    activation: Literal["relu", "gelu", "silu"] = "relu"
    scale: float = Field(default=0.0, ge=0, le=1000)  # 0: 1 in series, 4 in parallel
    learning_rate: float = Field(default=1e-3, gt=0, lt=1)

    def change(self, model: ChatModel, lesson: Lesson) -> NetworkChange:
        import torch
        from safetensors.torch import load_file

        from assay.core.store import write_json, write_tensors
        from assay.training.bottleneck_adapters import insert

        scale = self.scale or (4.0 if self.place == "parallel" else 1.0)
        trained = insert(model.network, self.place, self.size, self.activation, scale)
        form = {
            "size": self.size,
            "place": self.place,
            "activation": self.activation,
            "scale": scale,
        }

        def write(folder: Path) -> None:
            write_tensors(folder / "adapters.safetensors", trained, {"format": "pt"})
            write_json(folder / "adapters.json", {"format": 1, "base": model.name, **form})

        def read(folder: Path) -> None:
            tensors = load_file(folder / "adapters.safetensors")
            with torch.no_grad():
                for name, weight in trained.items():
                    weight.copy_(tensors[name])

        return NetworkChange(trained, write, read)
