"""All strategies, in the order in which `assay list strategies` shows them. A new one is one more name here."""

from assay.nouns import Strategy
from assay.prompt import Majority, Neighbours, Rag, Shots, Tfidf
from assay.train import METHODS

STRATEGIES: tuple[type[Strategy], ...] = (Majority, Tfidf, Neighbours, Shots, Rag, *METHODS)

# Names that people look for, as settings of a kind above.
PRESETS: dict[str, dict] = {
    "qlora": {"kind": "lora", "bits": 4},
    "dora": {"kind": "lora", "decompose": True},
}

# What a strategy must beat to be worth its cost: kinds that train no language model and ask none.
FLOORS = ("majority", "tfidf", "neighbours")
