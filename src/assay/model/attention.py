"""Attention over a token tree, for every model that takes its attention from transformers' interface.

How       `register()` adds the implementation "assay". Given a `tree` (handed through the body's `forward`) a token
          attends to its ancestors and itself; without one it is transformers' own SDPA. Queries go in blocks of
          neighbours; for each block only the keys that some query of it can see are gathered, with a mask of that
          shape. Blocks with about as many keys are computed together.
Gradient  Both passes are PyTorch's flash attention. Where the caller compiles (`Layout.compiled`), the backward pass is
          five large products with the weights computed again from the kept log-sums, and what lies between them is
          compiled: 1.3 to 2.4 times as fast as PyTorch's on a processor with AMX.
Source    Dao (2023), FlashAttention-2, arxiv.org/abs/2307.08691 (the backward pass); Ainslie et al. (2023), GQA,
          arxiv.org/abs/2305.13245 (queries that share keys are rows of one product here)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from assay.model.stacks import BLOCK, Layout, Stack

NAME = "assay"
FLASH = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
FLASH_BACK = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    sliding_window: int | None = None,
    softcap: float | None = None,
    tree: Layout | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """What transformers calls in each attention layer: (1, heads, nodes, width) in, (1, nodes, heads, width) out."""
    if tree is None and softcap is not None:
        return capped(query, key, value, attention_mask, softcap, dropout, scaling), None
    if tree is None:
        out, _ = sdpa_attention_forward(
            module,
            query,
            key,
            value,
            attention_mask,
            dropout=dropout,
            scaling=scaling,
            sliding_window=sliding_window,
            **kwargs,
        )
        return out, None
    tree.calls += 1
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    stacks = tree.stacks(sliding_window, key.shape[2] - query.shape[2])
    plain = softcap is None and not dropout and query.device.type == "cpu" and value.shape[-1] == query.shape[-1]
    if plain:
        out = TreeAttention.apply(query[0], key[0], value[0], stacks, scale, tree.compiled)
    else:
        out = by_hand(query[0], key[0], value[0], stacks, scale, softcap, dropout)
    return out[None], None


def in_blocks(states: torch.Tensor, groups: int) -> torch.Tensor:
    """(heads, nodes, width) -> (blocks, kv heads, BLOCK x groups, width): heads that share keys are neighbouring rows
    of one product; the last block is filled up with zeros."""
    heads, n, width = states.shape
    count = -(-n // BLOCK)
    out = states.new_zeros(count * BLOCK, heads, width) if n % BLOCK else states.new_empty(n, heads, width)
    out[:n] = states.transpose(0, 1)
    out = out.view(count, BLOCK, heads // groups, groups, width).transpose(1, 2)
    return out.reshape(count, heads // groups, BLOCK * groups, width)


def from_blocks(states: torch.Tensor, n: int, groups: int) -> torch.Tensor:
    """The way back of `in_blocks`, as (nodes, heads, width)."""
    count, kv, _, width = states.shape
    out = states.view(count, kv, BLOCK, groups, width).transpose(1, 2)
    return out.reshape(count * BLOCK, kv * groups, width)[:n]


def gathered(states: torch.Tensor, stack: Stack) -> torch.Tensor:
    """(heads, keys, width) -> (blocks, heads, keys of a block, width)."""
    count, width = stack.keys.shape
    picked = states.index_select(1, stack.keys.flatten())
    return picked.view(len(states), count, width, -1).transpose(0, 1).contiguous()


class TreeAttention(torch.autograd.Function):
    """(heads, nodes, width), (kv heads, keys, width) twice -> (nodes, heads, width)."""

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        stacks: list[Stack],
        scale: float,
        compiled: bool,
    ) -> torch.Tensor:
        n, groups = query.shape[1], query.shape[0] // key.shape[0]
        query = in_blocks(query, groups)
        out = torch.empty_like(query)
        sums = []
        for stack in stacks:
            mask, which = stack.added(groups, query.dtype), list(stack.blocks)
            k, v = gathered(key, stack), gathered(value, stack)
            out[which], total = FLASH(query[which], k, v, 0.0, False, attn_mask=mask, scale=scale)
            sums.append(total)
        ctx.save_for_backward(query, key, value, out, *sums)
        ctx.plan = stacks, scale, compiled, n, groups
        return from_blocks(out, n, groups)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor):  # type: ignore[override]
        query, key, value, out, *sums = ctx.saved_tensors
        stacks, scale, compiled, n, groups = ctx.plan
        wide = torch.promote_types(query.dtype, torch.float32)
        grad = in_blocks(grad.transpose(0, 1), groups)
        dq = torch.empty_like(query)
        dk, dv = (torch.zeros(key.shape, dtype=wide, device=key.device) for _ in range(2))
        for stack, total in zip(stacks, sums, strict=True):
            which, mask = list(stack.blocks), stack.added(groups, query.dtype)
            parts = grad[which], query[which], gathered(key, stack), gathered(value, stack), out[which], total
            if compiled:
                dq[which], k, v = products(*parts, mask, scale)
            else:
                dq[which], k, v = FLASH_BACK(*parts, 0.0, False, attn_mask=mask, scale=scale)
            add_runs(dk, k, stack)
            add_runs(dv, v, stack)
        return from_blocks(dq, n, groups).transpose(0, 1), dk.to(key.dtype), dv.to(value.dtype), None, None, None


def products(
    grad: torch.Tensor,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    out: torch.Tensor,
    total: torch.Tensor,
    mask: torch.Tensor,
    scale: float,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Gradients of query, key and value; all (blocks, kv heads, rows, width), `total` (blocks, kv heads, rows)."""
    taken, chances, scores = fused()
    delta = taken(grad, out)
    share = chances(query @ key.transpose(2, 3), total, mask, scale)
    above = scores(grad @ value.transpose(2, 3), delta, share, scale)
    return above @ key, above.transpose(2, 3) @ query, share.transpose(2, 3) @ grad


