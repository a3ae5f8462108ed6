"""The ways of training: one file a method. Each says what it changes in the base; the loop is the
same for all."""

from assay.strategies.training.adalora import Adalora
from assay.strategies.training.adapters import Adapters
from assay.strategies.training.continued_pretraining import ContinuedPretraining
from assay.strategies.training.full import Full
from assay.strategies.training.head import Head
from assay.strategies.training.ia3 import Ia3
from assay.strategies.training.lora import Lora
from assay.strategies.training.miss import Miss
from assay.strategies.training.p_tuning import PTuning
from assay.strategies.training.policy_optimisation import PolicyOptimisation
from assay.strategies.training.preference import Preference
from assay.strategies.training.prefix import Prefix
from assay.strategies.training.prompt_tuning import PromptTuning
from assay.strategies.training.raft import Raft
from assay.strategies.training.reward import Reward
from assay.strategies.training.token_head import TokenHead

METHODS = (
    Lora,
    Adalora,
    Miss,
    Ia3,
    Adapters,
    Prefix,
    PromptTuning,
    PTuning,
    Head,
    TokenHead,
    Reward,
    Full,
    ContinuedPretraining,
    Preference,
    PolicyOptimisation,
    Raft,
)

__all__ = [
    "METHODS",
    "Adalora",
    "Adapters",
    "ContinuedPretraining",
    "Full",
    "Head",
    "Ia3",
    "Lora",
    "Miss",
    "PTuning",
    "PolicyOptimisation",
    "Preference",
    "Prefix",
    "PromptTuning",
    "Raft",
    "Reward",
    "TokenHead",
]
