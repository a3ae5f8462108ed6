"""Adapting by training: one loop, many objectives."""

from assay.train.full import Full
from assay.train.lora import Lora

__all__ = ["Full", "Lora"]
