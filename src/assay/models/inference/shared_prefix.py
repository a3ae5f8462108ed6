"""The beginning that the prompts of a run share: computed once, and lent to every batch.

How       A batch's cache holds its own tokens alone. Attention is computed in two parts, to the
          beginning, whose keys and values stand in memory once for all rows and are one product for
          them, and to the own tokens; the parts are put together by their log-sums. Where a model's
          attention does not come here, or looks back over a window, the rows get copies of the
          beginning. Rows that write read a `PrefixView` of it (batch_pass.py).
Kept      by the model that computed it, from one call to the next: recent_prefixes.py
Source    Juravsky et al. (2024), Hydragen, arxiv.org/abs/2402.05099
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from assay.models.inference.attention_mask import QueryBlock
from assay.models.inference.shared_prefix_attention import (
    Layers,
    layer_key_values,
    look,
    look_in_blocks,
)


@dataclass(eq=False)
class Beginning:
    """Keys and values of the first tokens of every row.

    Attributes:
        cache: of one row. tokens: how many it holds.
        lent: rows look at it where it stands; else they get copies.
    """

    cache: DynamicCache
    lent: bool = False
    calls: int = 0  # of the attention function

    @property
    def tokens(self) -> int:
        return self.cache.get_seq_length()

    def attend(
        self,
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        mask: torch.Tensor | Sequence[QueryBlock],
        scale: float,
    ) -> torch.Tensor:
        """Query (rows, heads, tokens, width) to the beginning and to own keys (rows, kv heads,
        keys, width), `mask` (rows, 1, tokens, keys) being added to the scores of these, or what is
        seen of them block by block: (rows, tokens, heads, width)."""
        self.calls += 1
        (n, heads, q, width), kv = query.shape, key.shape[1]
        place: Any = module.layer_idx
        layer: Any = self.cache.layers[place]
        grouped = query.reshape(n, kv, heads // kv * q, width)
        flat = grouped.transpose(0, 1).reshape(1, kv, -1, width)
        far, above = look(flat, layer.keys, layer.values, scale, None)
        if isinstance(mask, torch.Tensor):
            repeated = mask.to(query.dtype).repeat(1, 1, heads // kv, 1)
            near, total = look(grouped, key, value, scale, None, repeated)
        else:
            near, total = look_in_blocks(query, key, value, scale, mask)
            near, total = near.reshape(n, kv, -1, value.shape[-1]), total.reshape(n, kv, -1)
        far = far.view(kv, n, -1, value.shape[-1]).transpose(0, 1)
        above = above.view(kv, n, -1).transpose(0, 1)
        share = torch.sigmoid(above - total)[..., None].to(near.dtype)
        out = torch.lerp(near, far, share).view(n, heads, q, -1)
        return out.transpose(1, 2).contiguous()


@dataclass(eq=False)
class PrefixStates:
    """One beginning, as rows at work read it.

    Attributes:
        ids: its tokens. layers: keys and values, (1, kv heads, trained + tokens, width) twice a
            layer.
        trained: keys and values without a token that stand first: those of trained prefixes and
            prompts.
    """

    ids: np.ndarray
    layers: Layers
    trained: int = 0

    @property
    def bytes(self) -> int:
        return sum(part.numel() * part.element_size() for pair in self.layers for part in pair)


@dataclass(frozen=True)
class PrefixView:
    """The first `tokens` tokens of a beginning. Equal ones are read together."""

    kept: PrefixStates
    tokens: int

    @classmethod
    def of(cls, cache: DynamicCache, ids: Sequence[int], dtype: torch.dtype) -> PrefixView:
        """All of a cache; what it holds before the states of `ids` is trained."""
        layers = [(keys.to(dtype), values.to(dtype)) for keys, values in layer_key_values(cache)]
        trained = cache.get_seq_length() - len(ids)
        return cls(PrefixStates(np.asarray(ids, dtype=np.int64), layers, trained), len(ids))

    @property
    def columns(self) -> int:
        return self.kept.trained + self.tokens

    def layer(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        keys, values = self.kept.layers[number]
        return keys[:, :, : self.columns], values[:, :, : self.columns]
