"""Which sequences run together, and what they share.

Inference never runs one row at a time and never repeats the beginning that all rows share: it is
computed once and its keys and values are lent to every batch.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import DynamicCache


def common_prefix(sequences: Sequence[Sequence[int]]) -> int:
    """How many first tokens all sequences share, leaving at least one token to each; 0 when not
    worth keeping."""
    first, last = min(map(list, sequences)), max(map(list, sequences))
    shared = next(
        (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b),
        min(len(first), len(last)),
    )
    shared = min(shared, min(map(len, sequences)) - 1)
    return shared if shared >= 4 and len(sequences) > 1 else 0


def by_length(lengths: Sequence[int], budget: int, extra: int = 0) -> list[list[int]]:
    """Indices in batches of similar length: each batch costs at most `budget` tokens, padding and
    `extra` tokens a row included. Depends on the lengths alone, so that a rerun pads the same rows
    together."""
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batches and (len(batches[-1]) + 1) * (lengths[batches[-1][0]] + extra) <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


@dataclass(frozen=True)
class Padded:
    """Rows padded on the left, so that the last token of every row stands in the last column."""

    ids: torch.Tensor  # (rows, columns)
    real: torch.Tensor  # (rows, columns) bool
    # (rows, columns): position of each token in its own sequence, prefix included
    depth: torch.Tensor

    @classmethod
    def of(
        cls, rows: Sequence[Sequence[int]], *, start: int, pad: int, device: torch.device
    ) -> "Padded":
        width = max(map(len, rows))
        ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows], device=device)
        lengths = torch.tensor([len(row) for row in rows], device=device)
        column = torch.arange(width, device=device)
        real = column[None] >= width - lengths[:, None]
        depth = (column[None] - (width - lengths[:, None])).clamp(min=0) + start
        return cls(ids, real, depth)


def repeat_cache(cache: DynamicCache | None, rows: int) -> DynamicCache | None:
    """A copy of a one-row cache for `rows` rows, free to grow."""
    if cache is None:
        return None
    grown = copy.deepcopy(cache)
    grown.batch_repeat_interleave(rows)
    return grown
