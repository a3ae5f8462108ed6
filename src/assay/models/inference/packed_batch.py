"""Tokens of rows of different lengths in one line, so that no padding goes through the network's
products.

How     All that a network computes token by token sees one row of the real tokens; in attention
        alone they are dealt out to padded rows, which look at their own keys and at the beginning
        that they share (shared_prefix.py).
Source  Krell et al. (2021), Efficient Sequence Packing without Cross-contamination,
        arxiv.org/abs/2107.02027
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from transformers import DynamicCache

if TYPE_CHECKING:
    from assay.models.inference.attention_mask import QueryBlock
    from assay.models.inference.shared_prefix import Beginning


@dataclass(eq=False)
class SuffixTokens:
    """Tokens that follow those in `cache`.

    Attributes:
        cache: keys and values of the rows' own tokens, padded, without those of the line.
        real: (rows, width) bool, where a row has a token; the line has these in this order.
    """

    beginning: Beginning
    cache: DynamicCache
    real: torch.Tensor

    def attend(
        self,
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        mask: torch.Tensor | Sequence[QueryBlock],
        scale: float,
    ) -> torch.Tensor:
        """(1, heads, tokens, width) in, (1, tokens, heads, width) out; `mask` as in
        `Beginning.attend`, of the rows."""
        dealt = [self._scatter_rows(states) for states in (query, key, value)]
        place: Any = module.layer_idx
        keys, values = self.cache.update(dealt[1], dealt[2], place)
        return self.beginning.attend(module, dealt[0], keys, values, mask, scale)[self.real][None]

    def _scatter_rows(self, states: torch.Tensor) -> torch.Tensor:
        """(1, heads, tokens, width) -> (rows, heads, columns, width), zeros where there is no
        token."""
        rows = states.new_zeros(*self.real.shape, states.shape[1], states.shape[3])
        rows[self.real] = states[0].transpose(0, 1)
        return rows.transpose(1, 2)

    def states(
        self, body: Any, ids: torch.Tensor, places: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """Hidden states of the line, (tokens, width).

        Args:
            ids, places: (rows, columns) tokens and their positions; those that are not real are not
                read.
            mask: (rows, 1, columns, keys), added to the scores of own keys.
        """
        line = {"input_ids": ids[self.real][None], "position_ids": places[self.real][None]}
        return body(**line, attention_mask=mask, use_cache=False, before=self).last_hidden_state[0]
