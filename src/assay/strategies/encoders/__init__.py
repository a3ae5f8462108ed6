"""Encoders trained to answer: `setfit` tunes vectors by contrast, `encoder` trains a head and what
is below."""

from assay.strategies.encoders.encoder import EncoderHead
from assay.strategies.encoders.setfit import SetFit

ENCODERS = (SetFit, EncoderHead)

__all__ = ["ENCODERS", "EncoderHead", "SetFit"]
