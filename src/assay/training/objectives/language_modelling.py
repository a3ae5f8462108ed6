"""Learn every token of a text given what comes before it: continued pretraining on documents.

What it is for   a base that has not seen the domain's words; then a task is learnt on top
How              each document alone, in windows; a window begins with the last token of the one
                 before it, so that every token is learnt once. Documents do not see each other, and
                 are not padded: a tree holds several
Source           Gururangan et al. (2020), Don't Stop Pretraining,
                 aclanthology.org/2020.acl-main.740
"""

from collections.abc import Sequence
from typing import Any

from assay.core.types import Document
from assay.models.tokenizer.chat_tokens import Chat, Encoded
from assay.training.batch import TrainingBatch
from assay.training.objectives.completion import Loss


def language_modelling(network: Any, batch: TrainingBatch) -> Loss:
    """The sum over the learnt tokens of their cross-entropy in nats."""
    return Loss(batch.nll(network), batch.tokens)


def windows(chat: Chat, documents: Sequence[Document]) -> list[Encoded]:
    """The documents as sequences of at most `chat.max_length` tokens, in which all but the first
    token are learnt.

    A document begins with the tokenizer's beginning-of-text token (its end-of-text token where it
    has none) and ends with the end-of-text token. One without text gives no sequence.
    """
    tokenizer = chat.tokenizer
    begin = tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    out = []
    for document in documents:
        if not document.text.strip():
            continue
        ids = [begin, *chat.text_ids(document.text), tokenizer.eos_token_id]
        step = chat.max_length - 1
        for start in range(0, len(ids) - 1, step):
            part = ids[start : start + chat.max_length]
            out.append(Encoded(part, ((1, len(part)),)))
    return out
