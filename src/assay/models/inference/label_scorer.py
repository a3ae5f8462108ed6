"""A chat model that has learnt to choose among fixed answers, and is asked in the same way.

What it is for   a model trained with a loss over the label set: what it thinks of all other tokens
                 was never learnt, so its answers are told from each other alone
Watch out        what it generates freely says nothing
"""

from __future__ import annotations

from assay.models.inference.chat_model import ChatModel


class Chooser(ChatModel):
    """`score` gives natural-log shares of the options: at each fork of their tokens, among those
    that can stand there. The shares add up to 1."""

    closed = True

    @classmethod
    def of(cls, model: ChatModel) -> Chooser:
        """The same network, asked in this way."""
        return cls(model.name, model.network, model.chat, model.checks)
