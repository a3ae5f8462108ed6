"""Attention over a token tree, for every model that takes its attention from transformers'
interface.

How       `register()` adds the implementation "assay". Given a `tree` (handed through the body's
          `forward`) a token attends to its ancestors and itself; without one it is transformers'
          own SDPA. Queries go in blocks of neighbours; for each block only the keys that some query
          of it can see are gathered, with a mask of that shape. Blocks with about as many keys are
          computed together.
Gradient  Both passes are PyTorch's flash attention. Where the caller compiles (`Layout.compiled`),
          the backward pass is five large products with the weights computed again from the kept
          log-sums, and what lies between them is compiled: 1.3 to 2.4 times as fast as PyTorch's on
          a processor with AMX.
Source    Dao (2023), FlashAttention-2, arxiv.org/abs/2307.08691 (the backward pass); Ainslie et al.
          (2023), GQA, arxiv.org/abs/2305.13245 (queries that share keys are rows of one product
          here)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from assay.models.inference.attention_segments import QuerySegment, TreeLayout
from assay.models.inference.shared_prefix_attention import FLASH, look_in_blocks

if TYPE_CHECKING:
    from assay.models.inference.attention_mask import Sight
    from assay.models.inference.batch_pass import BatchPass
    from assay.models.inference.packed_batch import SuffixTokens
    from assay.models.inference.shared_prefix import Beginning

NAME = "assay"
# What transformers hands to every attention function, and what leaves attention as it is. Any other
# keyword may change what is computed (sinks of GPT-OSS, biases of positions, keys that were chosen
# before): it is refused.
HARMLESS = {
    "cache_position",
    "is_causal",
    "output_attentions",
    "output_hidden_states",
    "output_router_logits",
    "position_ids",
    "return_dict",
    "use_cache",
}
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
    tree: TreeLayout | None = None,
    before: Beginning | SuffixTokens | None = None,
    lent: BatchPass | None = None,
    sight: Sight | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """What transformers calls in each attention layer: (1, heads, nodes, width) in, (1, nodes,
    heads, width) out.

    With `before`, (rows, heads, tokens, width) in: the rows' cache holds their own tokens, and the
    mask is added; a `Line` deals its tokens out to rows first. With `lent`, the tokens of rows that
    write and that enter, in one line. `sight` says what padded rows see, in place of the mask.

    Raises:
        TypeError: a keyword that is not known here.
    """
    if unknown := sorted(
        name for name, value in kwargs.items() if value is not None and name not in HARMLESS
    ):
        raise TypeError(f"attention with {', '.join(unknown)}")
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    if sight is not None:
        attention_mask = sight.mask(sliding_window)
    if lent is not None:
        return lent.attend(query, key, value, scale, softcap, sliding_window), None
    if before is not None and softcap is None and attention_mask is not None:
        seen = attention_mask if sight is None else sight.blocks(sliding_window)
        return before.attend(module, query, key, value, seen, scale), None
    if tree is None and softcap is not None:
        return softcap_attention(query, key, value, attention_mask, softcap, dropout, scaling), None
    if sight is not None and query.device.type == "cpu" and value.shape[-1] == query.shape[-1]:
        out, _ = look_in_blocks(query, key, value, scale, sight.blocks(sliding_window))
        return out.transpose(1, 2).contiguous(), None  # as PyTorch's: some models view it
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
    segments = tree.segments(sliding_window, key.shape[2] - query.shape[2])
    plain = (
        softcap is None
        and not dropout
        and query.device.type == "cpu"
        and value.shape[-1] == query.shape[-1]
    )
    if plain:
        out = TreeAttention.apply(query[0], key[0], value[0], segments, scale, tree.compiled)
    else:
        out = by_hand(query[0], key[0], value[0], segments, scale, softcap, dropout)
    return out[None], None


def by_key(states: torch.Tensor, groups: int) -> torch.Tensor:
    """(heads, nodes, width) -> (kv heads, nodes x groups, width): heads that share keys are
    neighbouring rows of one product."""
    heads, n, width = states.shape
    return (
        states.reshape(heads // groups, groups, n, width)
        .transpose(1, 2)
        .reshape(heads // groups, n * groups, width)
    )


def by_node(states: torch.Tensor, groups: int) -> torch.Tensor:
    """The way back of `by_key`, as a view (nodes, kv heads, groups, width)."""
    kv, rows, width = states.shape
    return states.view(kv, rows // groups, groups, width).transpose(0, 1)


def segment_states(states: torch.Tensor, segment: QuerySegment) -> torch.Tensor:
    """The keys of a segment, (kv heads, keys, width): a view where they are neighbours."""
    parts = [states[:, start:stop] for start, stop in segment.runs]
    return parts[0] if len(parts) == 1 else torch.cat(parts, 1)


class TreeAttention(torch.autograd.Function):
    """(heads, nodes, width), (kv heads, keys, width) twice -> (nodes, heads, width)."""

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        segments: list[QuerySegment],
        scale: float,
        compiled: bool,
    ) -> torch.Tensor:
        (heads, n, width), kv = query.shape, len(key)
        groups = heads // kv
        query = by_key(query, groups)
        out = query.new_empty(n, kv, groups, width)
        sums = []
        for part in segments:
            rows, mask = (
                slice(part.start * groups, part.stop * groups),
                part.additive_mask(groups, query.dtype),
            )
            own = (
                query[None, :, rows],
                segment_states(key, part)[None],
                segment_states(value, part)[None],
            )
            found, total = FLASH(*own, 0.0, False, attn_mask=mask[None], scale=scale)
            out[part.start : part.stop] = by_node(found[0], groups)
            sums.append(total)
        out = out.view(n, heads, width)
        ctx.save_for_backward(query, key, value, out, *sums)
        ctx.plan = segments, scale, compiled, groups
        return out

    @staticmethod
    # torch: *grad_outputs
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[Any, ...]:  # pyrefly: ignore[bad-override]
        query, key, value, out, *sums = ctx.saved_tensors
        segments, scale, compiled, groups = ctx.plan
        wide = torch.promote_types(query.dtype, torch.float32)
        grad, out = (by_key(states.transpose(0, 1), groups) for states in (grad, out))
        dq = torch.empty_like(query)
        dk, dv = (torch.zeros(key.shape, dtype=wide, device=key.device) for _ in range(2))
        for part, total in zip(segments, sums, strict=True):
            rows, mask = (
                slice(part.start * groups, part.stop * groups),
                part.additive_mask(groups, query.dtype),
            )
            own = (
                grad[:, rows],
                query[:, rows],
                segment_states(key, part),
                segment_states(value, part),
                out[:, rows],
            )
            if compiled:
                dq[:, rows], k, v = products(*own, total[0], mask, scale)
            else:
                given = [t[None] for t in own]
                dq[:, rows], k, v = (
                    t[0]
                    for t in FLASH_BACK(
                        *given, total, 0.0, False, attn_mask=mask[None], scale=scale
                    )
                )
            add_runs(dk, k, part)
            add_runs(dv, v, part)
        dq = by_node(dq, groups).flatten(1, 2).transpose(0, 1)
        return dq, dk.to(key.dtype), dv.to(value.dtype), None, None, None


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
    """Gradients of query, key and value; all (kv heads, rows, width), `total` (kv heads, rows)."""
    taken, weights = compile_kernels()
    scores, above = query @ key.transpose(1, 2), grad @ value.transpose(1, 2)
    share, above = weights(scores, above, taken(grad, out), total, mask, scale)
    return above @ key, above.transpose(1, 2) @ query, share.transpose(1, 2) @ grad


def _softmax_delta(grad: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
    """What softmax takes off each score's gradient, (kv heads, rows)."""
    return (grad.float() * out.float()).sum(-1)


