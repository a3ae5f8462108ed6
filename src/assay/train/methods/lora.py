"""Train two small matrices beside every linear layer; the base stays as it is.

What it is for   a specialist for the price of a few megabytes
Costs            memory of the base in its own precision; about two thirds of full fine-tuning's time
Source           Hu et al. (2021), LoRA: Low-Rank Adaptation of Large Language Models, arxiv.org/abs/2106.09685
Good when        hundreds to tens of thousands of rows; several specialists on one base
Watch out        the learning rate is ten or more times that of full fine-tuning
Defaults from    rank 16, alpha 2 x rank, all linear layers: Dettmers et al. (2023), arxiv.org/abs/2305.14314; 1e-3 was
                 the best rate on a base of 135 million parameters; take 2e-4 for a billion and more
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from assay.nouns import Lesson
from assay.train.settings import Change, Trained

if TYPE_CHECKING:
    from assay.model.chat_model import ChatModel


# Adapters are injected in place here; `PeftModel.from_pretrained` looks for them inside the two models it wraps.
OUTSIDE = "base_model.model."


class Lora(Trained):
    kind: Literal["lora"] = "lora"
    rank: int = Field(default=16, ge=1, le=512)
    alpha: float = Field(default=0.0, ge=0, le=4096)  # 0: twice the rank
    dropout: float = Field(default=0.0, ge=0, lt=1)

    def change(self, model: ChatModel, lesson: Lesson) -> Change:
        """The base with fresh adapters injected in place, in fp32."""
        from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model, set_peft_model_state_dict
        from safetensors.torch import load_file

        from assay.store import write_json, write_tensors

        config = LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha or 2 * self.rank,  # type: ignore[arg-type]
            lora_dropout=self.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
            base_model_name_or_path=model.name,
        )
        network = inject_adapter_in_model(config, model.network)
        trained = {name: parameter for name, parameter in network.named_parameters() if "lora_" in name}
        for parameter in trained.values():
            parameter.data = parameter.data.float()
            parameter.requires_grad_(True)

        def write(folder: Path) -> None:
            # "auto" would ask the hub whether the vocabulary has grown.
            state = get_peft_model_state_dict(network, save_embedding_layers=False)
            named = {OUTSIDE + name: tensor for name, tensor in state.items()}
            write_tensors(folder / "adapter_model.safetensors", named, {"format": "pt"})
            saved = {key: sorted(v) if isinstance(v, set) else v for key, v in config.to_dict().items()}
            write_json(folder / "adapter_config.json", saved)

        def read(folder: Path) -> None:
            tensors = load_file(folder / "adapter_model.safetensors")
            set_peft_model_state_dict(network, {name.removeprefix(OUTSIDE): t for name, t in tensors.items()})

        return Change(trained, write, read)
