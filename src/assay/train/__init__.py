"""Adapting by training: one loop, many objectives. The methods are listed in
`assay.train.methods`."""

from assay.train.methods import METHODS, Full, Lora

__all__ = ["METHODS", "Full", "Lora"]
