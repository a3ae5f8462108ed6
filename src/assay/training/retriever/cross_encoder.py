"""A network that reads a question and a passage together and gives one number: how well the passage
answers it.

From a sentence encoder  its layers read both texts at once; the score is `scale` times the cosine
                         of the mean state of the question's tokens with that of the passage's
                         tokens, plus a layer over both means, their difference and their product,
                         which begins at zero: before the first step it ranks somewhat like the
                         encoder does, and what training adds is what the two texts say of each
                         other
Ready cross-encoder      a classifier with one output, as it comes
Source                   Nogueira and Cho (2019), arxiv.org/abs/1901.04085; features of two
                         sentences: Reimers and Gurevych (2019), aclanthology.org/D19-1410
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, AutoModelForSequenceClassification

from assay.core.errors import ModelError, Problem
from assay.core.store import read_json
from assay.models.device import device, quiet
from assay.models.inference.batch_plan import by_length
from assay.models.loading.opening import open_network, open_tokenizer

SCALE = 10.0  # of the cosine, at the start


def is_ready(folder: Path) -> bool:
    """Whether a model folder holds a classifier, of which a cross-encoder is the kind with one
    output."""
    named = read_json(folder / "config.json").get("architectures") or []
    return any(str(name).endswith("ForSequenceClassification") for name in named)


class Joint(torch.nn.Module):
    """`forward(padded, first, second)` -> fp32 scores (rows,). `first`, `second`: bool (rows,
    columns), the tokens of the question and of the passage."""

    def __init__(self, folder: Path):
        """
        Raises:
            ModelError: M096, a classifier with more than one output.
        """
        super().__init__()
        quiet()
        self.ready = is_ready(folder)
        kind = AutoModelForSequenceClassification if self.ready else AutoModel
        self.body: Any = open_network(kind, folder, heads=not self.ready, dtype=torch.float32)
        if self.ready:
            outputs = self.body.config.num_labels
            if outputs != 1:
                text = f"is a classifier with {outputs} outputs; a cross-encoder has one"
                raise ModelError(
                    Problem(
                        "M096", text, str(folder), help="choose a reranker, or a sentence encoder"
                    )
                )
        else:
            width = self.body.config.hidden_size
            self.head = torch.nn.Linear(4 * width, 1)
            torch.nn.init.zeros_(self.head.weight)
            torch.nn.init.zeros_(self.head.bias)
            self.scale = torch.nn.Parameter(torch.tensor(SCALE))
            for name, weight in self.body.named_parameters():
                weight.requires_grad_(not name.startswith("pooler."))  # it is not read
        self.to(device())

    def forward(
        self, padded: dict[str, torch.Tensor], first: torch.Tensor, second: torch.Tensor
    ) -> torch.Tensor:
        if self.ready:
            return self.body(**padded).logits[:, 0].float()
        hidden = self.body(**padded).last_hidden_state.float()
        asked, told = _mean(hidden, first), _mean(hidden, second)
        cosine = torch.nn.functional.cosine_similarity(asked, told, dim=-1)
        seen = torch.cat([asked, told, (asked - told).abs(), asked * told], dim=-1)
        return self.scale * cosine + self.head(seen)[:, 0]


def _mean(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    weight = mask[..., None].to(hidden.dtype)
    return (hidden * weight).sum(1) / weight.sum(1).clamp(min=1)


class PairScorer:
    """Pairs of texts -> scores, in batches of like length.

    Args:
        max_length: tokens of both texts together; the longer of the two is cut. bf16: products in
            bf16.
    """

    def __init__(self, folder: Path, network: Joint, max_length: int, bf16: bool):
        self.tokenizer = open_tokenizer(folder)
        self.network = network
        self.length = min(max_length, network.body.config.max_position_embeddings)
        self.types = "token_type_ids" in self.tokenizer.model_input_names
        self.bf16 = bf16

    def parts(self, pairs: Sequence[tuple[str, str]], budget: int) -> list[tuple[list[int], Any]]:
        """(numbers of the pairs, what the network reads) of what is computed together: at most
        `budget` tokens."""
        read = self.tokenizer(
            [question for question, _ in pairs],
            [passage for _, passage in pairs],
            truncation="longest_first",
            max_length=self.length,
            return_token_type_ids=True,
        )
        rows = [
            (read["input_ids"][i], read["token_type_ids"][i], read.sequence_ids(i))
            for i in range(len(pairs))
        ]
        numbers = by_length([len(ids) for ids, _, _ in rows], budget)
        return [(part, self._pad_pairs([rows[i] for i in part])) for part in numbers]

    def _pad_pairs(self, rows: Sequence[tuple[list[int], list[int], list[int | None]]]) -> Any:
        width = max(len(ids) for ids, _, _ in rows)
        place = device()

        def pad_rows(values: list[list[int]], pad: int = 0) -> torch.Tensor:
            return torch.tensor([row + [pad] * (width - len(row)) for row in values], device=place)

        padded = {
            "input_ids": pad_rows([ids for ids, _, _ in rows], self.tokenizer.pad_token_id),
            "attention_mask": pad_rows([[1] * len(ids) for ids, _, _ in rows]),
        }
        if self.types:
            padded["token_type_ids"] = pad_rows([types for _, types, _ in rows])
        first, second = (
            pad_rows([[int(s == n) for s in which] for _, _, which in rows]).bool() for n in (0, 1)
        )
        return padded, first, second

    def forward(self, inputs: Any) -> torch.Tensor:
        """fp32 scores, shape (rows,)."""
        with torch.autocast(device().type, torch.bfloat16, enabled=self.bf16):
            return self.network(*inputs)
