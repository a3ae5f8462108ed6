"""What padded rows see whose keys lie in a cache, in layers of any window.

Why   transformers tells windows by columns; between a beginning that is shared and the tokens of a
      row there may be padding, and the tokens of an answers' trie stand in columns that have
      nothing to do with their places.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch


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

    def mask(self, window: int | None) -> torch.Tensor:
        """(rows, 1, queries, keys) bool, for layers that look back `window` tokens, the token
        itself among them."""
        if window not in self._masks:
            sees = self.sees
            if window is not None:
                sees = sees & (self.query[:, :, None] - self.key[:, None, :] < window)
            self._masks[window] = sees[:, None]
        return self._masks[window]
