"""What padded rows see whose keys lie in a cache, in layers of any window.

Why   transformers tells windows by columns; between a beginning that is shared and the tokens of a
      row there may be padding, and the tokens of an answers' trie stand in columns that have
      nothing to do with their places.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

BLOCK = 128  # queries whose keys are narrowed together


@dataclass(frozen=True)
class QueryBlock:
    """Neighbouring queries of all rows, the columns between which the keys lie that they see, and
    which of these they do not: (rows, 1, queries, keys) bool."""

    queries: slice
    keys: slice
    hidden: torch.Tensor


@dataclass(eq=False)
class Sight:
    """
    Attributes:
        sees: (rows, queries, keys) bool, which keys a query sees where nothing narrows it; each
            query sees one.
        query, key: (rows, queries) and (rows, keys), the places of these tokens in their sequences.
    """

    sees: torch.Tensor
    query: torch.Tensor
    key: torch.Tensor
    _masks: dict[int | None, torch.Tensor] = field(default_factory=dict)
    _blocks: dict[int | None, list[QueryBlock]] = field(default_factory=dict)

    def mask(self, window: int | None) -> torch.Tensor:
        """(rows, 1, queries, keys) bool, for layers that look back `window` tokens, the token
        itself among them."""
        if window not in self._masks:
            sees = self.sees
            if window is not None:
                sees = sees & (self.query[:, :, None] - self.key[:, None, :] < window)
            self._masks[window] = sees[:, None]
        return self._masks[window]

    def blocks(self, window: int | None) -> list[QueryBlock]:
        """The same in blocks of queries. A long prompt's sees half as many keys in all, for none
        sees what follows it; where there are few queries it is one block."""
        if window not in self._blocks:
            mask, count = self.mask(window), self.query.shape[1]
            step = BLOCK if count >= 2 * BLOCK else max(1, count)
            self._blocks[window] = [
                _query_block(mask, slice(start, min(start + step, count)))
                for start in range(0, count, step)
            ]
        return self._blocks[window]


def _query_block(mask: torch.Tensor, queries: slice) -> QueryBlock:
    part = mask[:, :, queries]
    seen = part.flatten(0, 2).any(0).nonzero()
    keys = slice(int(seen[0]), int(seen[-1]) + 1)
    return QueryBlock(queries, keys, ~part[..., keys])
