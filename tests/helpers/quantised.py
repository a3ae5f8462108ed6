"""Codings of quantised layers, and their weights by bitsandbytes itself."""

import pytest

bitsandbytes = pytest.importorskip("bitsandbytes")

CODINGS = [
    {"quant": "nf4"},
    {"quant": "nf4", "double": True},
    {"quant": "fp4"},
    {"quant": "fp4", "double": True},
]
SETTINGS = [{"bits": 4, **coding} for coding in CODINGS] + [{"bits": 8}]


def layers_of(network):
    kinds = (bitsandbytes.nn.Linear4bit, bitsandbytes.nn.Linear8bitLt)
    return {name: part for name, part in network.named_modules() if isinstance(part, kinds)}


def plain(layer):
    """The weight of a quantised layer by bitsandbytes itself."""
    weight = layer.weight
    if isinstance(layer, bitsandbytes.nn.Linear4bit):
        return bitsandbytes.functional.dequantize_4bit(weight.data, weight.quant_state)
    scale = weight.SCB if weight.SCB is not None else layer.state.SCB
    return bitsandbytes.functional.int8_vectorwise_dequant(weight.data, scale)
