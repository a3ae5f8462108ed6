"""The beginning that the prompts of a run share: computed once, and lent to every batch.

How       A batch's cache holds its own tokens alone. Attention is computed in two parts, to the
          beginning, whose keys and values stand in memory once for all rows and are one product for
          them, and to the own tokens; the parts are put together by their log-sums. Where a model's
          attention does not come here, or looks back over a window, the rows get copies of the
          beginning.
Kept      by the model that computed it, from one call to the next: prefix_cache.py
Source    Juravsky et al. (2024), Hydragen, arxiv.org/abs/2402.05099
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from assay.models.inference.shared_prefix_attention import look


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
        mask: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        """Query (rows, heads, tokens, width) to the beginning and to own keys (rows, kv heads,
        keys, width), `mask` (rows, 1, tokens, keys) being added to the scores of these: (rows,
        tokens, heads, width)."""
        self.calls += 1
        (n, heads, q, width), kv = query.shape, key.shape[1]
        place: Any = module.layer_idx
        layer: Any = self.cache.layers[place]
        grouped = query.reshape(n, kv, heads // kv * q, width)
        flat = grouped.transpose(0, 1).reshape(1, kv, -1, width)
        far, above = look(flat, layer.keys, layer.values, scale, None)
        near, total = look(
            grouped, key, value, scale, None, mask.to(query.dtype).repeat(1, 1, heads // kv, 1)
        )
        far = far.view(kv, n, -1, value.shape[-1]).transpose(0, 1)
        above = above.view(kv, n, -1).transpose(0, 1)
        share = torch.sigmoid(above - total)[..., None].to(near.dtype)
        return torch.lerp(near, far, share).view(n, heads, q, -1).transpose(1, 2)


def mask_unseen(sees: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """0 where `sees`, minus infinity elsewhere."""
    return torch.zeros(sees.shape, dtype=dtype, device=sees.device).masked_fill_(~sees, -torch.inf)
