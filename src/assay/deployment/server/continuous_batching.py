"""Continuous batching: one network writes for all requests that are there, and each pass may take
in new ones.

What     A pass computes the next token of every row that writes and, beside them, stretches of the
         prompts of rows that enter. A row that has ended, or whose client has left, is gone before
         the next pass.
Memory   `slots` rows, and own keys and values of `own_bytes` at most, but always one row. A row
         enters when there is room for all that it may come to, so none is thrown out halfway. Rows
         enter in the order in which they came.
Sharing  What prompts begin with is computed once (`prefix_cache`). A request that makes a beginning
         reads it there itself; a beginning belongs to an adapter.
Rounding A row's logits differ in the last bits with the company that it is in, as
         products of other shapes are summed in another order: in fp32 by about 1e-6 of their size.
         Greedy answers are those of `ChatModel.generate` but where two tokens lie closer than that;
         in bf16 near ties may fall the other way.
Source   Yu et al. (2022), Orca: A Distributed Serving System for Transformer-Based Generative
         Models (iteration-level scheduling), usenix.org/conference/osdi22/presentation/yu; Kwon et
         al. (2023), arxiv.org/abs/2309.06180; Sheng et al. (2023), S-LoRA, arxiv.org/abs/2311.03285
         (adapters of several rows)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from assay.deployment.server.prefix_cache import PrefixCache, extend_prefix
from assay.deployment.server.sequence import FAULTS, RowState, describe_fault
from assay.models.inference.batch_pass import Stretch
from assay.models.inference.chat_model import ChatModel
from assay.models.inference.input_batch import InputBatch, Mix, token_bytes
from assay.models.inference.shared_prefix import PrefixView
from assay.models.inference.shared_prefix_attention import Slots, layer_key_values
from assay.models.tokenizer.token_tree import common

SLOTS = 32
OWN_BYTES = 1 << 30  # of keys and values that rows at work have by themselves
BESIDE = 512  # tokens of prompts in a pass in which rows write: these wait for it
ALONE = 2048  # where none writes
LOGITS = 256  # places of a prompt whose logits are made at once


def fits(model: ChatModel) -> bool:
    """Whether rows of this model can be computed side by side in one line, and none crosses its
    position limit; others are written one by one (`apart`)."""
    trained, length = model.trained, model.chat.max_length
    within = length <= model.position_limit
    return within and model.takes_rows(length, trained, cached=trained > 0)


class Writer(InputBatch[RowState]):
    """Rows of one network that come and leave. `mix`: `Many.rows`, where it has several
    adapters."""

    def __init__(
        self,
        model: ChatModel,
        shelf: PrefixCache,
        *,
        slots: int = SLOTS,
        own_bytes: int = OWN_BYTES,
        mix: Mix | None = None,
    ):
        super().__init__(model.network, mix)
        self.model = model
        self.shelf = shelf
        self.most = slots
        self.own_bytes = own_bytes
        self.waiting: list[RowState] = []
        if model.soft:
            shelf.root("", layer_key_values(model.soft()))

    @property
    def busy(self) -> bool:
        return bool(self.waiting or self.active)

    @property
    def running(self) -> int:
        return len(self.active)

    def add(self, row: RowState) -> None:
        """Queue a row. One that writes nothing and reads nothing is answered at once."""
        if row.line.over and not row.reads:
            row.speak()
            return
        self.shelf.saw(row.adapter, row.request.number, row.array)
        self.waiting.append(row)

    def step(self) -> None:
        """One pass."""
        self._drop()
        self._admit()
        plan = self.plan(BESIDE if any(row.ahead == 1 for row in self.active) else ALONE)
        if not plan:
            return
        try:
            hidden = self.compute(plan)
            logits = self._next(plan, hidden)
        except FAULTS as fault:
            self._blame(plan, fault)
        else:
            for row, stretch in plan:
                self._took(row, stretch, hidden, logits)
        self._close()

    # --- who is at work ---------------------------------------------------------------------------

    def _drop(self) -> None:
        self.waiting = [row for row in self.waiting if not row.request.expire()]
        for row in self.active:
            row.request.expire()
        self._close()

    def _admit(self) -> None:
        left: list[RowState] = []
        for place, row in enumerate(self.waiting):
            if len(self.active) == self.most or (row.apart and any(r.enters for r in self.active)):
                left += self.waiting[place:]
                break
            row.lent = None if row.reads else self.shelf.find(row.adapter, row.array)
            known = row.lent.tokens if row.lent else 0
            if not row.reads and self._has_maker(row, known):
                left.append(row)  # another row computes what it begins with
                continue
            room = max(r.need for r in (*self.active, row))
            if self.active and (len(self.active) + 1) * room * self._token > self.own_bytes:
                left += self.waiting[place:]
                break
            wish = 0 if row.reads else self.shelf.wish(row.adapter, row.request.number, row.array)
            row.making = wish if wish >= known + self.shelf.least else 0
            row.length, row.shared = 0, known
            row.request.running = True
            self.active.append(row)
            self.widen(room, self.most)
            if row.apart:
                left += self.waiting[place + 1 :]
                break
        self.waiting = left

    def _has_maker(self, row: RowState, known: int) -> bool:
        """Whether a row at work makes a beginning of which this one has more than it finds."""
        makers = (r for r in self.active if r.making and r.adapter == row.adapter)
        return any(
            common(r.array[: r.making], row.array[:-1]) >= known + self.shelf.least for r in makers
        )

    @property
    def _token(self) -> int:
        """Bytes of one token's keys and values."""
        return token_bytes(self.network, self.slots.own)

    # --- a pass -----------------------------------------------------------------------------------

    def _next(
        self, plan: Sequence[tuple[RowState, Stretch]], hidden: torch.Tensor
    ) -> dict[int, torch.Tensor]:
        """The logits, (1, vocabulary), of the rows that get a token, by slot: one product for all
        of them."""
        ends = [s for row, s in plan if s.new == row.ahead and not row.making and not row.line.over]
        if not ends:
            return {}
        rows = self.model.logits(hidden[[s.last for s in ends]])
        return {s.slot: rows[i : i + 1] for i, s in enumerate(ends)}

    def _took(
        self, row: RowState, stretch: Stretch, hidden: torch.Tensor, logits: dict[int, torch.Tensor]
    ) -> None:
        """What a pass means for one row. A fault in it ends that row alone."""
        ended = stretch.new == row.ahead
        try:
            if row.reads and row.enters:
                for at in range(0, stretch.new, LOGITS):
                    count = min(LOGITS, stretch.new - at)
                    row.hear(
                        row.tokens_computed + at,
                        self.model.logits(hidden[stretch.start + at : stretch.start + at + count]),
                    )
            row.length += stretch.new
            if not ended:
                return
            if row.making:
                self._lift(row, stretch.slot)
            elif row.line.over:  # only its prompt was to be read
                row.speak()
            else:
                row.write(logits[stretch.slot])
        except FAULTS as fault:
            row.request.end(describe_fault(fault))

    def _lift(self, row: RowState, slot: int) -> None:
        """Make a beginning of what a row has computed, and let it read that."""
        trained = row.lent.kept.trained if row.lent else 0
        ids = row.array[: row.making]
        layers = extend_prefix(row.lent, self.slots.own, slot, row.length)
        kept = self.shelf.put(row.adapter, ids, layers, trained)
        if kept is not None:
            row.lent, row.length = PrefixView(kept, row.making), 0
        row.making = 0

    def _blame(self, plan: Sequence[tuple[RowState, Stretch]], fault: Exception) -> None:
        """A pass has failed. Rows that entered in it try again by themselves; one that did so is
        given up, and so are all where none entered."""
        entering = [row for row, _ in plan if row.enters]
        guilty = entering if len(entering) == 1 else [] if entering else [row for row, _ in plan]
        for row in guilty:
            row.request.end(describe_fault(fault))
        again = [row for row in entering if not row.request.over]
        for row in again:
            row.apart, row.making, row.length, row.lent = True, 0, 0, None
            row.echoed.clear()
        self.waiting = again + self.waiting
        self._leave({id(row) for row in again})

    def _close(self) -> None:
        self._leave(set())

    def _leave(self, going: set[int]) -> None:
        """Rows that are over, and `going`, leave their slots."""
        self.leave(
            [
                not row.request.over and not row.request.gone and id(row) not in going
                for row in self.active
            ]
        )
        if not self.active:
            self.slots = Slots(0, 0)

    def give_up(self, why: str) -> None:
        """End all rows."""
        for row in (*self.waiting, *self.active):
            row.request.fail(why)
        self.waiting, self.active, self.slots = [], [], Slots(0, 0)
