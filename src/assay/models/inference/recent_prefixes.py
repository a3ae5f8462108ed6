"""The last beginnings that a model has computed, kept from call to call, and whether rows may look
at them where they stand.

Kept      The last two, so that a run that asks in chunks computes its own once. They are dropped
          when a weight changes, and from one call to the next while any weight is trained: a fused
          optimiser's step leaves no mark.
Lent      Found out by trying: rows that look at a beginning must get the states of rows with copies
          of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from assay.models.inference import tree_attention
from assay.models.inference.batch_plan import repeat_cache
from assay.models.inference.packed_batch import SuffixTokens
from assay.models.inference.position_limit import beyond, limit_of
from assay.models.inference.shared_prefix import Beginning
from assay.models.inference.shared_prefix_attention import full_cache, mask_hidden

KEEP = 2
# relative to the states' size; coarser types: a tenth
CLOSE = {torch.float64: 1e-5, torch.float32: 1e-3}
TRIED = 3  # tokens of each of the two rows on which lending is tried


class RecentPrefixes:
    """The last ones of a model. `check` before each use; `forget` when a training has ended."""

    def __init__(self, network: Any):
        self._network = network
        self._kept: dict[tuple[bool, tuple[int, ...]], Beginning] = {}
        self._stamp: list[tuple[int, int, int]] = []
        self._lends: dict[str, bool] = {}  # found out by trying, once for each kind

    def forget(self) -> None:
        self._kept.clear()

    def check(self) -> bool:
        """Drop what other weights have computed; whether the weights are those of the check
        before."""
        stamp = (
            [] if self._trains() else [(id(w), w.data_ptr(), _version(w)) for w in self._tensors()]
        )
        same = bool(stamp) and stamp == self._stamp
        if not same:
            self.forget()
        self._stamp = stamp
        return same

    def of(
        self, ids: Sequence[int], soft: DynamicCache | None = None, *, whole: bool = True
    ) -> Beginning:
        """The beginning that consists of `soft`, if any, and of `ids`. Those with a soft part are
        not kept: the stamp does not cover what it was made from."""
        if soft is not None:
            return self._compute(ids, full_cache(soft) if whole else soft, "soft")
        new = DynamicCache() if whole else DynamicCache(config=self._network.config)
        key = beyond(self._network), tuple(ids)
        found = self._kept.pop(key, None) or self._compute(ids, new, "plain")
        self._kept[key] = found  # the last one asked for stands last
        for old in list(self._kept)[:-KEEP]:
            del self._kept[old]
        return found

    def _trains(self) -> bool:
        """Some weight is being trained."""
        return any(weight.requires_grad for weight in self._network.parameters())

    def _tensors(self) -> list[torch.Tensor]:
        return [*self._network.parameters(), *self._network.buffers()]

    def _compute(self, ids: Sequence[int], cache: DynamicCache, kind: str) -> Beginning:
        body = self._network.base_model
        if ids:
            device = self._network.get_input_embeddings().weight.device
            body(input_ids=torch.tensor([list(ids)], device=device), cache=cache, use_cache=True)
        found = Beginning(cache)
        if not beyond(self._network) and found.tokens + TRIED > limit_of(self._network):
            return found  # no room to try it: rows get copies
        if kind not in self._lends:
            self._lends[kind] = lends(self._network, found)
        found.lent = self._lends[kind]
        return found


def _version(weight: torch.Tensor) -> int:
    """How often it was changed in place; what was made in inference mode does not count that, and
    is not changed."""
    return 0 if weight.is_inference() else weight._version


@torch.inference_mode()
def lends(network: Any, beginning: Beginning) -> bool:
    """Whether rows that look at `beginning` where it stands get the hidden states of rows with
    copies of it: found out by trying, not by the model's name. See attention_check.py."""
    cache = beginning.cache
    if network.config._attn_implementation != tree_attention.NAME or {
        type(layer) for layer in cache.layers
    } != {DynamicLayer}:
        return False
    device = network.get_input_embeddings().weight.device
    draw = torch.Generator().manual_seed(7)
    ids = torch.randint(
        2, network.config.get_text_config().vocab_size, (2, TRIED), generator=draw
    ).to(device)
    places = torch.arange(TRIED, device=device).expand(2, -1) + beginning.tokens
    sees = torch.ones(TRIED, TRIED, dtype=torch.bool, device=device).tril().expand(2, 1, -1, -1)
    body, given = network.base_model, {"input_ids": ids, "position_ids": places, "use_cache": True}
    before = beginning.calls
    try:
        own = DynamicCache()
        mask = mask_hidden(~sees, network.dtype)
        lent = body(
            **given, attention_mask=mask, cache=own, before=beginning
        ).last_hidden_state.float()
        line = SuffixTokens(beginning, DynamicCache(), torch.ones_like(ids, dtype=torch.bool))
        alike = line.states(body, ids, places, mask).float()
    except (RuntimeError, TypeError, ValueError, IndexError, KeyError, AttributeError):
        return False
    every = torch.ones(2, beginning.tokens + TRIED, dtype=torch.long, device=device)
    copied = body(
        **given, attention_mask=every, cache=repeat_cache(cache, 2)
    ).last_hidden_state.float()
    close = CLOSE.get(network.dtype, 0.1)
    asked = beginning.calls - before == 2 * network.config.get_text_config().num_hidden_layers
    apart = max(
        float((found - copied).norm() / copied.norm()) for found in (lent, alike.view_as(copied))
    )
    return asked and apart < close