def _taken(grad: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
    """What softmax takes off each score's gradient: (blocks, kv heads, rows)."""
    return (grad.float() * out.float()).sum(-1)


def _chances(scores: torch.Tensor, total: torch.Tensor, added: torch.Tensor, scale: float) -> torch.Tensor:
    """The attention weights (blocks, kv heads, rows, keys) from raw scores and the rows' kept log-sums."""
    return (scores.to(total.dtype) * scale - total[..., None] + added).exp().to(scores.dtype)


def _scores(above: torch.Tensor, delta: torch.Tensor, share: torch.Tensor, scale: float) -> torch.Tensor:
    """Gradient of the raw scores from that of the weights."""
    return ((above.to(delta.dtype) - delta[..., None]) * share * scale).to(above.dtype)


@cache
def fused() -> tuple[Callable[..., torch.Tensor], ...]:
    """The three functions above, each compiled to one pass over memory."""
    return tuple(torch.compile(function, dynamic=True) for function in (_taken, _chances, _scores))


def add_runs(total: torch.Tensor, part: torch.Tensor, stack: Stack) -> None:
    """Add (blocks, heads, keys of a block, width) to where the keys came from."""
    for block, neighbours in zip(part, stack.runs, strict=True):
        for place, start, stop in neighbours:
            total[:, start:stop] += block[:, place : place + stop - start]


def by_hand(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    stacks: list[Stack],
    scale: float,
    softcap: float | None,
    dropout: float,
) -> torch.Tensor:
    """The same in plain operations: capped scores (Gemma 2), attention dropout, other devices."""
    n, groups = query.shape[1], query.shape[0] // key.shape[0]
    query = in_blocks(query, groups)
    parts, order = [], []
    for stack in stacks:
        k, v = gathered(key, stack), gathered(value, stack)
        scores = query[list(stack.blocks)] @ k.transpose(2, 3) * scale
        if softcap is not None:
            scores = softcap * torch.tanh(scores / softcap)
        scores = scores + stack.added(groups, scores.dtype)
        weights = torch.softmax(scores, -1, dtype=torch.promote_types(scores.dtype, torch.float32)).to(value.dtype)
        parts.append(torch.nn.functional.dropout(weights, dropout) @ v)
        order += stack.blocks
    back = torch.tensor(order, device=query.device).argsort()
    return from_blocks(torch.cat(parts)[back], n, groups)


def capped(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    softcap: float,
    dropout: float,
    scaling: float | None,
) -> torch.Tensor:
    """Capped scores (Gemma 2) without a tree, which SDPA does not know: (rows, heads, tokens, width) in, (rows, tokens,
    heads, width) out. `mask` is True where a query sees a key; None: each sees those before it."""
    groups, n = query.shape[1] // key.shape[1], query.shape[2]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    scores = softcap * torch.tanh(scores / softcap)
    if mask is None:
        mask = torch.ones(n, key.shape[2], dtype=torch.bool, device=key.device).tril(key.shape[2] - n)
    scores = scores.masked_fill(~mask, -torch.inf)
    weights = torch.softmax(scores, -1, dtype=torch.promote_types(scores.dtype, torch.float32)).to(value.dtype)
    return (torch.nn.functional.dropout(weights, dropout) @ value).transpose(1, 2)


def register(function: Callable[..., tuple[torch.Tensor, None]] = attend) -> None:
    """Make the implementation known to transformers; masks outside trees are those of its SDPA."""
    AttentionInterface.register(NAME, function)
    AttentionMaskInterface.register(NAME, sdpa_mask)
