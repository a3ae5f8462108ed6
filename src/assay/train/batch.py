"""Sequences as the network sees them, and the log-probability of what is to be learnt.

`Batch.log_probs(network)` is all that an objective needs: how sequences are laid out (padded rows here) is the batch's
own matter, so another layout changes no objective. Logits are computed only where loss is: after the prompt, not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from assay.encode.chat import Encoded
from assay.model.batches import by_length


@dataclass(frozen=True)
class Batch:
    """Sequences laid out in cells; a cell is a token that is computed.

    Attributes:
        ids: token ids, (lines, columns). real: False at padding.
        rows: the training rows that the sequences are, in order.
        reads: (tokens,) flat index of the cell whose output predicts each learnt token, sequence by sequence.
        targets: (tokens,) the learnt tokens. owner: (tokens,) which sequence (index into `rows`) each belongs to.
        ends: (sequences,) flat index of each sequence's last token.
        origin: (cells, 2) sequence and position whose token a cell computes; padding repeats (0, 0).
    """

    ids: torch.Tensor
    real: torch.Tensor
    rows: tuple[int, ...]
    reads: torch.Tensor
    targets: torch.Tensor
    owner: torch.Tensor
    ends: torch.Tensor
    origin: torch.Tensor

    @classmethod
    def of(cls, sequences: Sequence[Encoded], rows: Sequence[int], *, pad: int, device: torch.device) -> Batch:
        """Rows padded on the right."""
        width = max(len(sequence.ids) for sequence in sequences)
        ids = torch.tensor([s.ids + [pad] * (width - len(s.ids)) for s in sequences])
        real = torch.tensor([[True] * len(s.ids) + [False] * (width - len(s.ids)) for s in sequences])
        flat = [
            [r * width + i - 1 for r, s in enumerate(sequences) for i in s.targets],
            [s.ids[i] for s in sequences for i in s.targets],
            [r for r, s in enumerate(sequences) for _ in s.targets],
            [r * width + len(s.ids) - 1 for r, s in enumerate(sequences)],
        ]
        origin = [(r, c) if c < len(s.ids) else (0, 0) for r, s in enumerate(sequences) for c in range(width)]
        parts = [torch.tensor(part, dtype=torch.long, device=device) for part in flat]
        return cls(ids.to(device), real.to(device), tuple(rows), *parts, torch.tensor(origin))

    @property
    def tokens(self) -> int:
        """How many tokens are learnt."""
        return len(self.targets)

    def states(self, network: Any) -> torch.Tensor:
        """What the network's body gives for each cell, (cells, width)."""
        hidden = network.base_model(input_ids=self.ids, attention_mask=self.real.long(), use_cache=False)
        return hidden.last_hidden_state.flatten(0, 1)

    def log_probs(self, network: Any) -> torch.Tensor:
        """Natural-log probability of each learnt token, fp32, shape (tokens,)."""
        logits = network.get_output_embeddings()(self.states(network)[self.reads]).float()
        return -torch.nn.functional.cross_entropy(logits, self.targets, reduction="none")


@dataclass(frozen=True)
class Plan:
    """The order of the data: a pure function of seed and epoch, so that resuming needs a number, not a replay."""

    lengths: tuple[int, ...]
    batch_size: int
    seed: int
    micro_tokens: int  # computed tokens in memory at once

    @property
    def steps(self) -> int:
        """Optimiser steps in an epoch."""
        return -(-len(self.lengths) // self.batch_size)

    def step(self, epoch: int, step: int) -> list[list[int]]:
        """The rows of one optimiser step, as micro-batches of similar length."""
        rows = self.epoch(epoch)[step]
        return [[rows[i] for i in part] for part in by_length([self.lengths[r] for r in rows], self.micro_tokens)]

    def epoch(self, epoch: int) -> list[list[int]]:
        """All steps of an epoch. Rows are shuffled, sorted by length within pools of 8 batches so that a batch pads
        little, then the batches are shuffled."""
        draw = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        order = torch.randperm(len(self.lengths), generator=draw).tolist()
        pool = self.batch_size * 8
        batches: list[list[int]] = []
        for start in range(0, len(order), pool):
            part = sorted(order[start : start + pool], key=lambda row: self.lengths[row])
            batches += [part[i : i + self.batch_size] for i in range(0, len(part), self.batch_size)]
        shuffle = torch.randperm(len(batches), generator=draw).tolist()
        return [batches[i] for i in shuffle]
