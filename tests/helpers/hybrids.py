"""Tiny decoders with state-space layers, alone or beside attention, and their tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

WORDS = 480
COMMON: dict[str, Any] = {
    "vocab_size": WORDS,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
STATES = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8, "mamba_n_groups": 1}
HYBRIDS: dict[str, dict[str, Any]] = {
    "mamba2": {
        "num_heads": 8, "head_dim": 8, "state_size": 8, "n_groups": 1, "expand": 2,
    },
    "bamba": {**STATES, "attn_layer_indices": [1]},
    "falcon_h1": {**STATES, "mamba_d_ssm": 64, "head_dim": 8},
    "granitemoehybrid": {
        **STATES, "layer_types": ["mamba", "attention"], "num_local_experts": 2,
        "num_experts_per_tok": 1, "shared_intermediate_size": 48,
    },
    "zamba2": {
        "mamba_d_state": 8, "mamba_headdim": 8, "n_mamba_heads": 8, "mamba_ngroups": 1,
        "num_hidden_layers": 4, "num_mem_blocks": 1, "adapter_rank": 4,
        "layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"],
        "num_key_value_heads": 4, "chunk_size": 16,
    },
}  # fmt: skip


def build(folder: Path, kind: str, **more: Any) -> Path:
    """The model in `folder`, with weights that tell tokens apart."""
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(kind, **{**COMMON, **HYBRIDS.get(kind, {}), **more})
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if weight.ndim > 1 and not name.endswith("A_log"):
                weight.normal_(std=0.2)
    network.float().save_pretrained(folder)
    return folder
