"""Attention of rows at work that share one beginning: its keys and values exist once and are lent
to every row.

How      A pass computes one line of tokens, of rows that write (one token each) and of rows that
         enter (all of theirs). Every query meets the shared beginning in one product; then its own
         row's keys; the two are joined by their log-sums. Own keys lie in slots that are made once,
         so that nothing is copied when a row grows.
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

FLASH = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu


def layer_key_values(cache: DynamicCache | None) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Keys and values of each layer, (rows, kv heads, tokens, width)."""
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
    """Keys and values of up to `rows` rows with up to `room` own tokens each, and of the beginning
    they share."""

    rows: int
    room: int
    # a layer: (1, kv heads, tokens, width) twice; or nothing
    shared: list[tuple[torch.Tensor, torch.Tensor]]
    # (rows, kv heads, room, width) twice
    own: list[tuple[torch.Tensor, torch.Tensor]] = field(default_factory=list)

    @classmethod
    def of(cls, prefix: DynamicCache | None, rows: int, room: int, dtype: torch.dtype) -> Slots:
        return cls(
            rows,
            room,
            [(keys.to(dtype), values.to(dtype)) for keys, values in layer_key_values(prefix)],
        )

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


@dataclass(frozen=True)
class BatchMasks:
    """What is added to scores in layers of one window: 0 where a key is seen, minus infinity
    elsewhere."""

    writing: torch.Tensor  # (writing, 1, groups, keys)
    entering: torch.Tensor | str  # (1, 1, longest, longest)
    shared: torch.Tensor | None  # (1, 1, tokens x groups, shared keys)
    unshared: torch.Tensor | None  # (tokens,) True where a token sees none of the shared keys


