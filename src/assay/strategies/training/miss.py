"""Train one small matrix a layer that is added to every slice of the weight's columns.

What it is for   LoRA's use with half its numbers and one small product instead of two
Costs            `rank` x outputs numbers a layer (LoRA: rank x (inputs + outputs)); the base in its
                 own precision
Source           Kang and Yin (2024), MiSS: Revisiting the Trade-off in LoRA with an Efficient
                 Shard-Sharing Structure, arxiv.org/abs/2409.15371
Good when        files should be small and LoRA of the same size falls short
Watch out        each number counts in all slices, so its good rate is below LoRA's; there is no
                 alpha
Defaults from    rank 64: PEFT's, and its method comparison (Llama-3.2-3B, MetaMathQA, GSM8K
                 answered right: MiSS .509, LoRA rank 32 .482, VeRA .368, each at its listed rate);
                 3e-4: between the comparison's 1e-4 and 1e-3, which is best for lora on 135 million
                 parameters; not searched
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from assay.core.errors import Problem, TrainError
from assay.core.types import Lesson
from assay.strategies.training.fine_tuning import FineTuning
from assay.strategies.training.lora import Targets
from assay.training.settings import NetworkChange

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel


class Miss(FineTuning):
    kind: Literal["miss"] = "miss"
    mergeable = True
    peft = True
    rank: int = Field(default=64, ge=1, le=4096)  # columns of a slice
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: Targets = "all-linear"
    # only in the last so many decoder layers; 0: in all
    layers: int = Field(default=0, ge=0, le=1000)
    learning_rate: float = Field(default=3e-4, gt=0, lt=1)

    def change(self, model: ChatModel, lesson: Lesson) -> NetworkChange:
        """The base with fresh adapters injected in place, in fp32."""
        from peft import MissConfig

        from assay.training import peft_files
        from assay.training.target_modules import find_target_modules, is_transposed

        network = model.network
        names = find_target_modules(network, self.targets, self.layers)
        if is_transposed(network, names):
            text = (
                "miss adapts layers that keep their weights as (out, in); this model keeps them"
                " the other way round"
            )
            raise TrainError(Problem("T024", text, help="take lora"))
        narrow = min(names, key=lambda name: network.get_submodule(name).in_features)
        inputs = network.get_submodule(narrow).in_features
        if self.rank > inputs:
            text = f"miss with rank {self.rank}, but {narrow} has {inputs} inputs"
            raise TrainError(Problem("T023", text, "rank", help=f"set rank to {inputs} or less"))
        base, revision = peft_files.base_of(model)
        config = MissConfig(
            base_model_name_or_path=base,
            revision=revision,
            task_type="CAUSAL_LM",
            r=self.rank,
            miss_dropout=self.dropout,
            target_modules=names,
        )
        peft_files.inject(config, network)
        trained = peft_files.fresh(network, "miss_block")

        def write(folder: Path) -> None:
            peft_files.write(folder, config, trained)

        def read(folder: Path) -> None:
            peft_files.put(trained, peft_files.read(folder, trained))

        return NetworkChange(trained, write, read)
