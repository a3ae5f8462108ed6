"""Many answers at once: rows that have ended leave, rows that wait enter, and what all prompts
begin with is shared.

How       The common beginning is computed once and lent (`shared_prefix`); so is a prompt that
          several answers are drawn for, while its rows are at work. Prompts wait longest
          first; as many are at work as there are slots. One pass computes the next token of each
          row that writes, and the prompts of the rows that enter beside them (`input_batch`): so
          the weights are read once for all of them, and no padding is computed.
Memory    `ROWS` rows, `OWN_BYTES` of their keys and values and `PASS_TOKENS` tokens a pass at most,
          but always one row.
Otherwise A model that cannot be computed on token trees, or whose layers look back over chunks that
          are shorter than the prompt: padded batches with a cache each; row by row where layers do
          not look back over all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import torch
from transformers import DynamicCache

from assay.models.inference.batch_plan import Padded, by_length, repeat_cache
from assay.models.inference.input_batch import BatchRow, InputBatch, token_bytes
from assay.models.inference.position_limit import steps_of
from assay.models.inference.sampler import PartialAnswer, Pen
from assay.models.inference.shared_prefix import PrefixView
from assay.models.inference.shared_prefix_attention import Slots

ROWS = 64  # at work at once
OWN_BYTES = 256 << 20  # of keys and values that rows at work have by themselves
PASS_TOKENS = 4096  # computed at once: past this, larger passes gain nothing on a processor
# own tokens of a prompt from which it is computed once for several answers: a pass of its own
# costs as much as some tokens in one that is made anyway
WORTH = 8


class BatchWriter:
    """A network and what all rows begin with.

    Args:
        logits: fp32 logits of hidden states, (rows, width) to (rows, vocabulary).
        prefix: keys and values of the shared beginning, for one row. start: its tokens; shared:
            those that are taken from the prompts, the others being trained ones. lends: rows read
            it where it lies; else each batch has a copy. narrow: some layers do not look back over
            the whole prompt, or padding changes what is computed.
            keeps: a cache can be gone on with; else a row is computed anew for each token.
        most: rows with more tokens leave before they have ended.
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
        most: float = math.inf,
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
        self.most = most
        self.device = network.get_input_embeddings().weight.device

    def write(self, pen: Pen, lines: Sequence[PartialAnswer]) -> Iterator[list[PartialAnswer]]:
        """Write all lines to their ends; after each pass come the lines that it has ended."""
        waiting = sorted(
            (line for line in lines if not line.over),
            key=lambda line: (-_tokens(line), line.number),
        )
        if ended := [line for line in lines if line.over]:
            yield ended
        if not self.lends:
            lengths = [_tokens(line) - self.shared for line in waiting]
            # What layers look back over is counted in columns: padding would take part of it.
            budget = 0 if self.narrow else PASS_TOKENS
            batches = by_length(lengths, budget, extra=pen.limit + self.start)
            for batch in batches:
                yield from (self._write_padded if self.keeps else self._anew)(
                    pen, [waiting[i] for i in batch]
                )
            return
        rows = self._rows(pen, waiting)
        while rows:
            most, room = self._slots(rows)
            # Much shorter prompts go into more slots of their own, later.
            group = [row for i, row in enumerate(rows) if i < most or 2 * row.need >= room]
            yield from self._flow(pen, group, Slots(most, room))
            rows = rows[len(group) :]

    def _rows(self, pen: Pen, waiting: Sequence[PartialAnswer]) -> list[BatchRow]:
        """All of them read the common beginning."""
        prefix = None
        if waiting and self.prefix is not None:
            first = waiting[0].ids[: self.shared]
            prefix = PrefixView.of(self.prefix, first, self.body.dtype)
        return [BatchRow(line=line, limit=pen.limit, lent=prefix) for line in waiting]

    def _slots(self, waiting: Sequence[BatchRow]) -> tuple[int, int]:
        """How many rows may be at work, and the tokens each has room for."""
        lent, room = waiting[0].lent, waiting[0].need
        token = token_bytes(self.network, lent.kept.layers if lent else [])
        return max(1, min(ROWS, len(waiting), OWN_BYTES // (token * room))), room

    def _flow(
        self, pen: Pen, waiting: Sequence[BatchRow], slots: Slots
    ) -> Iterator[list[PartialAnswer]]:
        batch: InputBatch[BatchRow] = InputBatch(self.network)
        batch.slots = slots
        ahead = 0
        while batch.active or ahead < len(waiting):
            count = len(batch.active)
            self._share(waiting[ahead : ahead + slots.rows - count], batch.active)
            entering = admit(waiting[ahead:], slots.rows - count, PASS_TOKENS - count)
            ahead += len(entering)
            batch.active += entering
            plan = batch.plan()
            hidden = batch.compute(plan)
            lines = [row.line for row in batch.active]
            pen.write(lines, self.logits(hidden[[stretch.last for _, stretch in plan]]))
            for row, stretch in plan:
                row.length += stretch.new
            batch.leave([self._stays(line) for line in lines])
            yield [line for line in lines if line.over]

    def _share(self, entering: Sequence[BatchRow], active: Sequence[BatchRow]) -> None:
        """Rows with the same prompt that may enter now read it where it was computed once, all but
        its last token; with those at work that have it already."""
        known = {tuple(row.ids): row.lent for row in active}
        counts = Counter(tuple(row.ids) for row in entering)
        for row in entering:
            own = tuple(row.ids)
            again = counts[own] > 1 and len(own) - 1 - self.shared >= WORTH
            if own not in known and again:
                known[own] = self._lend(row.ids[:-1])
            if known.get(own) is not None:
                row.lent = known[own]

    def _lend(self, ids: list[int]) -> PrefixView:
        """A beginning of these tokens, which go on from the common one."""
        own = ids[self.shared :]
        cache = repeat_cache(self.prefix, 1) or DynamicCache(config=self.network.config)
        length = self.start + len(own)
        self.body(
            input_ids=torch.tensor([own], device=self.device),
            position_ids=torch.arange(self.start, length, device=self.device)[None],
            attention_mask=torch.ones(1, length, dtype=torch.long, device=self.device),
            cache=cache,
            use_cache=True,
        )
        return PrefixView.of(cache, ids, self.body.dtype)

    def _write_padded(self, pen: Pen, alive: list[PartialAnswer]) -> Iterator[list[PartialAnswer]]:
        """One batch with a cache of its own; rows that have ended leave it."""
        rows = [[*line.ids, *line.tokens][self.shared :] for line in alive]
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
            keep = [i for i, line in enumerate(alive) if self._stays(line)]
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
            alive = [line for line in alive if self._stays(line)]

    def _stays(self, line: PartialAnswer) -> bool:
        return not line.over and _tokens(line) <= self.most


class TwoSidedWriter:
    """Rows of a model with a position limit: those within it first, then those beyond it together
    with those that crossed it, which are computed again from their first token.

    Args:
        desk: a writer for rows with these prompts, which leave it with more than `most` tokens.
        limit: tokens of a prompt and its answer without trained ones.
    """

    def __init__(self, desk: Callable[[Sequence[Sequence[int]], float], BatchWriter], limit: float):
        self.desk = desk
        self.limit = limit
        self.logits: Any = None  # instead of the writers'

    def write(self, pen: Pen, lines: Sequence[PartialAnswer]) -> Iterator[list[PartialAnswer]]:
        """As `BatchWriter.write`."""
        if ended := [line for line in lines if line.over]:
            yield ended
        within = [line for line in lines if not line.over and _tokens(line) <= self.limit]
        if within:
            yield from steps_of(self._side(pen, within, self.limit), 0)
        if further := [line for line in lines if not line.over]:
            yield from steps_of(self._side(pen, further, math.inf), math.inf)

    def _side(
        self, pen: Pen, lines: Sequence[PartialAnswer], most: float
    ) -> Iterator[list[PartialAnswer]]:
        desk = self.desk([line.ids for line in lines], most)
        desk.logits = self.logits or desk.logits
        yield from desk.write(pen, lines)


def _tokens(line: PartialAnswer) -> int:
    return len(line.ids) + len(line.tokens)


def admit(waiting: Sequence[BatchRow], free: int, tokens: int) -> list[BatchRow]:
    """Those that enter now: as many as have a slot, and whose prompts fit into one pass."""
    count, sum_ = 0, 0
    for row in waiting[:free]:
        sum_ += row.ahead
        if count and sum_ > tokens:
            break
        count += 1
    return list(waiting[:count])


def reach(network: Any, name: Literal["sliding_window", "attention_chunk_size"]) -> float:
    """Over how many tokens every layer can look back, by one of the two things that narrow it."""
    return float(network.config.get_text_config().to_dict().get(name) or "inf")
