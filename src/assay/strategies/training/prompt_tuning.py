"""Train the embeddings of a few virtual tokens that stand before every prompt; the base stays as it
is.

What it is for   the smallest part that can be trained: tokens x width numbers (SmolLM2-135M:
                 11,520)
Costs            memory of the base and the activations; the virtual tokens are computed once a
                 forward pass
Source           Lester et al. (2021), The Power of Scale for Parameter-Efficient Prompt Tuning,
                 aclanthology.org/2021.emnlp-main.243
Good when        very many specialists on one base are served together
Watch out        on small bases it stays behind LoRA, and it takes many epochs at a high rate
Defaults from    20 tokens, past which the paper finds little gain, begun from real words and labels
                 (section 3.2); 3e-2 and 10 epochs: the paper has 30,000 steps at 0.3 with Adafactor
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from assay.core.types import Lesson
from assay.strategies.training.fine_tuning import ADDS, FineTuning
from assay.training.settings import NetworkChange

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel


class PromptTuning(FineTuning):
    kind: Literal["prompt_tuning"] = "prompt_tuning"
    unmergeable = ADDS
    peft = True
    tokens: int = Field(default=20, ge=1, le=1000)  # virtual
    # from the instruction and the labels, or from random words
    start: Literal["text", "vocabulary"] = "text"
    learning_rate: float = Field(default=3e-2, gt=0, lt=1)
    epochs: int = Field(default=10, ge=1, le=1000)
    patience: int = Field(default=3, ge=1)
    # Computing activations again would add the virtual tokens to the cache a second time.
    checkpointing: Literal[False] = False

    def change(self, model: ChatModel, lesson: Lesson) -> NetworkChange:
        import torch
        from peft import PromptTuningConfig

        from assay.training.soft_prompts import (
            Virtual,
            need_room,
            prompt_cache,
            soft_change,
            start_embeddings,
        )

        need_room(model, self.tokens)
        embeddings = torch.nn.Parameter(
            start_embeddings(model, self.start, lesson.task, self.tokens)
        )
        config = PromptTuningConfig(
            task_type="CAUSAL_LM",
            num_virtual_tokens=self.tokens,
            token_dim=embeddings.shape[1],
            num_transformer_submodules=1,
        )
        virtual = Virtual(model.network, lambda: embeddings, prompt_cache, config)
        return soft_change(model, virtual, {"soft.embeddings": embeddings})
