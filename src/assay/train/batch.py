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
    """Rows padded on the right. `tokens`: how many tokens are learnt; `rows`: which training rows these are."""

    ids: torch.Tensor  # (rows, columns)
    real: torch.Tensor  # (rows, columns) bool
    reads: torch.Tensor  # (tokens,): flat index of the position whose output predicts each learnt token
    targets: torch.Tensor  # (tokens,)
    rows: tuple[int, ...]

    @classmethod
    def of(cls, sequences: Sequence[Encoded], rows: Sequence[int], *, pad: int, device: torch.device) -> Batch:
        width = max(len(sequence.ids) for sequence in sequences)
        ids = torch.tensor([s.ids + [pad] * (width - len(s.ids)) for s in sequences])
        real = torch.tensor([[True] * len(s.ids) + [False] * (width - len(s.ids)) for s in sequences])
        reads = [r * width + i - 1 for r, s in enumerate(sequences) for i in range(s.learn_from, len(s.ids))]
        targets = [token for s in sequences for token in s.ids[s.learn_from :]]
        flat = torch.tensor(reads), torch.tensor(targets)
        return cls(ids.to(device), real.to(device), flat[0].to(device), flat[1].to(device), tuple(rows))

    @property
    def tokens(self) -> int:
        return len(self.targets)

    def log_probs(self, network: Any) -> torch.Tensor:
        """Natural-log probability of each learnt token, fp32, shape (tokens,)."""
        hidden = network.base_model(input_ids=self.ids, attention_mask=self.real.long(), use_cache=False)
        states = hidden.last_hidden_state.flatten(0, 1)[self.reads]
        logits = network.get_output_embeddings()(states).float()
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
