"""How well a fitted arm still predicts plain text: perplexity on a fixed slice of wikitext2. Prints
one JSON line.

perplexity.py TEXT MODEL                 of the base model
perplexity.py TEXT PROJECT-FOLDER ARM    of an arm, as it is asked: adapters, prefixes and merged
                                         weights in place
"""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import DynamicCache

WINDOW, WINDOWS = 512, 16  # tokens; the first of the text


def main(text: Path, where: str, arm: str = "") -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if arm:
        from assay import load

        model: Any = load(where, arm, offline=True).adapted.model
    else:
        from assay.models.open import open_model

        model = open_model(where, offline=True)
    print(json.dumps({"perplexity": perplexity(model, text.read_text())}), file=out, flush=True)


@torch.inference_mode()
def perplexity(model: Any, text: str) -> float:
    """exp of the mean cross-entropy of each token but the first of every window, given those before
    it there."""
    model.network.eval()
    ids = torch.tensor(model.chat.text_ids(text)[: WINDOW * WINDOWS])
    total = count = 0.0
    for window in ids.split(WINDOW):
        cache = model.soft() if model.soft else DynamicCache(config=model.network.config)
        states = model.body(input_ids=window[None], cache=cache, use_cache=True).last_hidden_state[
            0, :-1
        ]
        for start in range(0, len(states), 128):
            logits = model.logits(states[start : start + 128])
            targets = window[1 + start : 1 + start + len(logits)]
            total += float(torch.nn.functional.cross_entropy(logits, targets, reduction="sum"))
            count += len(targets)
    return math.exp(total / count)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
