"""A small network that weighs runs of tokens as answers, trained so that the words of the right one are likely.

Loss     minus the log of the expected F1 of the answer's words, over a softmax of all runs of a question: a run that is a
         word too long counts for what it has. The marginal likelihood of Lee et al. (2017), RaSoR, arxiv.org/abs/1611.01436,
         with F1 in the place of right and wrong
Network  one hidden layer over the columns of the question and of the run
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    import numpy as np

HIDDEN, DROPOUT, DECAY, RATE = 96, 0.2, 1e-3, 3e-3
EPOCHS, BATCH = 16, 16
SAMPLED = 160  # runs of a question that a step looks at, the right ones among them
LEAST = 1e-4  # of the expected F1, so that its log is finite


@dataclass(frozen=True)
class Posed:
    """One question for the network: `asked` (columns of the question,), `runs` (runs, columns of a run), and in
    training `worth` (runs,), the F1 of each."""

    asked: np.ndarray
    runs: np.ndarray
    worth: np.ndarray | None = None


class SpanNetwork(torch.nn.Module):
    def __init__(self, asked: int, run: int, hidden: int = HIDDEN):
        super().__init__()
        self.register_buffer("mean", torch.zeros(run))
        self.register_buffer("spread", torch.ones(run))
        self.asked = torch.nn.Linear(asked, hidden)
        self.run = torch.nn.Linear(run, hidden, bias=False)
        self.last = torch.nn.Linear(hidden, 1)
        self.plain = torch.nn.Linear(run, 1, bias=False)
        self.dropout = torch.nn.Dropout(DROPOUT)

    def forward(self, asked: torch.Tensor, runs: torch.Tensor, owner: torch.Tensor) -> torch.Tensor:
        """Scores (runs,). `owner`: which row of `asked` each run belongs to."""
        runs = (runs - self.mean) / self.spread
        hidden = torch.nn.functional.gelu(self.asked(asked)[owner] + self.run(runs))
        return (self.last(self.dropout(hidden)) + self.plain(runs)).squeeze(-1)

    @torch.inference_mode()
    def scores(self, posed: Posed) -> np.ndarray:
        """float32 (runs,)."""
        self.eval()
        owner = torch.zeros(len(posed.runs), dtype=torch.long)
        return self(torch.from_numpy(posed.asked)[None], torch.from_numpy(posed.runs), owner).numpy()


def trained(rows: Sequence[Posed], seed: int, step: Callable[[int, int], None]) -> SpanNetwork:
    """
    Args:
        rows: each with a run that has a word of the answer.
        step: told (epochs done, epochs).
    """
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    asked, runs, worth = _tensors(rows)
    network = SpanNetwork(asked.shape[1], runs[0].shape[1])
    every = torch.cat(runs)
    network.mean.copy_(every.mean(0))
    network.spread.copy_(every.std(0).clamp(min=1e-3))
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    total = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=total + 1, pct_start=0.1)
    for epoch in range(EPOCHS):
        network.train()
        order = torch.randperm(len(rows), generator=draw).tolist()
        for at in range(0, len(order), BATCH):
            loss = _loss(network, asked, runs, worth, order[at : at + BATCH], draw)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        step(epoch + 1, EPOCHS)
    return network.eval()


def _tensors(rows: Sequence[Posed]) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
    asked = torch.stack([torch.from_numpy(row.asked) for row in rows])
    worth = [torch.from_numpy(row.worth) for row in rows if row.worth is not None]
    return asked, [torch.from_numpy(row.runs) for row in rows], worth


def _loss(
    network: SpanNetwork,
    asked: torch.Tensor,
    runs: list[torch.Tensor],
    worth: list[torch.Tensor],
    numbers: list[int],
    draw: torch.Generator,
) -> torch.Tensor:
    taken, owner = [], []
    for place, number in enumerate(numbers):
        there = worth[number]
        good = torch.nonzero(there > 0.3).squeeze(1)
        rest = torch.randperm(len(there), generator=draw)[: max(1, SAMPLED - len(good))]
        taken.append(torch.unique(torch.cat([good, rest])))
        owner += [place] * len(taken[-1])
    flat = torch.cat([runs[number][some] for number, some in zip(numbers, taken, strict=True)])
    scores = network(asked[numbers], flat, torch.tensor(owner)).split([len(some) for some in taken])
    parts = [
        -torch.log((torch.softmax(own, 0) * worth[number][some]).sum().clamp(min=LEAST))
        for own, number, some in zip(scores, numbers, taken, strict=True)
    ]
    return torch.stack(parts).mean()
