"""Many answers at once: rows that have ended leave, rows that wait enter, and what all prompts
begin with is shared.

How       The common beginning is computed once and lent (`lending`). Prompts wait longest first; as
          many are at work as there are slots. One pass computes the next token of each row that
          writes, and the prompts of the rows that enter beside them: so the weights are read once
          for all of them, and no padding is computed.
Memory    `ROWS` rows, `OWN_BYTES` of their keys and values and `PASS_TOKENS` tokens a pass at most,
          but always one row.
Otherwise A model that cannot be computed on token trees, or whose layers look back over chunks that
          are shorter than the prompt: padded batches with a cache each; row by row where layers do
          not look back over all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from transformers import DynamicCache

from assay.models.inference.batch_plan import Padded, by_length, repeat_cache
from assay.models.inference.sampler import PartialAnswer, Pen
from assay.models.inference.shared_prefix_attention import Pass, Slots, layer_key_values

ROWS = 64  # at work at once
OWN_BYTES = 256 << 20  # of keys and values that rows at work have by themselves
PASS_TOKENS = 4096  # computed at once: past this, larger passes gain nothing on a processor


class BatchWriter:
    """A network and what all rows begin with.

    Args:
        logits: fp32 logits of hidden states, (rows, width) to (rows, vocabulary).
        prefix: keys and values of the shared beginning, for one row. start: its tokens; shared:
            those that are taken from the prompts, the others being trained ones. lends: rows read
            it where it lies; else each batch has a copy. narrow: some layers do not look back over
            the whole prompt, or padding changes what is computed.
            keeps: a cache can be gone on with; else a row is computed anew for each token.
    """

    def __init__(
        self,
        network: Any,
        logits: Any,
        prefix: DynamicCache | None,
        start: int,
        shared: int,
        pad: int,
        *,
        lends: bool,
        narrow: bool,
        keeps: bool = True,
    ):
        self.network = network
        self.body = network.base_model
        self.logits = logits
        self.prefix = prefix
        self.start = start
        self.shared = shared
        self.pad = pad
        self.lends = lends
        self.narrow = narrow
        self.keeps = keeps
        self.device = network.get_input_embeddings().weight.device

    def write(self, pen: Pen, lines: Sequence[PartialAnswer]) -> Iterator[list[PartialAnswer]]:
        """Write all lines to their ends; after each pass come the lines that it has ended."""
        waiting = sorted(
            (line for line in lines if not line.over),
            key=lambda line: (-len(line.ids), line.number),
        )
        if ended := [line for line in lines if line.over]:
            yield ended
        if not self.lends:
            lengths = [len(line.ids) - self.shared for line in waiting]
            # What layers look back over is counted in columns: padding would take part of it.
            budget = 0 if self.narrow else PASS_TOKENS
            batches = by_length(lengths, budget, extra=pen.limit + self.start)
            for batch in batches:
                yield from (self._write_padded if self.keeps else self._anew)(
                    pen, [waiting[i] for i in batch]
                )
            return
        while waiting:
            rows, room = self._slots(len(waiting[0].ids) - self.shared + pen.limit, len(waiting))
            # Much shorter prompts go into more slots of their own, later.
            group = [
                i for i, line in enumerate(waiting) if i < rows or 2 * self._room(pen, line) >= room
            ]
            yield from self._flow(
                pen, waiting[: len(group)], Slots.of(self.prefix, rows, room, self.body.dtype)
            )
            waiting = waiting[len(group) :]

    def _room(self, pen: Pen, line: PartialAnswer) -> int:
        return len(line.ids) - self.shared + pen.limit

    def _slots(self, room: int, waiting: int) -> tuple[int, int]:
        """How many rows may be at work, and the tokens each has room for."""
        if self.prefix is not None:
            token = sum(
                part[:, :, :1].numel() * part.element_size()
                for pair in layer_key_values(self.prefix)
                for part in pair
            )
        else:  # as many key heads as there can be
            config = self.network.config.get_text_config()
            token = 2 * config.num_hidden_layers * config.hidden_size * self.body.dtype.itemsize
        return max(1, min(ROWS, waiting, OWN_BYTES // (token * room))), room

    def _flow(
        self, pen: Pen, waiting: Sequence[PartialAnswer], slots: Slots
    ) -> Iterator[list[PartialAnswer]]:
        active: list[PartialAnswer] = []  # by slot
        lengths: list[int] = []  # own tokens in each slot
        ahead = 0
        while active or ahead < len(waiting):
            entering = self._admit(
                waiting[ahead:], slots.rows - len(active), PASS_TOKENS - len(active)
            )
            ahead += len(entering)
            own = [line.ids[self.shared :] for line in entering]
            step = Pass.of(slots, lengths, [len(ids) for ids in own], self.device)
            ids = [line.tokens[-1] for line in active] + [token for row in own for token in row]
            hidden = self.body(
                input_ids=torch.tensor([ids], device=self.device),
                position_ids=step.place[None] + self.start,
                attention_mask=torch.ones(1, 1, 1, 1, dtype=torch.long, device=self.device),
                lent=step,
                use_cache=False,
            ).last_hidden_state[0]
            active += entering
            lengths = [length + 1 for length in lengths] + [len(ids) for ids in own]
            pen.write(active, self.logits(hidden[step.last]))
            ended = [line for line in active if line.over]
            active, lengths = compact_slots(active, lengths, slots)
            yield ended

    def _admit(
        self, waiting: Sequence[PartialAnswer], free: int, tokens: int
    ) -> list[PartialAnswer]:
        """Those that enter now: as many as have a slot, and whose prompts fit into one pass."""
        count, sum_ = 0, 0
        for line in waiting[:free]:
            sum_ += len(line.ids) - self.shared
            if count and sum_ > tokens:
                break
            count += 1
        return list(waiting[:count])

    def _write_padded(self, pen: Pen, alive: list[PartialAnswer]) -> Iterator[list[PartialAnswer]]:
        """One batch with a cache of its own; rows that have ended leave it."""
        rows = [line.ids[self.shared :] for line in alive]
        padded = Padded.of(rows, start=self.start, pad=self.pad, device=self.device)
        cache = repeat_cache(self.prefix, len(rows)) or DynamicCache(config=self.network.config)
        ones = torch.ones(len(rows), self.start, dtype=torch.bool, device=self.device)
        real, ids, positions = torch.cat([ones, padded.real], 1), padded.ids, padded.depth
        while alive:
            hidden = self.body(
                input_ids=ids,
                position_ids=positions,
                attention_mask=real.long(),
                cache=cache,
                use_cache=True,
            ).last_hidden_state[:, -1]
            pen.write(alive, self.logits(hidden))
            yield [line for line in alive if line.over]
            keep = [i for i, line in enumerate(alive) if not line.over]
            if keep and len(keep) < len(alive):
                index = torch.tensor(keep, device=self.device)
                cache.batch_select_indices(index)
                real, positions = real[index], positions[index]
            alive = [alive[i] for i in keep]
            ids = torch.tensor([line.tokens[-1:] for line in alive], device=self.device)
            positions = positions[:, -1:] + 1
            real = torch.cat([real, real.new_ones(len(real), 1)], 1)

    def _anew(self, pen: Pen, alive: list[PartialAnswer]) -> Iterator[list[PartialAnswer]]:
        """Without a cache: padded on the right, where nothing sees it."""
        while alive:
            rows = [[*line.ids, *line.tokens] for line in alive]
            width = max(map(len, rows))
            ids = torch.tensor(
                [[*row, *[self.pad] * (width - len(row))] for row in rows], device=self.device
            )
            hidden = self.body(input_ids=ids, use_cache=False).last_hidden_state
            last = [own[len(row) - 1] for own, row in zip(hidden, rows, strict=True)]
            pen.write(alive, self.logits(torch.stack(last)))
            yield [line for line in alive if line.over]
            alive = [line for line in alive if not line.over]


def compact_slots(
    active: Sequence[PartialAnswer], lengths: Sequence[int], slots: Slots
) -> tuple[list[PartialAnswer], list[int]]:
    """The lines that go on, in the slots 0, 1, ...: the last ones move into the slots of those that
    have ended."""
    count = sum(not line.over for line in active)
    holes = [i for i in range(count) if active[i].over]
    movers = [i for i in range(count, len(active)) if not active[i].over]
    lines, left = list(active), list(lengths)
    if movers:
        slots.move(movers, holes, max(lengths[i] for i in movers))
        for source, target in zip(movers, holes, strict=True):
            lines[target], left[target] = lines[source], left[source]
    return lines[:count], left[:count]


def reach(network: Any, name: Literal["sliding_window", "attention_chunk_size"]) -> float:
    """Over how many tokens every layer can look back, by one of the two things that narrow it."""
    return float(network.config.get_text_config().to_dict().get(name) or "inf")
