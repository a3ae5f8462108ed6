"""Training rows under several instructions that say the same, so that a model follows the task in
other words than those it was trained with.

Source     templates: Wei et al. (2022), FLAN, arxiv.org/abs/2109.01652; Sanh et al. (2022),
           T0, arxiv.org/abs/2110.08207
Watch out  rows under different instructions share less of their prompt, so token trees save less
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from assay.core.sampling import hash_rank
from assay.core.types import Example, Task

if TYPE_CHECKING:
    from assay.models.tokenizer.chat_tokens import Chat, Encoded

    Encode = Callable[[Chat, Task, Sequence[Example]], list[Encoded]]


def vary_instructions(encode: Encode, instructions: Sequence[str], seed: int) -> Encode:
    """`encode`, each row under the task's own instruction or one of these. Which, is drawn from the
    seed and the row; all are as likely."""

    def encode_each(chat: Chat, task: Task, examples: Sequence[Example]) -> list[Encoded]:
        said = (task, *(task.model_copy(update={"instruction": one}) for one in instructions))
        drawn = [int(hash_rank(seed, "words", row.id), 16) % len(said) for row in examples]
        found = {}
        for number in {*drawn}:
            rows = [row for row, own in zip(examples, drawn, strict=True) if own == number]
            found[number] = iter(encode(chat, said[number], rows))
        return [next(found[number]) for number in drawn]

    return encode_each if instructions else encode
