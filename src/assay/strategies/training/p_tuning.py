"""Train virtual tokens before every prompt through a small network that makes their embeddings.

What it is for   prompt tuning in which the virtual tokens are learnt together; the base stays as it
                 is
Costs            as prompt_tuning; the small network (SmolLM2-135M: 1.0 million numbers) is trained
                 and not kept
Source           Liu et al. (2021), GPT Understands, Too, arxiv.org/abs/2103.10385
Good when        prompt_tuning learns too slowly
Watch out        on small bases it stays behind LoRA; it begins from random virtual tokens
Defaults from    20 tokens: PEFT's example (examples/sequence_classification/P_Tuning.ipynb), whose
                 rate of 1e-3 learns little here; 3e-3 is the best of four (benchmarks/methods.md).
                 `mlp` is PEFT's form of the encoder, three linear layers; the paper has a
                 bidirectional LSTM and two of them (`lstm`)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from assay.core.types import Lesson
from assay.strategies.training.fine_tuning import ADDS, FineTuning
from assay.training.settings import NetworkChange

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel


class PTuning(FineTuning):
    kind: Literal["p_tuning"] = "p_tuning"
    VERSION = 6  # learning_rate
    unmergeable = ADDS
    peft = True
    tokens: int = Field(default=20, ge=1, le=1000)  # virtual
    encoder: Literal["mlp", "lstm"] = "mlp"
    hidden: int = Field(default=0, ge=0, le=16384)  # width inside the encoder; 0: that of the model
    learning_rate: float = Field(default=3e-3, gt=0, lt=1)
    epochs: int = Field(default=10, ge=1, le=1000)
    patience: int = Field(default=3, ge=1)
    # Computing activations again would add the virtual tokens to the cache a second time.
    checkpointing: Literal[False] = False

    def change(self, model: ChatModel, lesson: Lesson) -> NetworkChange:
        import torch
        from peft import PromptEncoder, PromptEncoderConfig

        from assay.training.soft_prompts import (
            Virtual,
            need_room,
            prompt_cache,
            soft_change,
            soft_parameters,
        )

        need_room(model, self.tokens)
        width = model.network.get_input_embeddings().weight.shape[1]
        config = PromptEncoderConfig(
            task_type="CAUSAL_LM",
            num_virtual_tokens=self.tokens,
            token_dim=width,
            num_transformer_submodules=1,
            encoder_reparameterization_type=self.encoder.upper(),
            encoder_hidden_size=self.hidden or width,
        )
        encoder = PromptEncoder(config).to(model.device)
        places = torch.arange(self.tokens, device=model.device)[None]
        virtual = Virtual(model.network, lambda: encoder(places)[0], prompt_cache, config)
        return soft_change(model, virtual, soft_parameters(encoder))
