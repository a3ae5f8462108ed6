"""Train keys and values that stand before every prompt in each layer; the base stays as it is.

What it is for   virtual tokens with a say in every layer, not only in the first
Costs            layers x 2 x key width numbers a virtual token (SmolLM2-135M: 11,520); every token
                 attends to them
Source           Li and Liang (2021), Prefix-Tuning: Optimizing Continuous Prompts for Generation,
                 aclanthology.org/2021.acl-long.353
Good when        many specialists on one base are served together, and prompt_tuning is too weak
Watch out        on small bases it stays behind LoRA
Defaults from    a start from what the base keeps for real words: the paper's section 7.4. 20 tokens
                 and 1e-2: PEFT's example (examples/sequence_classification/prefix_tuning.ipynb).
                 Trained directly; the paper trains it through a network (`hidden`), for it starts
                 at random
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from assay.core.types import Lesson
from assay.strategies.training.fine_tuning import ADDS, FineTuning
from assay.training.settings import NetworkChange

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel


class Prefix(FineTuning):
    kind: Literal["prefix"] = "prefix"
    unmergeable = ADDS
    peft = True
    tokens: int = Field(default=20, ge=1, le=1000)  # virtual
    # from the instruction and the labels, or from random words
    start: Literal["text", "vocabulary"] = "text"
    # width of the network that makes the prefix; 0: trained directly
    hidden: int = Field(default=0, ge=0, le=16384)
    learning_rate: float = Field(default=1e-2, gt=0, lt=1)
    epochs: int = Field(default=10, ge=1, le=1000)
    patience: int = Field(default=3, ge=1)
    # Computing activations again would add the virtual tokens to the cache a second time.
    checkpointing: Literal[False] = False

    def change(self, model: ChatModel, lesson: Lesson) -> NetworkChange:
        """The prefix is its start plus what PEFT's encoder gives, which is 0 in the beginning."""
        import torch
        from peft import PrefixEncoder, PrefixTuningConfig

        from assay.training.soft_prompts import (
            Virtual,
            need_room,
            prefix_cache,
            prefix_embeddings,
            soft_change,
            soft_parameters,
            starting_tokens,
        )

        need_room(model, self.tokens)
        network = model.network
        vocabulary = len(network.get_input_embeddings().weight)
        ids = starting_tokens(self.start, model.chat, lesson.task, vocabulary, self.tokens)
        begin, heads = prefix_embeddings(network, ids)
        layers = network.config.get_text_config().num_hidden_layers
        width = begin.shape[1] // (2 * layers)
        config = PrefixTuningConfig(
            task_type="CAUSAL_LM",
            num_virtual_tokens=self.tokens,
            token_dim=width,
            num_transformer_submodules=1,
            num_attention_heads=heads,
            num_layers=layers,
            encoder_hidden_size=self.hidden or width,
            prefix_projection=self.hidden > 0,
            init_weights="zero",
        )
        encoder = PrefixEncoder(config).to(model.device)
        config.prefix_projection = False  # what is kept is the prefix itself
        places = torch.arange(self.tokens, device=model.device)
        virtual = Virtual(
            network,
            lambda: begin + encoder(places),
            lambda net, prefix: prefix_cache(net, prefix, heads),
            config,
        )
        return soft_change(model, virtual, soft_parameters(encoder))
