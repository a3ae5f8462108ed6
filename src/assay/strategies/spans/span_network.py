"""A small network that weighs runs of tokens as answers, trained so that the words of the right one
are likely.

Loss     minus the log of the expected F1 of the answer's words, over a softmax of a question's
         runs: a run that is a word too long counts for what it has. Lee et al. (2017), RaSoR,
         arxiv.org/abs/1611.01436, have right and wrong in the place of F1
Network  one hidden layer over the columns of question and run, a product of both in few dimensions,
         and a linear part
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    import numpy as np

HIDDEN, JOINED = 96, 24
INPUT_DROPOUT, DROPOUT = 0.3, 0.5
DECAY, RATE, CLIP = 0.05, 3e-3, 1.0
EPOCHS, BATCH, RISE = 12, 16, 0.1
# runs of a question that a step looks at, all with a good part of the answer among them
SAMPLED = 160
GOOD = 0.3  # F1
LEAST = 1e-4  # of the expected F1, so that its log is finite


@dataclass(frozen=True)
class Lines:
    """A training question: `asked` (columns of a question,), `columns` (runs, columns of a run), F1
    `worth` (runs,)."""

    asked: np.ndarray
    columns: np.ndarray
    worth: np.ndarray


class SpanNetwork(torch.nn.Module):
    mean: torch.Tensor
    spread: torch.Tensor

    def __init__(self, asked: int, run: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(run))
        self.register_buffer("spread", torch.ones(run))
        self.asked = torch.nn.Linear(asked, HIDDEN)
        self.run = torch.nn.Linear(run, HIDDEN, bias=False)
        self.last = torch.nn.Linear(HIDDEN, 1, bias=False)
        self.plain = torch.nn.Linear(run, 1, bias=False)
        self.asked_part = torch.nn.Linear(asked, JOINED)
        self.run_part = torch.nn.Linear(run, JOINED)

    def forward(self, asked: torch.Tensor, runs: torch.Tensor, owner: torch.Tensor) -> torch.Tensor:
        """Scores (runs,). `owner`: which row of `asked` each run belongs to."""
        runs = functional.dropout((runs - self.mean) / self.spread, INPUT_DROPOUT, self.training)
        asked = functional.dropout(asked, INPUT_DROPOUT, self.training)
        hidden = functional.gelu(self.asked(asked)[owner] + self.run(runs))
        both = torch.tanh(self.asked_part(asked))[owner] * torch.tanh(self.run_part(runs))
        hidden = functional.dropout(hidden, DROPOUT, self.training)
        return (self.last(hidden) + self.plain(runs)).squeeze(-1) + both.sum(-1)

    @torch.inference_mode()
    def shares(self, asked: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """float32 (runs,), sums to 1: how likely each run of one question is."""
        owner = torch.zeros(len(columns), dtype=torch.long)
        return torch.softmax(
            self(torch.from_numpy(asked)[None], torch.from_numpy(columns), owner), 0
        ).numpy()


def train_network(
    rows: Sequence[Lines], seed: int, tell: Callable[[int, int], None]
) -> SpanNetwork:
    """
    Args:
        rows: at least one, each with a run that has words of the answer.
        tell: (epochs done, epochs).
    """
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    every = torch.from_numpy(_concatenate([row.columns for row in rows]))
    network = SpanNetwork(len(rows[0].asked), every.shape[1])
    network.mean.copy_(every.mean(0))
    network.spread.copy_(every.std(0, correction=0).clamp(min=1e-2))
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=steps + 1, pct_start=RISE
    )
    network.train()
    for epoch in range(EPOCHS):
        order = torch.randperm(len(rows), generator=draw).tolist()
        for at in range(0, len(order), BATCH):
            optimiser.zero_grad()
            _loss(network, [rows[number] for number in order[at : at + BATCH]], draw).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimiser.step()
            schedule.step()
        tell(epoch + 1, EPOCHS)
    return network.eval()


def _concatenate(parts: Sequence[np.ndarray]) -> np.ndarray:
    import numpy as np

    return np.concatenate(parts)


def _loss(network: SpanNetwork, rows: Sequence[Lines], draw: torch.Generator) -> torch.Tensor:
    """Mean over the rows; of each a draw of its runs."""
    taken, columns, worth, owner = [], [], [], []
    for place, row in enumerate(rows):
        values = torch.from_numpy(row.worth)
        good = torch.nonzero(values > GOOD).squeeze(1)
        rest = torch.randperm(len(values), generator=draw)[: max(1, SAMPLED - len(good))]
        some = torch.unique(torch.cat([good, rest]))
        taken.append(len(some))
        columns.append(torch.from_numpy(row.columns)[some])
        worth.append(values[some])
        owner += [place] * len(some)
    asked = torch.stack([torch.from_numpy(row.asked) for row in rows])
    scores = network(asked, torch.cat(columns), torch.tensor(owner)).split(taken)
    parts = [
        -torch.log((torch.softmax(own, 0) * values).sum().clamp(min=LEAST))
        for own, values in zip(scores, worth, strict=True)
    ]
    return torch.stack(parts).mean()
