"""The ways of training: one file a method. Each says what it changes in the base; the loop is the same for all."""

from assay.train.methods.full import Full
from assay.train.methods.lora import Lora

__all__ = ["Full", "Lora"]
