"""All strategies, in the order in which `assay list strategies` shows them. A new one is one more name here."""

from assay.nouns import Strategy
from assay.prompt import Majority, Neighbours, Rag, Shots, Tfidf
from assay.train import Full, Lora

STRATEGIES: tuple[type[Strategy], ...] = (Majority, Tfidf, Neighbours, Shots, Rag, Lora, Full)

# Names that people look for, as settings of a kind above.
PRESETS: dict[str, dict] = {}

# What a strategy must beat to be worth its cost: kinds that train no language model and ask none.
FLOORS = ("majority", "tfidf", "neighbours")
