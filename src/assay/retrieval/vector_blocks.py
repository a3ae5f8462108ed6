"""Rows in blocks that are written once: what is added is a further block, what is taken out is
masked.

Costs   a change costs what is added, and a pass over one bit a row. A block that those after it
        have outgrown is made anew together with them, so that there are few: each is more than
        twice as large as the next
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np

Block = TypeVar("Block")


def update_blocks(
    blocks: Sequence[tuple[Block, np.ndarray]],
    stay: Sequence[int] | np.ndarray,
    new: int,
    build: Callable[[int], Block],
) -> list[tuple[Block, np.ndarray]]:
    """The blocks after a change; those given stay as they are.

    Args:
        blocks: each with bool (rows of the block,): which of them are there.
        stay: rising numbers of the rows that stay, counted through those that are there.
        new: how many rows come after them.
        build: n -> a block of the last n rows that are there then.
    """
    import numpy as np

    stays = np.zeros(sum(int(there.sum()) for _, there in blocks), dtype=bool)
    stays[np.asarray(stay, dtype=np.int64)] = True
    out: list[tuple[Block, np.ndarray]] = []
    start = 0
    for block, there in blocks:
        left = there.copy()
        left[there] = stays[start : start + int(there.sum())]
        start += int(there.sum())
        out.append((block, left))
    last = new
    while out and out[-1][1].sum() <= 2 * last:
        last += int(out.pop()[1].sum())
    return [*out, (build(last), np.ones(last, dtype=bool))] if last else out
