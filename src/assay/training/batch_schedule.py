"""Which rows make which step, and how they are laid out: as token trees or as padded rows,
whichever costs less.

Order     Batches are drawn first and trees are built inside them, so that merging does not bias the
          order of training. A wider `pool` draws several batches together and then divides them by
          what their rows share, or by length.
Cost      A computed token costs its share of the matrices, a pair of tokens its share of attention.
          With trees a pair is dearer, for their attention goes in segments with masks, and there
          are fewer tokens. Measured on a processor with AMX (135 million parameters, 2,048 tokens
          in rows of 128 to 1,024): 5.1 with trees and 1.3 with rows as they are written, 6.6 and
          2.4 compiled; the prices lie between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch

from assay.models.inference import tree_attention
from assay.models.inference.attention_segments import GRAIN
from assay.models.inference.batch_plan import by_length
from assay.models.tokenizer.token_tree import common

TREE_PAIR = 6.0  # price of a pair, in computed tokens x weights of a layer / width of attention
ROW_PAIR = 1.9
POOL = 8  # batches of padded rows that are drawn together and sorted by length


@dataclass(frozen=True)
class Costs:
    """Prices for one network, in computed tokens. `trees`: whether it can be given any."""

    trees: bool = False
    pair: float = 1.6e-4  # width of attention / weights of a layer

    @classmethod
    def of(cls, network: Any, *, trees: bool) -> Costs:
        config = network.config.get_text_config()
        body = network.base_model
        weights = sum(
            p.numel()
            for name, p in body.named_parameters()
            if p.ndim == 2 and ".layers." in f".{name}"
        )
        embedded = network.get_input_embeddings().weight.numel()
        weights = weights or sum(p.numel() for p in body.parameters()) - embedded
        pair = config.hidden_size * config.num_hidden_layers / max(1, weights)
        return cls(trees and network.config._attn_implementation == tree_attention.NAME, pair)

    def tree(self, sequences: Sequence[Sequence[int]]) -> float:
        """Of one tree of these sequences."""
        cells = pairs = 0.0
        for new, above in tree_growth(sequences):
            cells += new
            pairs += new * (above + new / 2 + 2 * GRAIN)
        return cells + TREE_PAIR * self.pair * pairs

    def rows(self, lengths: Sequence[int]) -> float:
        """Of these rows padded to the longest."""
        cells = len(lengths) * max(lengths)
        return cells + ROW_PAIR * self.pair * cells * max(lengths)


def tree_growth(sequences: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """For each sequence in sorted order: how many tokens it adds to the tree of those before it,
    and under how many."""
    out, last = [], np.zeros(0, dtype=np.int64)
    for sequence in sorted(map(list, sequences)):
        new = np.asarray(sequence, dtype=np.int64)
        shared = common(last, new)
        out.append((len(new) - shared, shared))
        last = new
    return out


@dataclass(frozen=True)
class BatchPlan:
    """The order of the data: a pure function of seed and epoch, so that resuming needs a number,
    not a replay.

    Attributes:
        micro_tokens: computed tokens in memory at once. ids: the sequences, where trees are to be
            considered.
        pool: batches that are drawn together; 0: one with trees, eight without.
        beyond: rows that lie beyond the model's position limit; no others run with them.
    """

    lengths: tuple[int, ...]
    batch_size: int
    seed: int
    micro_tokens: int
    ids: Sequence[Sequence[int]] = ()
    costs: Costs = field(default_factory=Costs)
    pool: int = 0
    beyond: frozenset[int] = frozenset()

    @property
    def steps(self) -> int:
        """Optimiser steps in an epoch."""
        return -(-len(self.lengths) // self.batch_size)

    @cached_property
    def merges(self) -> bool:
        """Whether this run uses trees: the first epoch is priced both ways."""
        if not (self.costs.trees and self.ids):
            return False
        trees = sum(
            self.costs.tree([self.ids[r] for r in rows])
            for rows in self._draw_batches(0, self.pool or 1, True)
        )
        padded = 0.0
        for rows in self._draw_batches(0, self.pool or POOL, False):
            lengths = [self.lengths[row] for row in rows]
            padded += sum(
                self.costs.rows([lengths[i] for i in part])
                for part in by_length(lengths, self.micro_tokens)
            )
        return trees <= padded

    @cached_property
    def cells(self) -> int:
        """Computed tokens of the first epoch, about."""
        if not self.merges:
            return sum(self.lengths)
        return sum(
            new for rows in self.epoch(0) for new, _ in tree_growth([self.ids[row] for row in rows])
        )

    def step(self, epoch: int, step: int) -> list[list[int]]:
        """The rows of one optimiser step, as micro-batches: rows that share their beginnings, or of
        similar length."""
        rows = self.epoch(epoch)[step]
        sides = [[row for row in rows if (row in self.beyond) is far] for far in (False, True)]
        return [part for side in sides if side for part in self._parts(side)]

    def _parts(self, rows: list[int]) -> list[list[int]]:
        """The micro-batches of some rows."""
        if not self.merges:
            return [
                [rows[i] for i in part]
                for part in by_length([self.lengths[r] for r in rows], self.micro_tokens)
            ]
        rows = sorted(rows, key=lambda row: (list(self.ids[row]), row))
        parts: list[list[int]] = []
        cells = 0
        for row, (new, above) in zip(
            rows, tree_growth([self.ids[row] for row in rows]), strict=True
        ):
            if parts and cells + new <= self.micro_tokens:
                parts[-1].append(row)
                cells += new
            else:
                parts.append([row])
                cells = new + above
        return parts

    def epoch(self, epoch: int) -> list[list[int]]:
        """The rows of all steps of an epoch."""
        return self._draw_batches(epoch, self.pool or (1 if self.merges else POOL), self.merges)

    def _draw_batches(self, epoch: int, pool: int, merge: bool) -> list[list[int]]:
        """Rows are shuffled, sorted within pools of so many batches, cut into batches, and the
        batches are shuffled."""
        draw = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        order = torch.randperm(len(self.lengths), generator=draw).tolist()
        if pool == 1:
            return [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]
        batches: list[list[int]] = []
        for start in range(0, len(order), pool * self.batch_size):
            part = order[start : start + pool * self.batch_size]
            part = sorted(part, key=lambda row: list(self.ids[row]) if merge else self.lengths[row])
            batches += [part[i : i + self.batch_size] for i in range(0, len(part), self.batch_size)]
        shuffle = torch.randperm(len(batches), generator=draw).tolist()
        return [batches[i] for i in shuffle]
