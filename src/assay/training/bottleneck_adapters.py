"""Bottleneck adapters at the parts of the decoder layers.

In series     what a part gives goes through the bottleneck and is added to: h + s up(f(down(h)))
In parallel   what the feed-forward part is given goes through it, and is added to what that part
              gives
Start         `up` is zero, so that nothing is changed
Source        Houlsby et al. (2019), Parameter-Efficient Transfer Learning for NLP,
              arxiv.org/abs/1902.00751 (in series, after both parts); Pfeiffer et al. (2021),
              AdapterFusion, aclanthology.org/2021.eacl-main.39 (after the feed-forward part only);
              He et al. (2022), Towards a Unified View of Parameter-Efficient Transfer Learning,
              arxiv.org/abs/2110.04366 (in parallel, scaled)
"""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import nn

from assay.training.decoder_layers import decoder_layers
from assay.training.layer_parts import parts, unknown

Place = Literal["both", "feedforward", "parallel"]
NAME = "bottleneck"  # of the module inside the part it stands at
BENDS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


class Bottleneck(nn.Module):
    """(..., width) -> what is to be added, (..., width), in the type of its input. Its own weights
    are fp32."""

    def __init__(self, width: int, size: int, bend: str, scale: float):
        super().__init__()
        self.down = nn.Linear(width, size)
        self.bend = BENDS[bend]()
        self.up = nn.Linear(size, width)
        self.scale = scale
        nn.init.kaiming_uniform_(self.down.weight, a=math.sqrt(5))
        for zero in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(zero)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        narrow = self.bend(self.down(states.to(self.down.weight.dtype)))
        return (self.scale * self.up(narrow)).to(states.dtype)


def insert(
    network: Any, place: Place, size: int, bend: str, scale: float
) -> dict[str, nn.Parameter]:
    """Put a bottleneck at the parts of every decoder layer; returns their weights by name.

    Raises:
        TrainError: T030, a layer's parts cannot be told; or "parallel" where the feed-forward part
            is not one module.
    """
    width = network.config.get_text_config().hidden_size
    for name, layer in decoder_layers(network):
        attention, feedforward = parts(name, layer)
        if place == "parallel" and isinstance(feedforward, nn.Linear):
            raise unknown(
                name,
                layer,
                "its feed-forward part is not one module, so nothing can stand beside it: set"
                " place to both",
            )
        for part in (attention, feedforward) if place == "both" else (feedforward,):
            adapter = Bottleneck(width, size, bend, scale).to(next(part.parameters()).device)
            part.add_module(NAME, adapter)
            if place == "parallel":
                part.register_forward_hook(beside, with_kwargs=True)
            else:
                part.register_forward_hook(behind)
    return {name: weight for name, weight in network.named_parameters() if f".{NAME}." in name}


def behind(part: Any, args: tuple, output: Any) -> Any:
    """The part's output, changed; attention gives its states first, then its weights (GPT's in a
    list)."""
    if isinstance(output, tuple | list):
        return type(output)([output[0] + part.bottleneck(output[0]), *output[1:]])
    return output + part.bottleneck(output)


def beside(part: Any, args: tuple, given: dict[str, Any], output: Any) -> Any:
    """The part's output and what the bottleneck makes of its input."""
    added = part.bottleneck(args[0] if args else given["hidden_states"])
    return (output[0] + added, *output[1:]) if isinstance(output, tuple) else output + added