def _weights(
    scores: torch.Tensor,
    above: torch.Tensor,
    taken: torch.Tensor,
    total: torch.Tensor,
    mask: torch.Tensor,
    scale: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The attention weights (kv heads, rows, keys) from raw scores and the rows' kept log-sums; and
    from the weights' gradient that of the raw scores."""
    share = (scores.to(total.dtype) * scale - total[..., None] + mask).exp()
    return share.to(scores.dtype), ((above.to(total.dtype) - taken[..., None]) * share * scale).to(
        scores.dtype
    )


@cache
def compile_kernels() -> tuple[
    Callable[..., torch.Tensor], Callable[..., tuple[torch.Tensor, torch.Tensor]]
]:
    """The two functions above, each as one pass over memory."""
    return torch.compile(_softmax_delta, dynamic=True), torch.compile(_weights, dynamic=True)


def add_runs(total: torch.Tensor, part: torch.Tensor, segment: QuerySegment) -> None:
    """Add (kv heads, keys of a segment, width) to where the keys came from."""
    place = 0
    for start, stop in segment.runs:
        total[:, start:stop] += part[:, place : place + stop - start]
        place += stop - start


def by_hand(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    segments: list[QuerySegment],
    scale: float,
    softcap: float | None,
    dropout: float,
) -> torch.Tensor:
    """The same in plain operations: capped scores (Gemma 2), attention dropout, other devices."""
    groups = query.shape[0] // key.shape[0]
    query = by_key(query, groups)
    parts = []
    for part in segments:
        scores = (
            query[:, part.start * groups : part.stop * groups]
            @ segment_states(key, part).transpose(1, 2)
            * scale
        )
        if softcap is not None:
            scores = softcap * torch.tanh(scores / softcap)
        scores = scores + part.additive_mask(groups, scores.dtype)
        weights = torch.softmax(
            scores, -1, dtype=torch.promote_types(scores.dtype, torch.float32)
        ).to(value.dtype)
        parts.append(torch.nn.functional.dropout(weights, dropout) @ segment_states(value, part))
    return by_node(torch.cat(parts, 1), groups).flatten(1, 2)


def softcap_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    softcap: float,
    dropout: float,
    scaling: float | None,
) -> torch.Tensor:
    """Capped scores (Gemma 2) without a tree, which SDPA does not know: (rows, heads, tokens,
    width) in, (rows, tokens, heads, width) out. `mask` is True where a query sees a key; None: each
    sees those before it."""
    groups, n = query.shape[1] // key.shape[1], query.shape[2]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    scores = softcap * torch.tanh(scores / softcap)
    if mask is None:
        mask = torch.ones(n, key.shape[2], dtype=torch.bool, device=key.device).tril(
            key.shape[2] - n
        )
    # Finite, for the row of a padding token may see nothing; minus infinity would make it NaN, and
    # all that reads it.
    scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    weights = torch.softmax(scores, -1, dtype=torch.promote_types(scores.dtype, torch.float32)).to(
        value.dtype
    )
    return (torch.nn.functional.dropout(weights, dropout) @ value).transpose(1, 2).contiguous()


def register(function: Callable[..., tuple[torch.Tensor, None]] = attend) -> None:
    """Make the implementation known to transformers; masks outside trees are those of its SDPA."""
    AttentionInterface.register(NAME, function)
    AttentionMaskInterface.register(NAME, sdpa_mask)
