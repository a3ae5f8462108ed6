"""Continuous batching: one network writes for all requests that are there, and each pass may take
in new ones.

What     A pass computes the next token of every row that writes and, beside them, stretches of the
         prompts of rows that enter. A row that has ended, or whose client has left, is gone before
         the next pass.
Memory   `slots` rows, and own keys and values of `own_bytes` at most, but always one row. A row
         enters when there is room for all that it may come to, so none is thrown out halfway. Rows
         enter in the order in which they came.
Sharing  What prompts begin with is computed once (`kept`). A request that makes a beginning reads
         it there itself.
Adapters Rows of several adapters on one base are rows of one pass (`use.many`); a beginning belongs
         to an adapter.
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

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch

from assay.deployment.server.batch_pass import BatchPass, Stretch
from assay.deployment.server.prefix_cache import Lent, PrefixCache, extend_prefix
from assay.deployment.server.sequence import FAULTS, RowState, describe_fault
from assay.models.inference.batch_generation import reach
from assay.models.inference.chat_model import ChatModel
from assay.models.inference.shared_prefix_attention import Slots, layer_key_values
from assay.models.tokenizer.token_tree import common

SLOTS = 32
OWN_BYTES = 1 << 30  # of keys and values that rows at work have by themselves
BESIDE = 512  # tokens of prompts in a pass in which rows write: these wait for it
ALONE = 2048  # where none writes
ROOM = 128  # slots grow by so many tokens
LOGITS = 256  # places of a prompt whose logits are made at once
# (adapters of rows, (tokens,) the row of each token) -> a block in which the network computes with
# these: `Many.rows`
Mix = Callable[[Sequence[str], torch.Tensor], AbstractContextManager[None]]


def fits(model: ChatModel) -> bool:
    """Whether rows of this model can be computed side by side in one line; others are written one
    by one (`apart`)."""
    trained = model.soft().get_seq_length() if model.soft else 0
    chunked = reach(model.network, "attention_chunk_size") < model.chat.max_length
    trees = model.takes_trees and (not trained or model.lends)
    return trees and not chunked and trained < reach(model.network, "sliding_window")


class Writer:
    """Rows of one network.

    Args:
        mix: how several adapters compute in one pass; None: the network has none, or one that is
            always on.
    """

    def __init__(
        self,
        model: ChatModel,
        shelf: PrefixCache,
        *,
        slots: int = SLOTS,
        own_bytes: int = OWN_BYTES,
        mix: Mix | None = None,
    ):
        self.model = model
        self.body = model.network.base_model
        self.shelf = shelf
        self.most = slots
        self.own_bytes = own_bytes
        self.mix = mix
        self.waiting: list[RowState] = []
        self.active: list[RowState] = []  # by slot
        self.slots = Slots(0, 0, [])
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
        plan = self._plan()
        if not plan:
            return
        try:
            hidden = self._compute(plan)
            logits = self._next(plan, hidden)
        except FAULTS as fault:
            self._blame(plan, fault)
        else:
            for row, stretch in plan:
                self._took(row, stretch, hidden, logits)
        self._close()

    # --- who is at work ---------------------------------------------------------------------------

    def _drop(self) -> None:
        for row in (*self.waiting, *self.active):
            if why := row.request.late():
                row.request.fail(why)
                row.request.over = True
        self.waiting = [row for row in self.waiting if not row.request.over]
        self._close()

    def _admit(self) -> None:
        left: list[RowState] = []
        for place, row in enumerate(self.waiting):
            if len(self.active) == self.most or (
                row.apart and any(self._enters(r) for r in self.active)
            ):
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
            self._widen(room)
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

    def _enters(self, row: RowState) -> bool:
        return row.tokens_computed < len(row.ids)

    @property
    def _token(self) -> int:
        """Bytes of one token's keys and values."""
        if self.slots.own:
            return sum(
                s[:1, :, :1].numel() * s.element_size() for pair in self.slots.own for s in pair
            )
        known = self.model.network.config.get_text_config().to_dict()
        heads = known["num_attention_heads"]
        width = known.get("head_dim") or known["hidden_size"] // heads
        kv = known.get("num_key_value_heads") or heads
        return 2 * known["num_hidden_layers"] * kv * width * self.body.dtype.itemsize

    def _widen(self, room: int) -> None:
        """Make place for the rows at work; slots that hold nothing are made anew, as small as they
        may be."""
        room = -(-room // ROOM) * ROOM
        rows = len(self.active)
        used = max((row.length for row in self.active), default=0)
        if not used:
            if rows > self.slots.rows or room != self.slots.room:
                self.slots = Slots(_rows(rows, self.most), room, [])
            return
        if rows <= self.slots.rows and room <= self.slots.room:
            return
        wide = Slots(max(self.slots.rows, _rows(rows, self.most)), max(room, self.slots.room), [])
        for number, (keys, values) in enumerate(self.slots.own):
            for new, old in zip(
                wide.layer(number, keys[:1, :, :1], values[:1, :, :1]), (keys, values), strict=True
            ):
                new[: len(old), :, :used] = old[:, :, :used]
        self.slots = wide

    # --- a pass -----------------------------------------------------------------------------------

    def _plan(self) -> list[tuple[RowState, Stretch]]:
        """Which rows have how many tokens computed."""
        writing = sum(row.ahead == 1 for row in self.active)
        left = BESIDE if writing else ALONE
        plan: list[tuple[RowState, Stretch]] = []
        start = 0
        for slot, row in enumerate(self.active):
            count = 1 if row.ahead == 1 else min(row.ahead, left)
            if count < 1:
                continue
            left -= count if row.ahead > 1 else 0
            plan.append((row, Stretch(slot, row.length, count, start, row.lent)))
            start += count
        return plan

    def _compute(self, plan: Sequence[tuple[RowState, Stretch]]) -> torch.Tensor:
        """Hidden states of the line, (tokens, width)."""
        device = self.model.device
        ids = [token for row, stretch in plan for token in row.next(stretch.new)]
        work = BatchPass.of(self.slots, [stretch for _, stretch in plan], device)
        mixed = (
            self.mix([row.adapter for row in self.active], work.slot) if self.mix else nullcontext()
        )
        with mixed:
            return self.body(
                input_ids=torch.tensor([ids], device=device),
                position_ids=(work.place + work.before)[None],
                attention_mask=torch.ones(1, 1, 1, 1, dtype=torch.long, device=device),
                lent=work,
                use_cache=False,
            ).last_hidden_state[0]

    def _next(
        self, plan: Sequence[tuple[RowState, Stretch]], hidden: torch.Tensor
    ) -> dict[int, torch.Tensor]:
        """The logits, (1, vocabulary), of the rows that get a token, by slot: one product for all
        of them."""
        ends = [s for row, s in plan if s.new == row.ahead and not row.making and not row.line.over]
        if not ends:
            return {}
        rows = self.model.logits(hidden[[s.start + s.new - 1 for s in ends]])
        return {s.slot: rows[i : i + 1] for i, s in enumerate(ends)}

    def _took(
        self, row: RowState, stretch: Stretch, hidden: torch.Tensor, logits: dict[int, torch.Tensor]
    ) -> None:
        """What a pass means for one row. A fault in it ends that row alone."""
        ended = stretch.new == row.ahead
        try:
            if row.reads and self._enters(row):
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
            row.request.fail(describe_fault(fault))
            row.request.over = True

    def _lift(self, row: RowState, slot: int) -> None:
        """Make a beginning of what a row has computed, and let it read that."""
        trained = row.lent.kept.trained if row.lent else 0
        ids = row.array[: row.making]
        layers = extend_prefix(row.lent, self.slots.own, slot, row.length)
        kept = self.shelf.put(row.adapter, ids, layers, trained)
        if kept is not None:
            row.lent, row.length = Lent(kept, row.making), 0
        row.making = 0

    def _blame(self, plan: Sequence[tuple[RowState, Stretch]], fault: Exception) -> None:
        """A pass has failed. Rows that entered in it try again by themselves; one that did so is
        given up, and so are all where none entered."""
        entering = [row for row, _ in plan if self._enters(row)]
        guilty = entering if len(entering) == 1 else [] if entering else [row for row, _ in plan]
        for row in guilty:
            row.request.fail(describe_fault(fault))
            row.request.over = True
        again = [row for row in entering if not row.request.over]
        for row in again:
            row.apart, row.making, row.length, row.lent = True, 0, 0, None
            row.echoed.clear()
        self.waiting = again + self.waiting
        self._leave({id(row) for row in again})

    def _close(self) -> None:
        self._leave(set())

    def _leave(self, going: set[int]) -> None:
        """Rows that are over, and `going`, leave their slots; the last ones move into these."""
        stays = [
            not row.request.over and not row.request.gone and id(row) not in going
            for row in self.active
        ]
        count = sum(stays)
        holes = [i for i in range(count) if not stays[i]]
        movers = [i for i in range(count, len(self.active)) if stays[i]]
        if movers:
            self.slots.move(movers, holes, max(self.active[i].length for i in movers))
        for source, target in zip(movers, holes, strict=True):
            self.active[target] = self.active[source]
        del self.active[count:]
        if not self.active:
            self.slots = Slots(0, 0, [])

    def give_up(self, why: str) -> None:
        """End all rows."""
        for row in (*self.waiting, *self.active):
            row.request.fail(why)
        self.waiting, self.active, self.slots = [], [], Slots(0, 0, [])


def _rows(rows: int, most: int) -> int:
    """The next power of two, so that slots are copied seldom."""
    return min(most, 1 << (rows - 1).bit_length())
