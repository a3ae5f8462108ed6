"""The output layer as a model uses it: some multiply their logits by a constant or cap them."""

from __future__ import annotations

from typing import Any

import torch


def output(network: Any) -> tuple[torch.Tensor, torch.Tensor | None, float, float | None]:
    """The output layer: matrix, bias, what logits are multiplied by, and their cap."""
    layer, config = network.get_output_embeddings(), network.config
    scale, cap = 1.0, None
    named = config.to_dict()
    if named.get("logit_scale") is not None:  # Cohere
        scale = float(named["logit_scale"])
    if named.get("logits_scaling"):  # Granite
        scale = 1 / float(named["logits_scaling"])
    if named.get("lm_head_multiplier"):  # Falcon H1
        scale = float(named["lm_head_multiplier"])
    if named.get("dim_model_base"):  # MiniCPM 3
        scale = float(named["dim_model_base"]) / config.hidden_size
    if named.get("final_logit_softcapping"):  # Gemma 2
        cap = float(named["final_logit_softcapping"])
    return layer.weight, layer.bias, scale, cap


def scale_logits(logits: torch.Tensor, scale: float, cap: float | None) -> torch.Tensor:
    """Logits as the model gives them, from the layer's own values."""
    logits = logits if scale == 1.0 else logits * scale
    return logits if cap is None else torch.tanh(logits / cap) * cap
