"""A chat model that has learnt to choose among fixed answers, and is asked in the same way.

What it is for   a model trained with a loss over the label set: what it thinks of all other tokens was never learnt, so
                 its answers are told from each other alone
Watch out        what it generates freely says nothing
"""

from __future__ import annotations

import numpy as np
from transformers import DynamicCache

from assay.model.batches import Padded
from assay.model.chat_model import ChatModel
from assay.model.score import Trie


class Chooser(ChatModel):
    """`score` gives natural-log shares of the options: at each fork of their tokens, among those that can stand there.
    The shares add up to 1."""

    @classmethod
    def of(cls, model: ChatModel) -> Chooser:
        """The same network, asked in this way."""
        return cls(model.name, model.network, model.chat)

    def _score_rows(self, rows: Padded, prefix: DynamicCache | None, start: int, trie: Trie, near: float) -> np.ndarray:
        return super()._score_rows(rows, prefix, start, trie.alone, near)
