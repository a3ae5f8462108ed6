"""How likely a model finds texts, token by token: plain text, without a chat template, as it was pretrained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from assay.model.batches import by_length
from assay.model.chat_model import ChatModel
from assay.model.scoring import BATCH_TOKENS, LOGIT_ROWS
from assay.nouns import Tell

MAX_TOKENS = 512  # of a text; what follows is not read


def token_log_probs(model: ChatModel, texts: Sequence[str], tell: Tell | None = None) -> list[np.ndarray]:
    """Natural-log probability of every token of each text after those before it, float64, shape (tokens,); of its first
    `MAX_TOKENS`.

    The first token follows the one that texts begin with (or, where there is none, end with). A text without a token
    gives an empty array.
    """
    rows = [[_begin(model), *model.chat.text_ids(text)[:MAX_TOKENS]] for text in texts]
    return _log_probs(model, rows, tell)


def text_log_probs(model: ChatModel, texts: Sequence[str], tell: Tell | None = None) -> list[np.ndarray]:
    """As `token_log_probs`, of all tokens. A text longer than the model's window is read in windows; each but the first
    begins with the last token of the one before it, as training reads documents, so its first tokens know less."""
    step = model.chat.max_length - 1
    rows, owner = [], []
    for place, text in enumerate(texts):
        ids = [_begin(model), *model.chat.text_ids(text)]
        for start in range(0, max(1, len(ids) - 1), step):
            rows.append(ids[start : start + step + 1])
            owner.append(place)
    out: list[list[np.ndarray]] = [[] for _ in texts]
    for place, values in zip(owner, _log_probs(model, rows, tell), strict=True):
        out[place].append(values)
    return [np.concatenate(parts) if parts else np.zeros(0) for parts in out]


def _begin(model: ChatModel) -> int:
    tokenizer = model.chat.tokenizer
    return tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id


@torch.inference_mode()
def _log_probs(model: ChatModel, rows: Sequence[Sequence[int]], tell: Tell | None) -> list[np.ndarray]:
    """Of every token of each row but its first."""
    begin = _begin(model)
    out = [np.zeros(0)] * len(rows)
    done = 0
    for batch in by_length([len(row) for row in rows], BATCH_TOKENS):
        width = max(len(rows[i]) for i in batch)
        # Padded on the right: no token sees what follows it, so the padding changes nothing.
        ids = torch.tensor([[*rows[i], *[begin] * (width - len(rows[i]))] for i in batch], device=model.device)
        hidden = model.body(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
        states, wanted = hidden.reshape(-1, hidden.shape[-1]), ids[:, 1:].reshape(-1)
        parts = []
        for start in range(0, len(states), LOGIT_ROWS):
            logits = model.logits(states[start : start + LOGIT_ROWS])
            picked = logits.gather(1, wanted[start : start + LOGIT_ROWS, None])[:, 0]
            parts.append((picked - torch.logsumexp(logits, -1)).double().cpu())
        values = torch.cat(parts).reshape(len(batch), width - 1).numpy() if parts else np.zeros((len(batch), 0))
        for place, i in enumerate(batch):
            out[i] = values[place, : len(rows[i]) - 1].copy()
        done += len(batch)
        if tell:
            tell({"event": "progress", "done": done, "total": len(rows), "unit": "text"})
    return out
