"""Which keys each block of a token tree's queries sees, and which blocks are computed together."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from assay.encode.tree import Tree

BLOCK = 128  # queries that are computed together: 64 to 128 were better than 256
SPARE = 200  # blocks are computed together where that pads their keys by at most so many: another stack costs as much


@dataclass(frozen=True)
class Stack:
    """Blocks of BLOCK queries each that are computed together, their keys padded to one number.

    Attributes:
        blocks: which blocks of the tree these are. keys: (blocks, keys) index of each key; padding repeats index 0.
        runs: for each block the runs (first column, first key, one past the last key) of neighbouring keys.
        sees: (blocks, BLOCK, keys) True where a query sees a key. Queries past the last node see the first key.
    """

    blocks: tuple[int, ...]
    keys: torch.Tensor
    runs: tuple[tuple[tuple[int, int, int], ...], ...]
    sees: torch.Tensor
    _added: dict[tuple[int, torch.dtype], torch.Tensor] = field(default_factory=dict)

    def added(self, groups: int, dtype: torch.dtype) -> torch.Tensor:
        """(blocks, 1, BLOCK x groups, keys): 0 where a key is seen, minus infinity elsewhere."""
        if (groups, dtype) not in self._added:
            zeros = torch.zeros(self.sees.shape, dtype=dtype, device=self.sees.device)
            rows = zeros.masked_fill_(~self.sees, -torch.inf).repeat_interleave(groups, 1)
            self._added[groups, dtype] = rows[:, None]
        return self._added[groups, dtype]


@dataclass
class Layout:
    """What attention needs to know of a tree."""

    tree: Tree
    device: torch.device
    compiled: bool = False
    calls: int = 0  # of the attention function: a model that never calls it cannot be trained on trees
    _plans: dict[tuple[int | None, int], list[Stack]] = field(default_factory=dict)

    def stacks(self, window: int | None, before: int) -> list[Stack]:
        """The plan for layers that look back `window` tokens (None: all) where `before` cached tokens come first."""
        key = (window, before)
        if key not in self._plans:
            self._plans[key] = plan(self.tree, window, before, self.device)
        return self._plans[key]


def plan(tree: Tree, window: int | None, before: int, device: torch.device) -> list[Stack]:
    """All blocks in stacks. Depths of cached tokens are 0 to `before` - 1, and the tree's follow."""
    found = [seen(tree, start, window, before) for start in range(0, len(tree), BLOCK)]
    stacks: list[list[int]] = []
    for index in sorted(range(len(found)), key=lambda i: len(found[i][0])):
        width = len(found[index][0])
        if stacks and (width - len(found[stacks[-1][-1]][0])) * len(stacks[-1]) <= SPARE:
            stacks[-1].append(index)
        else:
            stacks.append([index])
    return [stacked([found[i] for i in blocks], tuple(blocks), device) for blocks in stacks]


def seen(tree: Tree, start: int, window: int | None, before: int) -> tuple[np.ndarray, np.ndarray]:
    """The keys that the block of queries from `start` sees, ascending; and which query sees which, (queries, keys)."""
    stop = min(len(tree), start + BLOCK)
    nodes = np.concatenate([np.flatnonzero(tree.end[:start] > start), np.arange(start, stop)])
    queries = np.arange(start, stop)[:, None]
    below = (nodes[None] <= queries) & (queries < tree.end[nodes][None])
    sees = np.concatenate([np.ones((stop - start, before), dtype=bool), below], 1)
    if window is not None:
        depth = np.concatenate([np.arange(before), tree.depth[nodes] + before])
        sees &= tree.depth[start:stop, None] + before - depth[None] < window
    used = sees.any(0)
    return np.concatenate([np.arange(before), nodes + before])[used], sees[:, used]


def stacked(found: list[tuple[np.ndarray, np.ndarray]], blocks: tuple[int, ...], device: torch.device) -> Stack:
    width = max(len(columns) for columns, _ in found)
    keys = np.zeros((len(found), width), dtype=np.int64)
    sees = np.zeros((len(found), BLOCK, width), dtype=bool)
    for i, (columns, inside) in enumerate(found):
        keys[i, : len(columns)] = columns
        sees[i, : len(inside), : len(columns)] = inside
        sees[i, len(inside) :, 0] = True
    neighbours = tuple(runs(columns) for columns, _ in found)
    return Stack(blocks, torch.from_numpy(keys).to(device), neighbours, torch.from_numpy(sees).to(device))


def runs(columns: np.ndarray) -> tuple[tuple[int, int, int], ...]:
    """Ascending integers as runs of neighbours: (place of the first, first, one past the last)."""
    cuts = [0, *(np.flatnonzero(np.diff(columns) != 1) + 1).tolist(), len(columns)]
    pairs = zip(cuts, cuts[1:], strict=False)
    return tuple((i, int(columns[i]), int(columns[j - 1]) + 1) for i, j in pairs)
