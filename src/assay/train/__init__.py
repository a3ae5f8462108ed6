"""Adapting by training: one loop, many objectives."""

from assay.train.methods import (
    METHODS,
    Adalora,
    Adapters,
    Full,
    Head,
    Ia3,
    Lora,
    Miss,
    Prefix,
    PromptTuning,
    PTuning,
)

__all__ = [
    "METHODS",
    "Adalora",
    "Adapters",
    "Full",
    "Head",
    "Ia3",
    "Lora",
    "Miss",
    "PTuning",
    "Prefix",
    "PromptTuning",
]
