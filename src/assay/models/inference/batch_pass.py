"""Attention of one pass over rows that are in different places: some write, some are still being
read, and they read beginnings that others read too (`shared_prefix`).

What     A pass is one line of tokens: of each row its new ones, one for a row that writes, the
         prompt or a stretch of it for a row that enters. Selective batching: all layers but
         attention see one line, whatever the rows' lengths.
How      Own keys lie in slots. Rows with one new token are one product, over the longest of them;
         rows that begin are padded on the right into another; rows that go on with a stretch come
         one by one. Rows that read the same beginning meet its keys in one product. Parts are
         joined by their log-sums.
Costs    No key is copied. Slots are as wide as the longest row needs.
Source   Yu et al. (2022), Orca, usenix.org/conference/osdi22/presentation/yu (selective batching);
         Juravsky et al. (2024), Hydragen, arxiv.org/abs/2402.05099 (shared beginnings); Agrawal et
         al. (2024), Sarathi-Serve, arxiv.org/abs/2403.02310 (stretches of prompts beside rows that
         write)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch

from assay.models.inference.prefix_stack import PrefixStack, StackReaders
from assay.models.inference.shared_prefix import PrefixView
from assay.models.inference.shared_prefix_attention import Slots, look, mask_hidden, merge_attention


@dataclass(frozen=True)
class Stretch:
    """New tokens of one row: in which slot, how many own tokens it has before, how many come, where
    in the line."""

    slot: int
    length: int
    new: int
    start: int
    lent: PrefixView | None

    @property
    def columns(self) -> int:
        return self.lent.columns if self.lent else 0

    @property
    def last(self) -> int:
        """The place in the line of its last token."""
        return self.start + self.new - 1


def line_up(rows: Iterable[tuple[int, int, int, PrefixView | None]]) -> list[Stretch]:
    """Stretches one behind the other: (slot, own tokens before, new ones, beginning) of each."""
    made, start = [], 0
    for slot, length, new, lent in rows:
        made.append(Stretch(slot, length, new, start, lent))
        start += new
    return made


@dataclass(frozen=True)
class PrefixReaders:
    """The tokens of a pass that read one beginning; `which`: their places in the line, None for all
    of them."""

    lent: PrefixView
    which: torch.Tensor | None


@dataclass(frozen=True)
class PassMasks:
    """What is added to scores in layers of one window: 0 where a key is seen, minus infinity
    elsewhere."""

    writing: torch.Tensor | None  # (slots, 1, groups, keys)
    beginning: torch.Tensor | str  # (1, 1, longest, longest)
    going: list[torch.Tensor]  # a stretch: (1, 1, groups x new, keys)
    # (1, 1, tokens x groups, keys); (tokens,) sees none
    shared: list[tuple[torch.Tensor | None, torch.Tensor | None]]
    # (beginnings, 1, most x groups, longest); (readers,) sees none
    stacked: tuple[torch.Tensor, torch.Tensor] | None


@dataclass
class BatchPass:
    """One pass, for `assay.models.inference.tree_attention`.

    Attributes:
        slot, place, before: (tokens,) a token's row, where in the row it stands, and what stands
            before the row.
        writing: rows with one new token. beginning: rows of which nothing was read yet. going: the
            others.
    """

    slots: Slots
    slot: torch.Tensor
    place: torch.Tensor
    before: torch.Tensor
    writing: list[Stretch]
    beginning: list[Stretch]
    going: list[Stretch]
    shared: list[PrefixReaders]
    stacked: StackReaders | None = None  # instead of `shared`
    calls: int = 0
    _masks: dict[int | None, PassMasks] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        slots: Slots,
        stretches: Sequence[Stretch],
        device: torch.device,
        stack: PrefixStack | None = None,
    ) -> BatchPass:
        """`stack`: it has all beginnings that the stretches read; None: each is read by itself."""
        slot = [s.slot for s in stretches for _ in range(s.new)]
        place = [s.length + i for s in stretches for i in range(s.new)]
        before = [s.columns for s in stretches for _ in range(s.new)]
        groups: dict[PrefixView, list[int]] = {}
        for s in stretches:
            if s.columns and s.lent:
                groups.setdefault(s.lent, []).extend(range(s.start, s.start + s.new))
        shared = [
            PrefixReaders(
                lent, None if len(which) == len(slot) else torch.tensor(which, device=device)
            )
            for lent, which in groups.items()
            if stack is None
        ]
        longer = [s for s in stretches if s.new > 1]
        return cls(
            slots,
            torch.tensor(slot, device=device),
            torch.tensor(place, device=device),
            torch.tensor(before, device=device),
            [s for s in stretches if s.new == 1],
            [s for s in longer if not s.length],
            [s for s in longer if s.length],
            shared,
            StackReaders.of(stack, groups, device) if stack else None,
        )

    def __post_init__(self) -> None:
        device = self.slot.device
        self.deepest = max((s.slot for s in self.writing), default=-1) + 1
        self.longest = max((s.length for s in self.writing), default=-1) + 1
        # The usual case: rows that write stand first, in slots and in the line; nothing has to be
        # gathered.
        self.first = all(s.slot == s.start == i for i, s in enumerate(self.writing))
        self.at = torch.tensor([s.start for s in self.writing], device=device, dtype=torch.long)
        self.rows = torch.tensor([s.slot for s in self.writing], device=device, dtype=torch.long)
        sizes = torch.tensor([s.new for s in self.beginning], device=device, dtype=torch.long)[
            :, None
        ]
        starts = torch.tensor([s.start for s in self.beginning], device=device, dtype=torch.long)[
            :, None
        ]
        held = torch.arange(max((s.new for s in self.beginning), default=0), device=device)[None]
        self.entering = starts + torch.minimum(held, sizes - 1)  # padded with a row's last token
        self.real = (held < sizes).nonzero(as_tuple=True)
        self.real_at = self.entering[self.real] if self.beginning else self.at[:0]

    def masks(self, window: int | None, groups: int, dtype: torch.dtype) -> PassMasks:
        """For layers that look back `window` tokens, the token itself among them; None: over
        all."""
        if window is not None and int((self.before + self.place).max()) < window:
            window = None
        if window not in self._masks:
            device = self.slot.device
            writing, beginning = None, "before"
            if self.writing:
                columns, own = torch.arange(self.longest, device=device), self.own_lengths()
                hidden = columns > own[:, None]
                if window is not None:
                    hidden |= columns <= own[:, None] - window
                writing = (
                    mask_hidden(hidden, dtype)[:, None, None].expand(-1, 1, groups, -1).contiguous()
                )
            if window is not None and self.beginning:
                ones = torch.ones(
                    self.entering.shape[1], self.entering.shape[1], dtype=torch.bool, device=device
                )
                beginning = mask_hidden(~(ones.tril() & ones.triu(1 - window)), dtype)[None, None]
            going = [self._going(s, window, groups, dtype) for s in self.going]
            shared = [self._far(s, window, groups, dtype) for s in self.shared]
            stacked = self._stacked(window, groups, dtype)
            self._masks[window] = PassMasks(writing, beginning, going, shared, stacked)
        return self._masks[window]

    def own_lengths(self) -> torch.Tensor:
        """(slots,) own tokens before the one that is written; of slots that do not write, all that
        is looked at."""
        lengths = torch.full((self.deepest,), self.longest - 1, device=self.slot.device)
        lengths[self.rows] = self.place[self.at]
        return lengths

    def _going(
        self, s: Stretch, window: int | None, groups: int, dtype: torch.dtype
    ) -> torch.Tensor:
        keys = torch.arange(s.length + s.new, device=self.slot.device)
        places = self.place[s.start : s.start + s.new, None]
        hidden = keys > places
        if window is not None:
            hidden |= keys <= places - window
        return mask_hidden(hidden, dtype).repeat(groups, 1)[None, None]

    def _far(
        self, s: PrefixReaders, window: int | None, groups: int, dtype: torch.dtype
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        if window is None:
            return None, None
        place = self.place if s.which is None else self.place[s.which]
        far = (
            s.lent.columns + place[:, None] - torch.arange(s.lent.columns, device=place.device)
            >= window
        )
        none = far.all(1)
        far[none, 0] = False  # a softmax needs a key; what comes of it is not used
        return mask_hidden(far, dtype).repeat_interleave(groups, 0)[None, None], none

    def _stacked(
        self, window: int | None, groups: int, dtype: torch.dtype
    ) -> tuple[torch.Tensor, torch.Tensor] | None:
        if self.stacked is None:
            return None
        hidden = self.stacked.hidden(self.place, window)
        none = hidden.all(2)
        hidden = hidden & ~none[..., None]  # a softmax needs a key; what comes of it is not used
        mask = mask_hidden(hidden, dtype).repeat_interleave(groups, 1)[:, None]
        return mask, none[self.stacked.beginning, self.stacked.place]

    def attend(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float,
        cap: float | None,
        window: int | None = None,
    ) -> torch.Tensor:
        """One layer: (1, heads, tokens, width) and the tokens' keys and values in, (1, tokens,
        heads, width) out."""
        number, self.calls = self.calls, self.calls + 1
        keys, values = self.slots.layer(number, key, value)
        keys[self.slot, :, self.place] = key[0].transpose(0, 1)
        values[self.slot, :, self.place] = value[0].transpose(0, 1)
        heads, tokens, kv = query.shape[1], query.shape[2], key.shape[1]
        masks = self.masks(window, heads // kv, query.dtype)
        lines = query[0].transpose(0, 1).reshape(tokens, kv, heads // kv, -1)
        out = lines.new_empty(*lines.shape[:3], value.shape[3])
        sums = torch.empty(lines.shape[:3], dtype=torch.float32, device=query.device)
        work = LayerPass(lines, out, sums, keys, values, scale, cap)
        if self.writing:
            self._write(work, masks)
        if self.beginning:
            self._begin(work, masks, query[0], key[0], value[0])
        for s, mask in zip(self.going, masks.going, strict=True):
            go_on(work, s, mask)
        for s, (mask, none) in zip(self.shared, masks.shared, strict=True):
            both = read(work, s, number, mask, none)
            if s.which is None:
                work.out = both
            else:
                work.out[s.which] = both
        if self.stacked and masks.stacked:
            read_stack(work, self.stacked, number, *masks.stacked)
        return work.out.flatten(1, 2)[None]

    def _write(self, work: LayerPass, masks: PassMasks) -> None:
        """Rows with one new token, over their own keys."""
        n, there = self.deepest, slice(0, self.longest)
        asking = work.lines[:n] if self.first else work.lines.new_zeros(n, *work.lines.shape[1:])
        if not self.first:
            asking[self.rows] = work.lines[self.at]
        found, total = look(
            asking,
            work.keys[:n, :, there],
            work.values[:n, :, there],
            work.scale,
            work.cap,
            masks.writing,
        )
        if self.first:
            work.out[:n], work.sums[:n] = found, total
        else:
            work.out[self.at], work.sums[self.at] = found[self.rows], total[self.rows].float()

    def _begin(
        self,
        work: LayerPass,
        masks: PassMasks,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
    ) -> None:
        """Rows of which nothing was read yet: each token sees those before it; (heads, tokens,
        width) of the line."""
        kv, groups = work.lines.shape[1:3]
        asking = query[:, self.entering].transpose(0, 1)
        own = [
            part[:, self.entering].transpose(0, 1).repeat_interleave(groups, 1)
            for part in (key, value)
        ]
        found, total = look(asking, own[0], own[1], work.scale, work.cap, masks.beginning)
        rows, columns = self.real
        work.out[self.real_at] = found[rows, :, columns].unflatten(1, (kv, groups))
        work.sums[self.real_at] = total[rows, :, columns].float().unflatten(1, (kv, groups))


@dataclass
class LayerPass:
    """What one layer asks and has found: `lines` and `out` (tokens, kv heads, groups, width),
    `sums` (tokens, kv heads, groups); keys and values of all slots."""

    lines: torch.Tensor
    out: torch.Tensor
    sums: torch.Tensor
    keys: torch.Tensor
    values: torch.Tensor
    scale: float
    cap: float | None


def go_on(work: LayerPass, s: Stretch, mask: torch.Tensor) -> None:
    """A further stretch of one row, over the row's own keys up to each token."""
    kv, groups = work.lines.shape[1:3]
    some, there = slice(s.start, s.start + s.new), slice(0, s.length + s.new)
    row = slice(s.slot, s.slot + 1)
    asking = work.lines[some].permute(1, 2, 0, 3).reshape(1, kv, groups * s.new, -1)
    found, total = look(
        asking, work.keys[row, :, there], work.values[row, :, there], work.scale, work.cap, mask
    )
    work.out[some] = found.view(kv, groups, s.new, -1).permute(2, 0, 1, 3)
    work.sums[some] = total.view(kv, groups, s.new).permute(2, 0, 1).float()


