"""Sequences, and the loss of some of them: what the loop, the evaluation and the search for a
broken layer share."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

import torch

from assay.models.inference.batch_plan import by_length
from assay.models.inference.position_limit import limit_of
from assay.models.tokenizer.chat_tokens import Encoded, flatten
from assay.training.batch import TrainingBatch
from assay.training.frozen_layer_cache import Trunk
from assay.training.objectives.completion import Loss
from assay.training.optim.embedding_noise import EmbeddingNoise
from assay.training.settings import NetworkChange, Trained

Objective = Callable[[Any, TrainingBatch], Loss]
# of val rows at least, where there are as many: from their differences comes the standard error
GROUPS = 10


def rows_beyond(
    network: Any, change: NetworkChange, sequences: Sequence[Encoded]
) -> frozenset[int]:
    """Rows that lie beyond the network's position limit."""
    limit = limit_of(network)
    if limit == math.inf:
        return frozenset()
    if change.soft:
        limit -= change.soft().get_seq_length()
    longest = [max(len(one.ids) for one in row.all) for row in sequences]
    return frozenset(row for row, length in enumerate(longest) if length > limit)


@dataclass
class Exercise:
    """`loss(rows)` of numbered sequences, as they are laid out for one network.

    Attributes:
        change: for its soft prompt. pad: token id. noise: on the embeddings. trunk: what frozen
            layers compute, kept.
        sequences: one a row, each with those beside it. `TrainingBatch.rows` numbers them all, row
            by row. trees: sequences are merged. compiled: the layers are, see `faster`.
    """

    network: Any
    change: NetworkChange
    sequences: Sequence[Encoded]
    settings: Trained
    pad: int
    objective: Objective
    noise: EmbeddingNoise | None = None
    trunk: Trunk | None = None
    trees: bool = False
    compiled: bool = False

    def __post_init__(self) -> None:
        self.lengths = [row.size for row in self.sequences]
        self.parts: dict[str, float] = {}
        self._first = list(accumulate((len(row.all) for row in self.sequences), initial=0))

    @cached_property
    def _beyond(self) -> frozenset[int]:
        return rows_beyond(self.network, self.change, self.sequences)

    def tokens(self, rows: Sequence[int]) -> int:
        """Tokens of the rows by themselves."""
        return sum(self.lengths[row] for row in rows)

    def batch(self, rows: Sequence[int]) -> TrainingBatch:
        device = self.network.get_input_embeddings().weight.device
        numbers = [one for row in rows for one in range(self._first[row], self._first[row + 1])]
        some = flatten([self.sequences[row] for row in rows])
        batch = TrainingBatch.of(some, numbers, pad=self.pad, device=device, tree=self.trees)
        batch.soft = self.change.soft
        batch.compiled = self.compiled
        if batch.tree:
            batch.tree.compiled = self.compiled
        return batch

    @contextmanager
    def at_work(self, rows: Sequence[int]) -> Generator[tuple[Loss, TrainingBatch]]:
        """The loss of some rows and their batch; its gradient is to be computed inside the
        block."""
        batch = self.batch(rows)
        if self.noise:
            some = flatten([self.sequences[row] for row in rows])
            lengths = torch.tensor([len(sequence.ids) for sequence in some])
            self.noise.lengths = lengths[batch.origin[:, 0]]
        with ExitStack() as stack:
            if self.trunk:
                stack.enter_context(self.trunk).prepare(batch)
            yield self.objective(self.network, batch), batch

    @torch.no_grad()
    def mean(self, known: Sequence[float] = ()) -> tuple[float, float]:
        """The mean loss a learnt unit over all sequences, and its standard error. The means of the
        loss's parts are in `parts` then.

        Args:
            known: of each row, the sum of its tokens' losses where it was computed already; the
                units are these tokens.

        The error is that of a ratio over groups of rows (Cochran 1977, Sampling Techniques, section
        9.1): rows are asked in at least `GROUPS` groups of like length, and how far these lie apart
        says how far the mean may be off.
        """
        sums, parts = [], dict[str, float]()
        for rows in self.groups():
            if known:
                tokens = (end - at for row in rows for at, end in self.sequences[row].learnt)
                sums.append((sum(known[row] for row in rows), float(sum(tokens))))
                continue
            with self.at_work(rows) as (loss, _):
                sums.append((float(loss.value), loss.count))
                for name, one in loss.parts.items():
                    parts[name] = parts.get(name, 0.0) + one * loss.count
        total, learnt = (sum(part) for part in zip(*sums, strict=True))
        if not learnt:
            return 0.0, 0.0
        self.parts = {name: one / learnt for name, one in parts.items()}
        mean, n = total / learnt, len(sums)
        spread = sum((value - mean * count) ** 2 for value, count in sums)
        return mean, math.sqrt(spread * n / (n - 1)) / learnt if n > 1 else 0.0

    def groups(self) -> list[list[int]]:
        budget = min(self.settings.micro_tokens, -(-sum(self.lengths) // GROUPS))
        return [
            side
            for part in by_length(self.lengths, budget)
            for far in (False, True)
            if (side := [row for row in part if (row in self._beyond) is far])
        ]
