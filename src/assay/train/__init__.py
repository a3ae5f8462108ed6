"""Adapting by training: one loop, many objectives."""

from assay.train.methods import Full, Lora

__all__ = ["Full", "Lora"]
