"""The arm and the export asked in one way, so that what differs is the export: greedy, and read as
the arm reads.

How   an arm that scores labels is made to write them: its model is put behind one that only writes.
      Prompt, room, stop texts and the reading of what is written stay the arm's own; forms are left
      out, for most runtimes know none
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from assay.core.errors import ModelError, Problem
from assay.core.types import GREEDY, Adapted, Decoding, Example, Generated, Message, Messages, Tell
from assay.deployment.export.formats.source import ExportedModel
from assay.strategies.compression.compressed_arm import Shrunk
from assay.strategies.prompting.prompted_arm import Prompted
from assay.strategies.retrieval.rag import RagAnswers


class Writes:
    """Implements `LanguageModel` over what only writes."""

    can_score = False

    def __init__(self, name: str, opened: ExportedModel, instead: Sequence[Messages] = ()):
        """Args:
        instead: what is sent in place of the prompts, in their order, to an export that makes the
        prompt itself.
        """
        self.name = name
        self._opened = opened
        self._instead = tuple(instead)

    def generate(
        self,
        prompts: Sequence[Messages],
        *,
        max_tokens: int,
        how: Decoding = GREEDY,
        tell: Tell | None = None,
    ) -> list[Generated]:
        if self._instead and len(prompts) != len(self._instead):
            raise ValueError(f"{len(self._instead)} questions have {len(prompts)} prompts")
        sent = [bare(prompt) for prompt in self._instead or prompts]
        greedy = Decoding(stop=how.stop)
        found = self._opened.generate(sent, max_tokens=max_tokens, how=greedy, tell=tell)
        return [replace(one, logprob=None) for one in found]

    def count_tokens(self, messages: Messages) -> int:
        return 0  # nobody asks: labels are not scored

    def score(
        self, prompts: Any, options: Any, *, left: float = 0.0, tell: Tell | None = None
    ) -> Any:
        raise NotImplementedError("it only writes")

    def stream(self, prompt: Messages, *, max_tokens: int, how: Decoding = GREEDY) -> Iterator[str]:
        raise NotImplementedError("it only writes whole answers")


def bare(prompt: Messages) -> Messages:
    """Without the white space around contents, which assay never sends."""
    return tuple(Message(message.role, message.content.strip()) for message in prompt)


def drop_weights(arm: Adapted) -> None:
    """Give the memory of the arm's model back: it makes prompts from now on, and answers nothing.
    What retrieves keeps it, for a model may word what is looked for."""
    from assay.models.inference.chat_model import ChatModel

    if isinstance(arm, Shrunk):
        drop_weights(arm.inner)
    elif isinstance(arm, Prompted) and isinstance(arm.model, ChatModel):
        arm.model.forget()
        for weight in arm.model.network.parameters():
            weight.data = weight.data.new_empty(0)


def decoding(
    arm: Adapted, opened: ExportedModel | None = None, questions: Sequence[Example] = ()
) -> Adapted:
    """The arm with answers that are written.

    Args:
        opened: what writes them; the arm's own model when None. questions: that it is handed in
            place of the prompts.

    Raises:
        ModelError: M100, the arm does not ask a model with prompts.
    """
    if isinstance(arm, RagAnswers):
        inner = decoding(arm.inner, opened, questions)
        return RagAnswers(arm.settings, arm.finder, inner, arm.least, written=arm.written)
    if isinstance(arm, Shrunk):
        return decoding(arm.inner, opened, questions)
    if isinstance(arm, Prompted):
        return arm.asking(
            Writes(arm.model.name, opened or arm.model, [one.messages for one in questions])
        )
    text = (
        "its answers are not what a model writes after one prompt, so there is nothing to compare"
    )
    raise ModelError(Problem("M100", text))
