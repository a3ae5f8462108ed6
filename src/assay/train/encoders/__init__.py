"""Encoders trained to answer: `setfit` tunes vectors by contrast, `encoder` trains a head and what
is below."""

from assay.train.encoders.encoder import EncoderHead
from assay.train.encoders.setfit import SetFit

ENCODERS = (SetFit, EncoderHead)

__all__ = ["ENCODERS", "EncoderHead", "SetFit"]
