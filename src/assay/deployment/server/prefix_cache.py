"""Beginnings that many requests share: their keys and values are computed once and kept within so
many bytes.

What     A system prompt, solved examples, a document: tokens that stand first in many prompts, with
         one adapter.
When     A beginning is worth keeping once a second prompt is seen that has it. Then one request
         computes it, the others wait for it, and all read it where it lies (`batch_pass`). What was
         asked for longest ago goes first.
Part     A prompt may take the first tokens of a beginning only: these are a view of it. Such parts,
         and beginnings that are found by comparing prompts, end at a multiple of GRAIN tokens, so
         that rows fall into few groups.
Source   Kwon et al. (2023), PagedAttention (vLLM), arxiv.org/abs/2309.06180, section 4.4; Zheng et
         al. (2024), SGLang's RadixAttention, arxiv.org/abs/2312.07104
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from assay.models.inference.shared_prefix import PrefixStates, PrefixView
from assay.models.inference.shared_prefix_attention import Layers
from assay.models.tokenizer.token_tree import common

LEAST = 32  # tokens that are worth a beginning of their own
GRAIN = 16  # tokens: one of this many lengths is found again
SEEN = 64  # prompts that a new one is compared with
BYTES = 512 << 20


@dataclass
class PrefixCache:
    """The beginnings of one network, by adapter; "" is the base itself.

    Args:
        budget: bytes of keys and values. least: tokens that are worth a beginning.
    """

    budget: int = BYTES
    least: int = LEAST
    bytes: int = 0
    # the last one read stands last
    _kept: dict[tuple[str, tuple[int, ...]], PrefixStates] = field(default_factory=dict)
    _roots: dict[str, PrefixStates] = field(default_factory=dict)
    _seen: dict[str, deque[tuple[int, np.ndarray]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._kept)

    def root(self, adapter: str, layers: Layers) -> None:
        """What stands before every prompt of an adapter: trained keys and values. It stays."""
        self._roots[adapter] = PrefixStates(
            np.zeros(0, dtype=np.int64), layers, layers[0][0].shape[2]
        )

    def saw(self, adapter: str, number: int, ids: np.ndarray) -> None:
        """A prompt has come; `number` tells it from others."""
        self._seen.setdefault(adapter, deque(maxlen=SEEN)).append((number, ids))

    def find(self, adapter: str, ids: np.ndarray) -> PrefixView | None:
        """The longest kept beginning of a prompt, or part of one. A token at least is left to the
        row."""
        best, place = None, None
        for (name, key), kept in self._kept.items():
            if name != adapter:
                continue
            n = common(kept.ids, ids[:-1])
            n = n if n == len(kept.ids) else n // GRAIN * GRAIN
            if n >= self.least and (best is None or n > best.tokens):
                best, place = PrefixView(kept, n), (name, key)
        if best and place:
            self._kept[place] = self._kept.pop(place)
            return best
        root = self._roots.get(adapter)
        return PrefixView(root, 0) if root else None

    def wish(self, adapter: str, number: int, ids: np.ndarray) -> int:
        """How many first tokens of a prompt another one has that was seen lately."""
        others = (other for n, other in self._seen.get(adapter, ()) if n != number)
        return max((common(other, ids[:-1]) for other in others), default=0) // GRAIN * GRAIN

    def put(
        self, adapter: str, ids: np.ndarray, layers: Layers, trained: int
    ) -> PrefixStates | None:
        """Keep a beginning; None where it is larger than all that may be kept."""
        kept = PrefixStates(ids, layers, trained)
        if kept.bytes > self.budget:
            return None
        key = (adapter, tuple(ids.tolist()))
        if old := self._kept.pop(key, None):
            self.bytes -= old.bytes
        self._kept[key] = kept
        self.bytes += kept.bytes
        while self.bytes > self.budget:
            self.bytes -= self._kept.pop(next(iter(self._kept))).bytes
        return kept


def extend_prefix(
    lent: PrefixView | None, own: Sequence[tuple[torch.Tensor, torch.Tensor]], slot: int, count: int
) -> Layers:
    """Keys and values of `lent` and then of the first `count` own tokens in a slot; copied."""
    layers = []
    for number, pair in enumerate(own):
        first = lent.layer(number) if lent else (None, None)
        both = []
        for before, states in zip(first, pair, strict=True):
            part = states[slot : slot + 1, :, :count]
            both.append(
                part.clone() if before is None else torch.cat([before.to(part.dtype), part], 2)
            )
        layers.append((both[0], both[1]))
    return layers
