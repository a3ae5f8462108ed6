"""Several beginnings that rows at work read, as one product a layer.

How      Where answers are drawn for many prompts, each prompt is a beginning with some readers. One
         product for each of them is many small ones: they are laid into one tensor, padded on the
         right, and read together.
Costs    a second copy of these keys and values, padding included; `stack` says when it is worth it
Gain     of a step that writes 8 answers to each of 8 questions, 135M parameters in bf16 on two
         threads of an EPYC, an eighth (`benchmarks/train_rewards.py`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from assay.models.inference.shared_prefix import PrefixView
from assay.models.inference.shared_prefix_attention import Layers, look

PADDED = 2  # times the beginnings' own tokens, at most
BYTES = 256 << 20  # of a stack


@dataclass(eq=False)
class PrefixStack:
    """Keys and values, (beginnings, kv heads, longest, width) twice a layer."""

    views: tuple[PrefixView, ...]
    layers: Layers

    @classmethod
    def of(cls, views: Sequence[PrefixView]) -> PrefixStack:
        layers = []
        for number in range(len(views[0].kept.layers)):
            sides = zip(*(view.layer(number) for view in views), strict=True)
            keys, values = (_pad([part[0] for part in side]) for side in sides)
            layers.append((keys, values))
        return cls(tuple(views), layers)


def _pad(parts: Sequence[torch.Tensor]) -> torch.Tensor:
    """(kv heads, tokens, width) of each, to (beginnings, kv heads, longest, width). Zeros: what is
    masked must be finite."""
    kv, _, width = parts[0].shape
    whole = parts[0].new_zeros(len(parts), kv, max(part.shape[1] for part in parts), width)
    for row, part in zip(whole, parts, strict=True):
        row[:, : part.shape[1]] = part
    return whole


def stack(
    read: Sequence[PrefixView], before: Sequence[PrefixView], known: PrefixStack | None
) -> PrefixStack | None:
    """The stack for a pass that reads these beginnings: the one that is known, a new one where the
    pass before read the same, or none.

    It is made once for as long as its readers are at work, and anew when half of them have gone.
    """
    if len(read) < 2:
        return None
    if known and set(read) <= set(known.views) and 2 * len(read) > len(known.views):
        return known
    if list(read) != list(before):
        return None
    columns = [view.columns for view in read]
    if len(read) * max(columns) > PADDED * sum(columns):
        return None
    token = read[0].kept.bytes // max(1, read[0].kept.layers[0][0].shape[2])
    return PrefixStack.of(read) if len(read) * max(columns) * token <= BYTES else None


@dataclass(eq=False)
class StackReaders:
    """The tokens of a pass that read the beginnings of a stack.

    Attributes:
        asking: (beginnings, most) places in the line of a beginning's readers, padded.
        which: (readers,) all of them. beginning, place: (readers,) where in `asking` each stands.
    """

    stack: PrefixStack
    asking: torch.Tensor
    which: torch.Tensor
    beginning: torch.Tensor
    place: torch.Tensor

    @classmethod
    def of(
        cls, stack: PrefixStack, groups: Mapping[PrefixView, Sequence[int]], device: torch.device
    ) -> StackReaders:
        each = [list(groups.get(view, ())) for view in stack.views]
        most = max(map(len, each))
        some = [(at, i, j) for i, own in enumerate(each) for j, at in enumerate(own)]
        which, beginning, place = torch.tensor(some, device=device).unbind(1)
        asking = torch.tensor([own + [0] * (most - len(own)) for own in each], device=device)
        return cls(stack, asking, which, beginning, place)

    def hidden(self, place: torch.Tensor, window: int | None) -> torch.Tensor:
        """Which keys a reader does not see, (beginnings, most, longest).

        Args:
            place: (tokens,) how many own tokens stand before a token of the line.
        """
        columns = torch.tensor([view.columns for view in self.stack.views], device=place.device)
        keys = torch.arange(self.stack.layers[0][0].shape[2], device=place.device)
        hidden = (keys >= columns[:, None])[:, None].expand(-1, self.asking.shape[1], -1)
        if window is not None:
            hidden = hidden | (
                columns[:, None, None] + place[self.asking][..., None] - keys >= window
            )
        return hidden

    def read(
        self,
        lines: torch.Tensor,
        number: int,
        scale: float,
        cap: float | None,
        mask: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What the readers find in layer `number`: (readers, kv heads, groups, width), and the
        log-sums, (readers, kv heads, groups).

        Args:
            lines: (tokens, kv heads, groups, width) of the whole line.
            mask: (beginnings, 1, most x groups, longest), added to scores.
        """
        keys, values = (part.to(lines.dtype) for part in self.stack.layers[number])
        (count, most), (kv, groups) = self.asking.shape, lines.shape[1:3]
        asking = lines[self.asking].transpose(1, 2).reshape(count, kv, most * groups, -1)
        found, total = look(asking, keys, values, scale, cap, mask)
        found = found.view(count, kv, most, groups, -1)[self.beginning, :, self.place]
        return found, total.view(count, kv, most, groups)[self.beginning, :, self.place]