@dataclass
class Pass:
    """One line of tokens: first one of each row that writes, then those of the rows that enter.

    Attributes:
        slot, place: (tokens,) the row that a token belongs to, and where in the row it stands.
        writing: how many rows write; they have the slots 0 to `writing` - 1.
        last: which token of the line is each row's last, in the order of the slots.
        entering: (rows, longest) which token of the line stands there; padded on the right with any
            token.
        real: the entries of `entering` that are no padding, as (row, column) index vectors.
        hidden: (writing, keys) True where a row that writes has no token.
    """

    slots: Slots
    slot: torch.Tensor
    place: torch.Tensor
    writing: int
    hidden: torch.Tensor
    last: torch.Tensor
    entering: torch.Tensor | None = None
    real: tuple[torch.Tensor, torch.Tensor] | None = None
    calls: int = 0  # of the attention function: one a layer
    _masks: dict[int | None, BatchMasks] = field(default_factory=dict)  # by window

    @classmethod
    def of(
        cls, slots: Slots, lengths: Sequence[int], entering: Sequence[int], device: torch.device
    ) -> Pass:
        """Rows that write and have so many own tokens in their slots; behind them rows that enter
        with so many."""
        n = len(lengths)
        slot, place = list(range(n)), list(lengths)
        for row, length in enumerate(entering, start=n):
            slot += [row] * length
            place += range(length)
        columns = torch.arange(max(lengths, default=0) + 1, device=device)
        own = torch.tensor(lengths, device=device)
        starts = torch.tensor([n, *entering], device=device).cumsum(0)
        last = torch.cat([torch.arange(n, device=device), starts[1:] - 1])
        whose = torch.tensor(slot, device=device), torch.tensor(place, device=device)
        made = cls(slots, *whose, n, columns > own[:, None], last)
        if entering:
            held = torch.arange(max(entering), device=device)
            sizes = torch.tensor(list(entering), device=device)[:, None]
            made.entering = starts[:-1, None] + torch.minimum(held[None], sizes - 1)
            rows, columns = (held[None] < sizes).nonzero(as_tuple=True)
            made.real = rows, columns
        return made

    def masks(self, window: int | None, groups: int, dtype: torch.dtype) -> BatchMasks:
        """For layers that look back `window` tokens, the token itself among them; None: over
        all."""
        before = self.slots.shared[0][0].shape[2] if self.slots.shared else 0
        if window is not None and before + int(self.place.max()) < window:
            window = None
        if window not in self._masks:
            hidden = self.hidden
            entering: torch.Tensor | str = "before"
            shared = unshared = None
            if window is not None:
                places = self.place[: self.writing, None]
                columns = torch.arange(hidden.shape[1], device=hidden.device)
                hidden = hidden | (columns <= places - window)
                if before:
                    keys = torch.arange(before, device=hidden.device)
                    far = before + self.place[:, None] - keys >= window
                    unshared = far.all(1)
                    far[unshared, 0] = False  # a softmax needs a key; what comes of it is not used
                    shared = mask_hidden(far, dtype).repeat_interleave(groups, 0)[None, None]
                if self.entering is not None:
                    ones = torch.ones(
                        self.entering.shape[1], self.entering.shape[1], dtype=torch.bool
                    )
                    entering = mask_hidden(
                        ~(ones.tril() & ones.triu(1 - window)).to(hidden.device), dtype
                    )[None, None]
            writing = (
                mask_hidden(hidden, dtype)[:, None, None].expand(-1, 1, groups, -1).contiguous()
            )
            self._masks[window] = BatchMasks(writing, entering, shared, unshared)
        return self._masks[window]

    def attend(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float,
        cap: float | None,
        window: int | None = None,
    ) -> torch.Tensor:
        """One layer: (1, heads, tokens, width) and the tokens' keys and values in, (1, tokens,
        heads, width) out."""
        number, self.calls = self.calls, self.calls + 1
        keys, values = self.slots.layer(number, key, value)
        keys[self.slot, :, self.place] = key[0].transpose(0, 1)
        values[self.slot, :, self.place] = value[0].transpose(0, 1)
        heads, tokens = query.shape[1], query.shape[2]
        kv = key.shape[1]
        # (tokens, kv heads, groups, width)
        lines = query[0].transpose(0, 1).reshape(tokens, kv, heads // kv, -1)
        out = lines.new_empty(*lines.shape[:3], value.shape[3])
        sums = torch.empty(lines.shape[:3], dtype=torch.float32, device=query.device)
        n, masks = self.writing, self.masks(window, heads // kv, query.dtype)
        if n:
            seen = self.hidden.shape[1]
            out[:n], sums[:n] = look(
                lines[:n], keys[:n, :, :seen], values[:n, :, :seen], scale, cap, masks.writing
            )
        if self.entering is not None:
            out[n:], sums[n:] = self._enter(query[0], key[0], value[0], scale, cap, masks.entering)
        if self.slots.shared:
            first_keys, first_values = self.slots.shared[number]
            asking = lines.transpose(0, 1).reshape(1, kv, tokens * (heads // kv), -1)
            found, total = look(asking, first_keys, first_values, scale, cap, masks.shared)
            found = found.view(kv, tokens, heads // kv, -1).transpose(0, 1)
            total = total.view(kv, tokens, heads // kv).transpose(0, 1)
            if masks.unshared is not None:
                total = total.masked_fill(masks.unshared[:, None, None], -torch.inf)
            out = merge_attention(out, sums, found, total)
        return out.flatten(1, 2)[None]

    def _enter(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float,
        cap: float | None,
        mask: torch.Tensor | str,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows that enter see their own tokens up to each: (heads, tokens, width) of the whole line
        in; attention and log-sums of the entering tokens out, (tokens, kv heads, groups, width) and
        without the width."""
        assert self.entering is not None and self.real is not None
        kv, groups = key.shape[0], query.shape[0] // key.shape[0]
        query, key, value = (
            states[:, self.entering].transpose(0, 1) for states in (query, key, value)
        )
        key, value = (states.repeat_interleave(groups, 1) for states in (key, value))
        found, total = look(query, key, value, scale, cap, mask)
        rows, columns = self.real
        return (
            found[rows, :, columns].unflatten(1, (kv, groups)),
            total[rows, :, columns].unflatten(1, (kv, groups)),
        )


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


def merge_attention(
    out: torch.Tensor, sums: torch.Tensor, other: torch.Tensor, more: torch.Tensor
) -> torch.Tensor:
    """Attention over two sets of keys from that over each, (..., width), and their log-sums,
    (...)."""
    share = torch.sigmoid(sums - more.to(sums.dtype))[..., None]
    return torch.lerp(other.float(), out.float(), share).to(out.dtype)
