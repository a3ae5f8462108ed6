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


@torch.inference_mode()
def token_log_probs(model: ChatModel, texts: Sequence[str], tell: Tell | None = None) -> list[np.ndarray]:
    """Natural-log probability of every token of each text after those before it, float64, shape (tokens,).

    The first token follows the one that texts begin with (or, where there is none, end with). A text without a token
    gives an empty array.
    """
    tokenizer = model.chat.tokenizer
    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    rows = [[begin, *model.chat.text_ids(text)[:MAX_TOKENS]] for text in texts]
    out = [np.zeros(0)] * len(rows)
    done = 0
    for batch in by_length([len(row) for row in rows], BATCH_TOKENS):
        width = max(len(rows[i]) for i in batch)
        # Padded on the right: no token sees what follows it, so the padding changes nothing.
        ids = torch.tensor([rows[i] + [begin] * (width - len(rows[i])) for i in batch], device=model.device)
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
