"""What attention of rows at work is made of: slots for own keys and values, attention over one set
of keys, and the joining of two.

How      Every query meets the beginning that rows share in one product, then its own row's keys;
         the two are joined by their log-sums (`batch_pass` for rows that write, `shared_prefix` for
         padded ones). Own keys lie in slots that are made once, so that nothing is copied when a
         row grows.
Costs    For SmolLM2-135M a token of a row is 23 kB; 1,000 shared tokens are 23 MB, whatever the
         number of rows.
Source   Juravsky et al. (2024), Hydragen: High-Throughput LLM Inference with Shared Prefixes,
         arxiv.org/abs/2402.05099; the joining: Dao et al. (2022), FlashAttention,
         arxiv.org/abs/2205.14135
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import DynamicCache

from assay.models.inference.attention_mask import QueryBlock

FLASH = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
# keys and values of each layer, (rows, kv heads, tokens, width) twice
Layers = list[tuple[torch.Tensor, torch.Tensor]]


def layer_key_values(cache: DynamicCache | None) -> Layers:
    """Of each layer; none where there is no cache."""
    layers: list[Any] = [] if cache is None else cache.layers
    return [(layer.keys, layer.values) for layer in layers]


def full_cache(cache: DynamicCache) -> DynamicCache:
    """The same keys and values in a cache that forgets none of those that come."""
    wide = DynamicCache()
    for layer, (keys, values) in enumerate(layer_key_values(cache)):
        wide.update(keys, values, layer)
    return wide


@dataclass
class Slots:
    """Keys and values of up to `rows` rows with up to `room` own tokens each."""

    rows: int
    room: int
    own: Layers = field(default_factory=list)

    def layer(
        self, number: int, key: torch.Tensor, value: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The layer's own keys and values; made when they are first asked for. Zeros: what is
        masked must be finite."""
        if number == len(self.own):
            shapes = [
                (self.rows, states.shape[1], self.room, states.shape[3]) for states in (key, value)
            ]
            self.own.append((key.new_zeros(shapes[0]), value.new_zeros(shapes[1])))
        return self.own[number]

    def move(self, sources: Sequence[int], targets: Sequence[int], length: int) -> None:
        """Copy the first `length` tokens of some rows over other rows."""
        for pair in self.own:
            for states in pair:
                states[list(targets), :, :length] = states[list(sources), :, :length]


def mask_hidden(hidden: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """What to add to scores: minus infinity where a key is hidden."""
    return torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill_(
        hidden, -torch.inf
    )


def look(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    scale: float,
    cap: float | None,
    mask: torch.Tensor | str | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention, and the log-sum of its exponentials.

    Args:
        query: (rows, heads, queries, width). key, value: (rows, heads, keys, width).
        cap: of the scores (Gemma 2), or None.
        mask: added to the scores, (rows or 1, 1, queries, keys); "before": each query sees the keys
            up to its own place; None: all of them.

    Returns:
        (rows, heads, queries, width), and (rows, heads, queries) in fp32.
    """
    before = isinstance(mask, str)
    over = None if isinstance(mask, str) else mask
    if query.device.type == "cpu" and cap is None and value.shape[-1] == query.shape[-1]:
        if over is not None:
            over = over.expand(query.shape[0], query.shape[1], -1, -1)
        return FLASH(query, key, value, 0.0, before, attn_mask=over, scale=scale)
    scores = (query @ key.transpose(2, 3)).float() * scale
    if cap is not None:
        scores = cap * torch.tanh(scores / cap)
    if before:
        ones = torch.ones(scores.shape[2:], dtype=torch.bool, device=scores.device)
        scores = scores.masked_fill(~ones.tril(), -torch.inf)
    elif over is not None:
        scores = scores + over
    total = torch.logsumexp(scores, -1)
    return (scores - total[..., None]).exp().to(value.dtype) @ value, total


def look_in_blocks(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    scale: float,
    blocks: Sequence[QueryBlock],
) -> tuple[torch.Tensor, torch.Tensor]:
    """As `look`, with fewer kv heads than heads: each block of queries looks at its own keys alone.

    Args:
        query: (rows, heads, queries, width). key, value: (rows, kv heads, keys, width).
    """
    (n, heads, count, width), kv = query.shape, key.shape[1]
    groups = heads // kv
    grouped = query.reshape(n, kv, groups, count, width)
    out = query.new_empty(n, kv, groups, count, value.shape[-1])
    sums = torch.empty(n, kv, groups, count, dtype=torch.float32, device=query.device)
    for block in blocks:
        part = grouped[:, :, :, block.queries]
        mask = mask_hidden(block.hidden, query.dtype).repeat(1, 1, groups, 1)
        found, total = look(
            part.reshape(n, kv, -1, width),
            key[:, :, block.keys],
            value[:, :, block.keys],
            scale,
            None,
            mask,
        )
        out[:, :, :, block.queries] = found.view(*part.shape[:-1], -1)
        sums[:, :, :, block.queries] = total.view(part.shape[:-1]).float()
    return out.flatten(1, 2), sums.flatten(1, 2)


def merge_attention(
    out: torch.Tensor, sums: torch.Tensor, other: torch.Tensor, more: torch.Tensor
) -> torch.Tensor:
    """Attention over two sets of keys from that over each, (..., width), and their log-sums,
    (...)."""
    share = torch.sigmoid(sums - more.to(sums.dtype))[..., None]
    return torch.lerp(other.float(), out.float(), share).to(out.dtype)
