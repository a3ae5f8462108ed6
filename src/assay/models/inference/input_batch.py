"""Rows of one network that are written side by side: who has which slot, what a pass computes, and
how slots are closed up when rows leave.

What     Who may enter, and when, is said by others: of a list that is known from the start
         (`batch_generation`), or of requests that come and leave (the server). Rows of several
         adapters on one base are rows of one pass.
Source   Yu et al. (2022), Orca: A Distributed Serving System for Transformer-Based Generative
         Models (iteration-level scheduling), usenix.org/conference/osdi22/presentation/yu; the
         name is vLLM's: Kwon et al. (2023), arxiv.org/abs/2309.06180
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch

from assay.models.inference.batch_pass import BatchPass, Stretch, line_up
from assay.models.inference.prefix_stack import PrefixStack, stack
from assay.models.inference.sampler import PartialAnswer
from assay.models.inference.shared_prefix import PrefixView
from assay.models.inference.shared_prefix_attention import Layers, Slots

ROOM = 128  # slots grow by so many tokens
# (adapters of rows, (tokens,) the row of each token) -> a block in which the network computes with
# these
Mix = Callable[[Sequence[str], torch.Tensor], AbstractContextManager[None]]


@dataclass(eq=False, kw_only=True)
class BatchRow:
    """A prompt and its answer while they are computed.

    Attributes:
        limit: tokens of the answer, at most. lent: the beginning that the prompt reads. length: own
            tokens that were computed.
        making: so many first tokens of the prompt become a beginning that others read; 0: none.
    """

    line: PartialAnswer
    limit: int
    lent: PrefixView | None = None
    adapter: str = ""
    length: int = 0
    making: int = 0

    @property
    def ids(self) -> list[int]:
        """The prompt."""
        return self.line.ids

    @property
    def tokens_computed(self) -> int:
        """Tokens of prompt and answer that are computed."""
        return (self.lent.tokens if self.lent else 0) + self.length

    @property
    def enters(self) -> bool:
        """Whether its prompt is still being read."""
        return self.tokens_computed < len(self.ids)

    @property
    def ahead(self) -> int:
        """Tokens that the next passes have to compute before the next one can be written."""
        return (self.making or len(self.ids) + len(self.line.tokens)) - self.tokens_computed

    def next(self, count: int) -> list[int]:
        """The next tokens to be computed."""
        at, n = self.tokens_computed, len(self.ids)
        return (self.ids[at : at + count] if at < n else []) + self.line.tokens[
            max(0, at - n) : max(0, at + count - n)
        ]

    @property
    def need(self) -> int:
        """Own tokens that it may come to."""
        return len(self.ids) - (self.lent.tokens if self.lent else 0) + self.limit


R = TypeVar("R", bound=BatchRow)


class InputBatch(Generic[R]):
    """The rows at work.

    Args:
        mix: how several adapters compute in one pass; None: the network has none, or one that is
            always on.
    """

    def __init__(self, network: Any, mix: Mix | None = None):
        self.network = network
        self.body = network.base_model
        self.device: torch.device = network.get_input_embeddings().weight.device
        self.mix = mix
        self.active: list[R] = []  # by slot
        self.slots = Slots(0, 0)
        self._read: list[PrefixView] = []  # beginnings of the last pass
        self._stack: PrefixStack | None = None

    # --- a pass -----------------------------------------------------------------------------------

    def plan(self, most: int | None = None) -> list[tuple[R, Stretch]]:
        """Which rows have how many tokens computed: those that write one each, and the others at
        most `most` together; None: all that they have."""
        left = sum(row.ahead for row in self.active) if most is None else most
        takes: list[tuple[R, int, int]] = []
        for slot, row in enumerate(self.active):
            ahead = row.ahead
            count = 1 if ahead == 1 else min(ahead, left)
            if count < 1:
                continue
            left -= count if ahead > 1 else 0
            takes.append((row, slot, count))
        line = line_up((slot, row.length, count, row.lent) for row, slot, count in takes)
        return [(row, stretch) for (row, *_), stretch in zip(takes, line, strict=True)]

    def compute(self, plan: Sequence[tuple[R, Stretch]]) -> torch.Tensor:
        """Hidden states of the line, (tokens, width)."""
        ids = [token for row, stretch in plan for token in row.next(stretch.new)]
        stretches = [stretch for _, stretch in plan]
        lent = list(dict.fromkeys(s.lent for s in stretches if s.lent and s.columns))
        self._stack = stack(lent, self._read, self._stack)
        self._read = lent
        work = BatchPass.of(self.slots, stretches, self.device, self._stack)
        mixed = (
            self.mix([row.adapter for row in self.active], work.slot) if self.mix else nullcontext()
        )
        with mixed:
            return self.body(
                input_ids=torch.tensor([ids], device=self.device),
                position_ids=(work.place + work.before)[None],
                attention_mask=torch.ones(1, 1, 1, 1, dtype=torch.long, device=self.device),
                lent=work,
                use_cache=False,
            ).last_hidden_state[0]

    # --- slots ------------------------------------------------------------------------------------

    def widen(self, room: int, most: int) -> None:
        """Make place for the rows at work, at most `most`, with so many own tokens each; slots that
        hold nothing are made anew, as small as they may be."""
        room = -(-room // ROOM) * ROOM
        rows = len(self.active)
        used = max((row.length for row in self.active), default=0)
        if not used:
            if rows > self.slots.rows or room != self.slots.room:
                self.slots = Slots(_round_up(rows, most), room)
            return
        if rows <= self.slots.rows and room <= self.slots.room:
            return
        wide = Slots(max(self.slots.rows, _round_up(rows, most)), max(room, self.slots.room))
        for number, (keys, values) in enumerate(self.slots.own):
            for new, old in zip(
                wide.layer(number, keys[:1, :, :1], values[:1, :, :1]), (keys, values), strict=True
            ):
                new[: len(old), :, :used] = old[:, :, :used]
        self.slots = wide

    def leave(self, stays: Sequence[bool]) -> None:
        """Of the rows at work those that do not stay are gone; the last ones move into their
        slots."""
        count = sum(stays)
        holes = [i for i in range(count) if not stays[i]]
        movers = [i for i in range(count, len(self.active)) if stays[i]]
        if movers:
            self.slots.move(movers, holes, max(self.active[i].length for i in movers))
        for source, target in zip(movers, holes, strict=True):
            self.active[target] = self.active[source]
        del self.active[count:]


def token_bytes(network: Any, known: Layers) -> int:
    """Bytes of one token's keys and values: as some that are there, or as the config says."""
    if known:
        return sum(part[:1, :, :1].numel() * part.element_size() for pair in known for part in pair)
    config = network.config.get_text_config()  # its attributes have one name in all families
    if getattr(config, "per_layer_config", None):  # layers differ (Gemma 4): the largest of each
        config = copy.deepcopy(config)
        config.allow_global_per_layer_attribute_access = True
    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    kv = getattr(config, "num_key_value_heads", None) or heads
    return 2 * config.num_hidden_layers * kv * width * network.base_model.dtype.itemsize


def _round_up(rows: int, most: int) -> int:
    """The next power of two, so that slots are copied seldom."""
    return min(most, 1 << (rows - 1).bit_length())
