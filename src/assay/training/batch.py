"""Sequences as the network sees them, and the log-probability of what is to be learnt.

`Batch.log_probs(network)` is all that an objective needs: how sequences are laid out is the batch's
own matter. A batch is a token tree in one line, or padded rows, whichever is estimated to be
cheaper. Logits are computed only where loss is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from assay.models.inference.attention_segments import TreeLayout
from assay.models.inference.output_layer import output
from assay.models.inference.position_limit import beyond, rows_of
from assay.models.tokenizer.chat_tokens import Encoded
from assay.models.tokenizer.token_tree import Tree
from assay.training.chunked_likelihood import LogProbs, Total

Soft = Callable[[], Any]
# a tree's cells are a multiple: products of a size that was not met before are compiled first
FILL = 64


@dataclass
class TrainingBatch:
    """Sequences laid out in cells; a cell is a token that is computed.

    Attributes:
        ids: token ids, (lines, columns). real: False at padding. positions: of each cell in its
            sequence.
        rows: numbers of the training sequences, in order. labels: (sequences,) their labels,
            -1 without.
        reads: (tokens,) flat index of the cell whose output predicts each learnt token, sequence by
            sequence.
        targets: (tokens,) the learnt tokens. owner: (tokens,) which sequence (index into `rows`)
            each belongs to.
        tags: (tokens,) the sequences' `Encoded.tags`; empty where they have none.
        ends: (sequences,) flat index of each sequence's last token.
        reference: (sequences,) their `Encoded.reference`, float64, on the processor.
        origin: (cells, 2) sequence and position whose token a cell computes; padding repeats (0,
            0).
        tree: for attention; None where sequences are padded rows.
        soft: keys and values that stand before every sequence; see `Change.soft`.
    """

    ids: torch.Tensor
    real: torch.Tensor
    positions: torch.Tensor
    rows: tuple[int, ...]
    labels: torch.Tensor
    reads: torch.Tensor
    targets: torch.Tensor
    tags: torch.Tensor
    owner: torch.Tensor
    ends: torch.Tensor
    reference: torch.Tensor
    origin: torch.Tensor
    separate: int  # tokens of the sequences by themselves
    tree: TreeLayout | None = None
    soft: Soft | None = None
    compiled: bool = False  # what lies between the output layer's products

    @classmethod
    def of(
        cls,
        sequences: Sequence[Encoded],
        rows: Sequence[int],
        *,
        pad: int,
        device: torch.device,
        tree: bool = False,
    ) -> TrainingBatch:
        """As a token tree, or as rows padded on the right."""
        if tree:
            return cls._tree(sequences, rows, pad, device)
        width = max(len(sequence.ids) for sequence in sequences)
        ids = torch.tensor([s.ids + [pad] * (width - len(s.ids)) for s in sequences])
        lengths = torch.tensor([len(s.ids) for s in sequences])
        column = torch.arange(width)
        real = column[None] < lengths[:, None]
        paths = [np.arange(r * width, r * width + len(s.ids)) for r, s in enumerate(sequences)]
        line = torch.arange(len(sequences))[:, None].expand(-1, width)
        origin = (
            torch.stack([line, column[None].expand(len(sequences), -1)], -1) * real[..., None]
        ).flatten(0, 1)
        positions = column[None].expand(len(sequences), -1)
        return cls._build(
            sequences, rows, paths, device, ids=ids, real=real, positions=positions, origin=origin
        )

    @classmethod
    def _tree(
        cls, sequences: Sequence[Encoded], rows: Sequence[int], pad: int, device: torch.device
    ) -> TrainingBatch:
        bare = Tree.of([s.ids for s in sequences])
        tree = bare.pad_to_multiple(FILL, pad)
        origin = np.zeros((len(tree), 2), dtype=np.int64)
        # the first sequence that uses a node stands for it
        for index in reversed(range(len(sequences))):
            path = tree.paths[index]
            origin[path, 0], origin[path, 1] = index, np.arange(len(path))
        return cls._build(
            sequences,
            rows,
            tree.paths,
            device,
            ids=torch.from_numpy(tree.tokens)[None],
            real=torch.arange(len(tree))[None] < len(bare),
            positions=torch.from_numpy(tree.depth)[None],
            origin=torch.from_numpy(origin),
            tree=TreeLayout(tree, device),
        )

    @classmethod
    def _build(
        cls,
        sequences: Sequence[Encoded],
        rows: Sequence[int],
        paths: Sequence[np.ndarray],
        device: torch.device,
        *,
        ids: torch.Tensor,
        real: torch.Tensor,
        positions: torch.Tensor,
        origin: torch.Tensor,
        tree: TreeLayout | None = None,
    ) -> TrainingBatch:
        learnt = [s.targets for s in sequences]
        reads = [
            int(path[i - 1]) for path, targets in zip(paths, learnt, strict=True) for i in targets
        ]
        targets = [s.ids[i] for s, targets in zip(sequences, learnt, strict=True) for i in targets]
        owner = [r for r, targets in enumerate(learnt) for _ in targets]
        ends, labels = [int(path[-1]) for path in paths], [s.label for s in sequences]

        def whole(values: Sequence[int]) -> torch.Tensor:
            return torch.tensor(values, dtype=torch.long, device=device)

        return cls(
            ids=ids.to(device),
            real=real.to(device),
            positions=positions.to(device),
            rows=tuple(rows),
            labels=whole(labels),
            reads=whole(reads),
            targets=whole(targets),
            tags=whole([tag for s in sequences for tag in s.tags]),
            owner=whole(owner),
            ends=whole(ends),
            reference=torch.tensor([s.reference for s in sequences], dtype=torch.float64),
            origin=origin,
            separate=sum(len(s.ids) for s in sequences),
            tree=tree,
        )

    @property
    def tokens(self) -> int:
        """How many tokens are learnt."""
        return len(self.targets)

    @property
    def cells(self) -> int:
        """How many tokens are computed, padding included."""
        return self.ids.numel()

    @property
    def shortest(self) -> int:
        """Tokens of the shortest sequence."""
        return int(self.positions.flatten()[self.ends].min()) + 1

    def states(self, network: Any) -> torch.Tensor:
        """What the network's body gives for each cell, (cells, width)."""
        given: dict[str, Any] = {"input_ids": self.ids, "use_cache": False}
        before = 0
        if self.soft is not None:
            cache = self.soft()
            before = cache.get_seq_length()
            with rows_of(self.shortest + before):
                cache = self.soft() if beyond(network) else cache
            if self.tree is None and len(self.ids) > 1:
                cache.batch_repeat_interleave(len(self.ids))
            given |= {"cache": cache, "use_cache": True}
        given["position_ids"] = self.positions + before
        if self.tree is not None:
            # Any mask of four dimensions passes transformers by; attention reads the tree instead.
            given |= {"attention_mask": self.ids.new_ones(1, 1, 1, 1), "tree": self.tree}
        else:
            ones = self.real.new_ones(len(self.real), before)
            given["attention_mask"] = torch.cat([ones, self.real], 1).long()
        with rows_of(self.shortest + before):
            return network.base_model(**given).last_hidden_state.flatten(0, 1)

    def log_probs(self, network: Any) -> torch.Tensor:
        """Natural-log probability of each learnt token, fp32, shape (tokens,)."""
        states, places = self._read(network)
        return LogProbs.apply(states, *output(network), places, self.targets)

    def log_probs_and(
        self, network: Any, temperature: float, layer: Any = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """`log_probs` where logits are divided by a temperature, and what a layer with one output
        reads at the states that predict the learnt tokens, fp32, (tokens,)."""
        states, places = self._read(network)
        weight, bias, scale, cap = output(network)
        assert cap is None or temperature == 1, "a cap is of the logits before a temperature"
        logs = LogProbs.apply(states, weight, bias, scale / temperature, cap, places, self.targets)
        return logs, None if layer is None else layer(states)[:, 0][places]

    def nll(self, network: Any, *, smoothing: float = 0.0) -> torch.Tensor:
        """The sum of the learnt tokens' cross-entropies in nats. Its gradient is found in the
        forward pass, so this is the cheaper way where only the sum is wanted."""
        states, places = self._read(network)
        return Total.apply(states, *output(network), places, self.targets, smoothing, self.compiled)

    def _read(self, network: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """States at the cells that predict something, each once; and for each learnt token which of
        them it reads."""
        cells, places = torch.unique(self.reads, return_inverse=True)
        return self.states(network)[cells], places
