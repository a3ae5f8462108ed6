"""Rows of a network that cannot be computed side by side: each by itself, a token of each in turn.

Why      Layers that pass a state from token to token, or attention that does not come to assay's
         function, do not allow for one line of tokens of several rows (see
         `model.attention_check`). Such models still stream, stop when a client leaves, and serve
         several clients; they are not faster for many than for one.
Costs    A cache a row. At most `SLOTS` rows are at work.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from assay.deployment.server.continuous_batching import LOGITS
from assay.deployment.server.sequence import FAULTS, RowState, describe_fault
from assay.models.inference.chat_model import ChatModel
from assay.models.inference.position_limit import rows_of
from assay.models.inference.sampler import PartialAnswer

SLOTS = 4


class Apart:
    """As `Writer`, for models that it does not take."""

    def __init__(self, model: ChatModel, *, slots: int = SLOTS):
        self.model = model
        self.most = min(slots, SLOTS)
        self.waiting: list[RowState] = []
        self.active: list[tuple[RowState, Iterator[list[PartialAnswer]]]] = []

    @property
    def busy(self) -> bool:
        return bool(self.waiting or self.active)

    @property
    def running(self) -> int:
        return len(self.active)

    def add(self, row: RowState) -> None:
        if row.line.over and not row.reads:
            row.speak()
            return
        self.waiting.append(row)

    def step(self) -> None:
        """One token of each row at work."""
        self.waiting = [row for row in self.waiting if not row.request.expire()]
        for row, _ in self.active:
            row.request.expire()
        while self.waiting and len(self.active) < self.most:
            row = self.waiting.pop(0)
            row.request.running = True
            self.active.append((row, self._passes(row)))
        for row, passes in self.active:
            if row.request.over:
                continue
            try:
                next(passes, None)
                row.speak()
            except FAULTS as fault:
                row.request.end(describe_fault(fault))
        self.active = [
            (row, passes)
            for row, passes in self.active
            if not row.request.over and not row.request.gone
        ]

    def _passes(self, row: RowState) -> Iterator[list[PartialAnswer]]:
        if row.reads:
            with rows_of(len(row.ids) + self.model.trained):
                hidden = self.model.body(
                    input_ids=torch.tensor([row.ids], device=self.model.device), use_cache=False
                ).last_hidden_state[0]
            for at in range(0, len(row.ids), LOGITS):
                row.hear(at, self.model.logits(hidden[at : at + LOGITS]))
        if not row.line.over:
            yield from self.model.desk([row.ids], row.teller.limit).write(row.teller, [row.line])

    def give_up(self, why: str) -> None:
        """End all rows."""
        for row in (*self.waiting, *(row for row, _ in self.active)):
            row.request.fail(why)
        self.waiting, self.active = [], []
