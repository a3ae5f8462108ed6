"""Sentence vectors: the mean of a sentence encoder's last layer over the real tokens, scaled to length 1.

Source  Reimers and Gurevych (2019), Sentence-BERT, aclanthology.org/D19-1410; the default, all-MiniLM-L6-v2, was
        trained with this pooling and reads 256 tokens.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from assay.model.batches import by_length
from assay.model.machine import device, quiet

MAX_TOKENS = 256
BATCH_TOKENS = 8192


class Embedder:
    """texts -> float32 (texts, width), rows of length 1. Runs in fp32: it is small, and ranks must not tie."""

    def __init__(self, folder: Path):
        quiet()
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        self.network = AutoModel.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, trust_remote_code=False, use_safetensors=True
        )
        self.network.to(device()).eval()

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        out = np.zeros((len(texts), self.network.config.hidden_size), dtype=np.float32)
        if not texts:
            return out
        rows = self.tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS)["input_ids"]
        for batch in by_length([len(row) for row in rows], BATCH_TOKENS):
            padded = self.tokenizer.pad({"input_ids": [rows[i] for i in batch]}, return_tensors="pt").to(device())
            hidden = self.network(**padded).last_hidden_state
            weight = padded["attention_mask"][..., None].to(hidden.dtype)
            mean = (hidden * weight).sum(1) / weight.sum(1)
            out[batch] = torch.nn.functional.normalize(mean, dim=-1).cpu().numpy()
        return out
