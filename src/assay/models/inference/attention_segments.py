"""Which keys each stretch of a token tree's queries sees, and where the tree is cut into stretches.

How   In depth-first order a stretch of nodes [start, stop) sees the ancestors of its first node and
      nodes inside it, nothing else. So a stretch of r nodes at depth d costs r x (d + r) pairs of
      query and key, whatever the tree looks like, and the best cuts are a shortest path over the
      places where one may cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from assay.models.tokenizer.token_tree import Tree

GRAIN = 32  # cuts stand at multiples of so many nodes, and where a branch begins
# pairs that cost as much as one more segment: about 1 ms of calls, 15 ns a pair (9 heads, AMX)
OVERHEAD = 60_000
# at most in a segment of more than GRAIN queries: their scores are in memory at once
PAIRS = 1 << 19
# keys that nobody sees are taken along where so few lie between others: a cut costs a copy
GAP = 32


@dataclass(frozen=True)
class QuerySegment:
    """Neighbouring queries that are computed together.

    Attributes:
        start, stop: these queries. runs: their keys, as (first, one past the last), ascending.
        sees: (queries, keys) True where a query sees a key.
    """

    start: int
    stop: int
    runs: tuple[tuple[int, int], ...]
    sees: torch.Tensor
    _added: dict[tuple[int, torch.dtype], torch.Tensor] = field(default_factory=dict)

    def additive_mask(self, groups: int, dtype: torch.dtype) -> torch.Tensor:
        """(1, queries x groups, keys): 0 where a key is seen, minus infinity elsewhere."""
        if (groups, dtype) not in self._added:
            zeros = torch.zeros(self.sees.shape, dtype=dtype, device=self.sees.device)
            rows = zeros.masked_fill_(~self.sees, -torch.inf)[None]
            self._added[groups, dtype] = rows.repeat_interleave(groups, 1)
        return self._added[groups, dtype]


@dataclass
class TreeLayout:
    """What attention needs to know of a tree."""

    tree: Tree
    device: torch.device
    compiled: bool = False
    # of the attention function: a model that never calls it cannot be trained on trees
    calls: int = 0
    _plans: dict[tuple[int | None, int], list[QuerySegment]] = field(default_factory=dict)

    def segments(self, window: int | None, before: int) -> list[QuerySegment]:
        """The plan for layers that look back `window` tokens (None: all) where `before` cached
        tokens come first."""
        key = (window, before)
        if key not in self._plans:
            bounds = cuts(self.tree.depth, window, before)
            pairs = zip(bounds, bounds[1:], strict=False)
            self._plans[key] = [
                segment(self.tree, i, j, window, before, self.device) for i, j in pairs
            ]
        return self._plans[key]


def cuts(depth: np.ndarray, window: int | None = None, before: int = 0) -> list[int]:
    """Where segments begin and end: 0, ..., nodes. The cheapest by pairs and segments."""
    n = len(depth)
    branches = np.flatnonzero(np.diff(depth) != 1) + 1
    places = np.union1d(np.arange(0, n, GRAIN), np.append(branches, n))
    above = depth[places[:-1]] + before
    if window is not None:
        above = np.minimum(above, window)
    best, came = np.zeros(len(places)), np.zeros(len(places), dtype=int)
    for end in range(1, len(places)):
        rows = places[end] - places[:end]
        pairs = rows * (above[:end] + rows)
        costs = (
            best[:end] + pairs + OVERHEAD + np.where((pairs > PAIRS) & (rows > GRAIN), np.inf, 0)
        )
        came[end] = costs.argmin()
        best[end] = costs[came[end]]
    path = [len(places) - 1]
    while path[-1]:
        path.append(int(came[path[-1]]))
    return [int(places[i]) for i in reversed(path)]


def segment(
    tree: Tree, start: int, stop: int, window: int | None, before: int, device: torch.device
) -> QuerySegment:
    """The queries from `start` to `stop`. Depths of cached tokens are 0 to `before` - 1, and the
    tree's follow."""
    nodes = np.concatenate([np.flatnonzero(tree.end[:start] > start), np.arange(start, stop)])
    queries = np.arange(start, stop)[:, None]
    below = (nodes[None] <= queries) & (queries < tree.end[nodes][None])
    sees = np.concatenate([np.ones((stop - start, before), dtype=bool), below], 1)
    if window is not None:
        depths = np.concatenate([np.arange(before), tree.depth[nodes] + before])
        sees &= tree.depth[start:stop, None] + before - depths[None] < window
    used = sees.any(0)
    columns, sees = np.concatenate([np.arange(before), nodes + before])[used], sees[:, used]
    found = runs(columns)
    wide = np.zeros((stop - start, sum(j - i for i, j in found)), dtype=bool)
    wide[
        :, np.flatnonzero(np.isin(np.concatenate([np.arange(i, j) for i, j in found]), columns))
    ] = sees
    return QuerySegment(start, stop, found, torch.from_numpy(wide).to(device))


def runs(columns: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Ascending integers as runs (first, one past the last) that take gaps of at most GAP along."""
    ends = [0, *(np.flatnonzero(np.diff(columns) > GAP + 1) + 1).tolist(), len(columns)]
    return tuple(
        (int(columns[i]), int(columns[j - 1]) + 1) for i, j in zip(ends, ends[1:], strict=False)
    )