def read(
    work: LayerPass,
    s: PrefixReaders,
    number: int,
    mask: torch.Tensor | None,
    none: torch.Tensor | None,
) -> torch.Tensor:
    """Join what tokens found among own keys with what they find in a beginning: (tokens, kv heads,
    groups, width)."""
    every = s.which is None
    lines, out, sums = (
        part if every else part[s.which] for part in (work.lines, work.out, work.sums)
    )
    tokens, kv, groups = lines.shape[:3]
    keys, values = (part.to(lines.dtype) for part in s.lent.layer(number))
    asking = lines.transpose(0, 1).reshape(1, kv, tokens * groups, -1)
    found, total = look(asking, keys, values, work.scale, work.cap, mask)
    found = found.view(kv, tokens, groups, -1).transpose(0, 1)
    total = total.view(kv, tokens, groups).transpose(0, 1)
    if none is not None:
        total = total.masked_fill(none[:, None, None], -torch.inf)
    return merge_attention(out, sums, found, total)


def read_stack(
    work: LayerPass, s: StackReaders, number: int, mask: torch.Tensor, none: torch.Tensor
) -> None:
    """As `read`, for all beginnings of a stack; into `work.out`."""
    found, total = s.read(work.lines, number, work.scale, work.cap, mask)
    total = total.masked_fill(none[:, None, None], -torch.inf)
    work.out[s.which] = merge_attention(work.out[s.which], work.sums[s.which], found, total)
