"""The ways of training: one file a method. Each says what it changes in the base; the loop is the
same for all."""

from assay.train.methods.adalora import Adalora
from assay.train.methods.adapters import Adapters
from assay.train.methods.full import Full
from assay.train.methods.head import Head
from assay.train.methods.ia3 import Ia3
from assay.train.methods.lora import Lora
from assay.train.methods.miss import Miss
from assay.train.methods.p_tuning import PTuning
from assay.train.methods.prefix import Prefix
from assay.train.methods.prompt_tuning import PromptTuning
from assay.train.methods.token_head import TokenHead

METHODS = (Lora, Adalora, Miss, Ia3, Adapters, Prefix, PromptTuning, PTuning, Head, TokenHead, Full)

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
    "TokenHead",
]
