"""Train one factor for each key, value and inner feed-forward feature; the base stays as it is.

What it is for   the smallest part that can be trained inside the layers (SmolLM2-135M: 57,600
                 numbers)
Costs            memory of the base and its activations; it can be merged into the base
Source           Liu et al. (2022), Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper
                 than In-Context Learning, arxiv.org/abs/2205.05638. The layers are PEFT's
Good when        few rows; very many specialists on one base
Watch out        it only weighs what the base computes: on tasks far from it, it stays behind LoRA
Defaults from    keys, values and the feed-forward part: the paper's, whose rate is 3e-3 at 3 and 11
                 billion parameters; PEFT's method comparison takes 5e-3 at 3 billion; a small base
                 takes more
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


class Ia3(FineTuning):
    kind: Literal["ia3"] = "ia3"
    mergeable = True
    peft = True
    learning_rate: float = Field(default=1e-2, gt=0, lt=1)

    def change(self, model: ChatModel, lesson: Lesson) -> NetworkChange:
        """The base with factors of 1 injected in place, in fp32."""
        from peft import IA3Config

        from assay.training import peft_files
        from assay.training.layer_parts import linear_ends
        from assay.training.target_modules import is_transposed

        makers, last = linear_ends(model.network)
        base, revision = peft_files.base_of(model)
        config = IA3Config(
            base_model_name_or_path=base,
            revision=revision,
            task_type="CAUSAL_LM",
            target_modules=[*makers, *last],
            feedforward_modules=last,
            fan_in_fan_out=is_transposed(model.network, last),
        )
        network = peft_files.inject(config, model.network)
        trained = peft_files.fresh(network, "ia3_")

        def write(folder: Path) -> None:
            peft_files.write(folder, config, trained)

        def read(folder: Path) -> None:
            peft_files.put(trained, peft_files.read(folder, trained))

        return NetworkChange(trained, write, read)
