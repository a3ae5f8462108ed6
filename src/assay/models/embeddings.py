"""Sentence vectors: a sentence encoder's last layer, pooled as its folder says, scaled to length 1.

What a folder says  how token vectors become one (1_Pooling/config.json; without it their mean), how
                    much is read (sentence_bert_config.json, else the tokenizer's limit), what is
                    put before a question or a passage (config_sentence_transformers.json). These
                    are the files that sentence-transformers writes.
Precision           fp32. In bf16 entries of all-MiniLM-L6-v2's vectors are off by up to 1.5e-3
                    (cosine .99996), and near ranks change places. What was tried in between stands
                    in docs/design.md.
Source              Reimers and Gurevych (2019), Sentence-BERT, aclanthology.org/D19-1410; the
                    default, all-MiniLM-L6-v2, was trained with the mean and reads 256 tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel

from assay.core.corrupt_files import silent
from assay.core.errors import ModelError, Problem
from assay.core.store import read_json
from assay.core.types import Tell
from assay.models.device import device, quiet
from assay.models.inference.batch_plan import by_length
from assay.models.loading.opening import (
    open_network,
    open_tokenizer,
    require_known_tokens,
    require_size,
)

# Computed at once, padding included. Of 1,024 to 8,192 tokens the smaller batches are up to 17 %
# faster: what lies between two products stays in the processor's cache.
BATCH_TOKENS = 2048
TOLD = 256  # texts at least of which it is told how many are read
TEXTS = 4096  # tokenised and sorted together, so that memory does not grow with their number
# names of the prompt of a passage, as sentence-transformers tries them
DOCUMENT = ("document", "passage", "corpus")


@dataclass(frozen=True)
class EncoderConfig:
    """What an encoder's folder says of how it is used.

    Attributes:
        pooling: names in POOLS; vectors of several stand one after the other.
        limit: tokens of a text that are read, 0 for the tokenizer's own limit.
        question, passage: what is put before a text. whole: whether that is pooled too.
        lower: texts are read in lower case.
    """

    pooling: tuple[str, ...] = ("mean",)
    limit: int = 0
    question: str = ""
    passage: str = ""
    whole: bool = True
    lower: bool = False

    @classmethod
    def of(cls, folder: Path) -> EncoderConfig:
        reads = _read(folder / "sentence_bert_config.json")
        said = _read(folder / "config_sentence_transformers.json")
        prompts = said.get("prompts") or {}
        default = prompts.get(said.get("default_prompt_name") or "", "")
        pooled = _read(folder / _pooling_folder(folder) / "config.json")
        return cls(
            pooling=_pooling(pooled),
            limit=reads.get("max_seq_length") or 0,
            question=prompts.get("query") or default,
            passage=next((prompts[name] for name in DOCUMENT if prompts.get(name)), default),
            whole=pooled.get("include_prompt", True),
            lower=bool(reads.get("do_lower_case")),
        )


class Embedder:
    """texts -> float32 (texts, width), rows of length 1, whether or not the folder names a module
    for that."""

    def __init__(self, folder: Path):
        quiet()
        self.tokenizer = open_tokenizer(folder)
        require_size(AutoModel, folder)
        self.network = open_network(AutoModel, folder, heads=True, dtype=torch.float32)
        require_known_tokens(self.tokenizer, self.network, folder)
        self.network.to(device()).eval()
        self.encoder = EncoderConfig.of(folder)
        most = self.network.config.to_dict().get("max_position_embeddings") or 0
        self.limit = self.encoder.limit or min(
            self.tokenizer.model_max_length, most if most > 0 else 1 << 30
        )
        self.width = self.network.config.hidden_size * len(self.encoder.pooling)
        self.tell: Tell = silent  # gets how many of many texts are read
        # Open while token ids are read: a training puts there what its frozen layers have computed
        # of them before.
        self.below: Callable[[Sequence[Sequence[int]]], AbstractContextManager[None]] = (
            lambda rows: nullcontext()
        )

    def __call__(self, texts: Sequence[str], query: bool = False) -> np.ndarray:
        """
        Args:
            query: the texts are questions; some encoders are told so by a prompt.
        """
        out = np.zeros((len(texts), self.width), dtype=np.float32)
        for start in range(0, len(texts), TEXTS):
            some = texts[start : start + TEXTS]
            for share in self._embed(some, query, out[start : start + TEXTS]):
                done = start + int(share * len(some))
                told = {"event": "progress", "done": done, "total": len(texts)}
                if len(texts) >= TOLD:
                    self.tell({**told, "unit": "embedding"})
        return out

    def tokens(self, texts: Sequence[str]) -> int:
        """How many tokens it reads of texts, as passages."""
        asked = [self.encoder.passage + text for text in texts]
        rows = (
            self.tokenizer(asked, truncation=True, max_length=self.limit)["input_ids"]
            if asked
            else []
        )
        return sum(map(len, rows))

    @torch.inference_mode()
    def _embed(self, texts: Sequence[str], query: bool, out: np.ndarray) -> Iterator[float]:
        """Fill `out`; after each batch the share of all tokens that are read, for the longest come
        first."""
        rows, left = self.ids(texts, query), self.unread(query)
        lengths, read = [len(row) for row in rows], 0
        for batch in by_length(lengths, BATCH_TOKENS):
            out[batch] = self.embed_ids([rows[i] for i in batch], left).cpu().numpy()
            read += sum(lengths[i] for i in batch)
            yield read / sum(lengths)

    def ids(self, texts: Sequence[str], query: bool = False) -> list[list[int]]:
        """What the network reads of each text: its prompt before it, cut at the limit."""
        prompt = self.encoder.question if query else self.encoder.passage
        asked = [prompt + text for text in texts]
        if self.encoder.lower:
            asked = [text.lower() for text in asked]
        if not asked:
            return []
        return self.tokenizer(
            asked, truncation=True, max_length=self.limit, return_attention_mask=False
        )["input_ids"]

    def unread(self, query: bool = False) -> int:
        """How many first tokens of a text are its prompt and are not pooled."""
        prompt = self.encoder.question if query else self.encoder.passage
        return 0 if self.encoder.whole or not prompt else self._length(prompt)

    def embed_ids(self, rows: Sequence[Sequence[int]], left: int = 0) -> torch.Tensor:
        """(rows, width), of length 1, of token ids; at least one row. With gradients where these
        are asked for."""
        pad, longest = self.tokenizer.pad_token_id or 0, max(map(len, rows))
        place = self.network.device
        ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows], device=place)
        lengths = torch.tensor([[len(row)] for row in rows], device=place)
        column = torch.arange(longest, device=place)[None]
        with self.below(rows):
            hidden = self.network(
                input_ids=ids, attention_mask=(column < lengths).long()
            ).last_hidden_state
        taken = (column < lengths) & (column >= left)
        parts = [POOLS[name](hidden.float(), taken) for name in self.encoder.pooling]
        return torch.nn.functional.normalize(torch.cat(parts, -1), dim=-1)

    def _length(self, prompt: str) -> int:
        """Tokens of the prompt, without the one that ends a text."""
        ids = self.tokenizer(prompt)["input_ids"]
        return len(ids) - (ids[-1] in self.tokenizer.all_special_ids)


# --- pooling --------------------------------------------------------------------------------------

# (token vectors (texts, tokens, width), bool (texts, tokens) which of them count; at least one) ->
# (texts, width)
Pool = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def mean(hidden: torch.Tensor, taken: torch.Tensor) -> torch.Tensor:
    weight = taken[..., None].to(hidden.dtype)
    return (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)


def mean_by_root(hidden: torch.Tensor, taken: torch.Tensor) -> torch.Tensor:
    """The sum over the root of the number. At length 1 it is the mean."""
    return mean(hidden, taken) * taken.sum(1, keepdim=True).sqrt()


def position_weighted_mean(hidden: torch.Tensor, taken: torch.Tensor) -> torch.Tensor:
    """Later tokens count more: token n counts n times."""
    place = torch.arange(1, hidden.shape[1] + 1, device=hidden.device, dtype=hidden.dtype)
    weight = (taken * place)[..., None]
    return (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)


def largest(hidden: torch.Tensor, taken: torch.Tensor) -> torch.Tensor:
    return hidden.masked_fill(~taken[..., None], -torch.inf).amax(1)


def first(hidden: torch.Tensor, taken: torch.Tensor) -> torch.Tensor:
    return hidden[torch.arange(len(hidden), device=hidden.device), taken.long().argmax(1)]


def last(hidden: torch.Tensor, taken: torch.Tensor) -> torch.Tensor:
    return first(hidden.flip(1), taken.flip(1))


POOLS: dict[str, Pool] = {
    "cls": first,
    "max": largest,
    "mean": mean,
    "mean_sqrt_len_tokens": mean_by_root,
    "weightedmean": position_weighted_mean,
    "lasttoken": last,
}
# The names of older files, in the order in which several are put together.
OLDER = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


def _pooling(said: dict[str, Any]) -> tuple[str, ...]:
    """Raises:
    ModelError: M050, a way of pooling that is not known here.
    """
    named = said.get("pooling_mode") or tuple(name for key, name in OLDER.items() if said.get(key))
    names = (named,) if isinstance(named, str) else tuple(named)
    for name in names:
        if name not in POOLS:
            text = f"the encoder's token vectors are pooled by '{name}', which is not known here"
            raise ModelError(Problem("M050", text, help="one of: " + ", ".join(POOLS)))
    return names or ("mean",)


def _pooling_folder(folder: Path) -> str:
    modules = read_json(folder / "modules.json") if (folder / "modules.json").is_file() else []
    return next(
        (module["path"] for module in modules if module["type"].endswith(".Pooling")), "1_Pooling"
    )


def _read(file: Path) -> dict[str, Any]:
    return read_json(file) if file.is_file() else {}
