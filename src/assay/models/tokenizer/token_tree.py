"""Token trees: sequences merged where they begin alike, so that a shared beginning is computed
once.

How       The sequences are sorted; equal beginnings are merged; the unique tokens are listed depth
          first. Node k is an ancestor of node q, or q itself, exactly when `k <= q < end[k]`.
          Several trees in one list are a forest, and the same rule holds.
Exactness A token sees its ancestors and itself, which are the tokens before it in every sequence
that uses it, and stands at
          its depth: the network computes for it what it computes in each of the separate sequences.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tree:
    """A forest of token sequences.

    Attributes:
        tokens, depth, end: (nodes,) int64, depth first; `end[k]` is one past the last node under k.
        paths: for each sequence, in the order given, the node of each of its tokens.
    """

    tokens: np.ndarray
    depth: np.ndarray
    end: np.ndarray
    paths: list[np.ndarray]

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> "Tree":
        arrays = [np.asarray(sequence, dtype=np.int64) for sequence in sequences]
        room = sum(map(len, arrays))
        tokens, depth, end = (np.zeros(room, dtype=np.int64) for _ in range(3))
        paths: list[np.ndarray] = [np.zeros(0, dtype=np.int64)] * len(arrays)
        count, above = 0, np.zeros(0, dtype=np.int64)
        last = above
        for index in sorted(range(len(arrays)), key=lambda i: (list(sequences[i]), i)):
            new = arrays[index]
            shared = common(last, new)
            end[above[shared:]] = count
            fresh = np.arange(count, count + len(new) - shared)
            tokens[fresh], depth[fresh] = new[shared:], np.arange(shared, len(new))
            above, last = np.concatenate([above[:shared], fresh]), new
            paths[index] = above
            count += len(fresh)
        end[above] = count
        return cls(tokens[:count], depth[:count], end[:count], paths)

    def __len__(self) -> int:
        return len(self.tokens)

    def pad_to_multiple(self, multiple: int, token: int) -> "Tree":
        """With single nodes of their own at the end, up to a multiple of so many nodes."""
        more = -len(self) % multiple
        node = np.arange(len(self), len(self) + more)
        return Tree(
            np.concatenate([self.tokens, np.full(more, token)]),
            np.concatenate([self.depth, np.zeros(more, dtype=np.int64)]),
            np.concatenate([self.end, node + 1]),
            self.paths,
        )


def common(first: np.ndarray, second: np.ndarray) -> int:
    """How many first tokens two sequences share."""
    n = min(len(first), len(second))
    differ = np.flatnonzero(first[:n] != second[:n])
    return int(differ[0]) if len(differ) else n
