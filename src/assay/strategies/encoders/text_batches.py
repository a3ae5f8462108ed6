"""Texts as vectors with gradients: parts of `micro_tokens` tokens, of like length, computed one
after the other.

`gradients`       of a loss in which texts are compared (training/gradient_cache.py)
`sum_gradients`   of a loss that is a sum over texts
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch

from assay.models.determinism import draw_from
from assay.models.inference.batch_plan import by_length
from assay.training.gradient_cache import add_gradients

if TYPE_CHECKING:
    from assay.models.embeddings import Embedder

KEPT = 4096  # of a small encoder half a gigabyte
Ids = Sequence[Sequence[int]]


@dataclass(frozen=True)
class ChunkedGradients:
    """`bf16`: matrix products are computed in bf16; weights and sums stay in fp32. `kept`: tokens,
    padding included, of which all that is computed is kept; of more, vectors are computed twice."""

    embed: Embedder
    micro_tokens: int
    bf16: bool
    kept: int = KEPT

    def gradients(self, texts: Ids, loss: Callable[[torch.Tensor], torch.Tensor]) -> float:
        """Add the gradients of `loss` (vectors (texts, width), of length 1 -> scalar); its
        value."""
        parts = self._cut(texts)
        cells = sum(len(part) * len(texts[part[0]]) for part in parts)
        encode = partial(self._vectors, texts)
        return add_gradients(parts, encode, loss, twice=cells > self.kept)

    def sum_gradients(
        self, texts: Ids, loss: Callable[[list[int], torch.Tensor], torch.Tensor]
    ) -> float:
        """Add the gradients of a loss that is a sum over texts: (which texts, their vectors) ->
        their share of it."""
        total = 0.0
        for part in self._cut(texts):
            share = loss(part, self._vectors(texts, part))
            share.backward()
            total += float(share.detach())
        return total

    def _cut(self, texts: Ids) -> list[list[int]]:
        return by_length([len(ids) for ids in texts], self.micro_tokens)

    def _vectors(self, texts: Ids, part: list[int], seed: int | None = None) -> torch.Tensor:
        if seed is not None:
            draw_from(seed)
        with torch.autocast(self.embed.network.device.type, torch.bfloat16, enabled=self.bf16):
            return self.embed.embed_ids([texts[i] for i in part], self.embed.unread()).float()
