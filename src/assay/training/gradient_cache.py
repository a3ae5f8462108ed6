"""The gradients of a loss in which all rows of a step are compared, part by part.

How      What all parts computed is kept until the loss is known, as long as that is little. Of
         more, vectors are computed twice, first without gradients, then part by part with the
         gradient that the loss has at them
Source   Gao et al. (2021), Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup,
         arxiv.org/abs/2101.06983
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch


def add_gradients(
    parts: Sequence[list[int]],
    encode: Callable[[list[int], int | None], torch.Tensor],
    loss: Callable[[torch.Tensor], torch.Tensor],
    *,
    twice: bool,
) -> float:
    """Add the gradients of `loss`; its value.

    Args:
        parts: numbers of the rows that are computed together, every row once.
        encode: (rows, seed or None) -> their vectors, (rows, width). The seed is to be set before
            what is dropped is drawn.
        loss: of the vectors of all rows, in the order of their numbers.
        twice: vectors are computed twice.
    """
    order = torch.argsort(torch.tensor([row for part in parts for row in part]))
    if not twice:
        found = torch.cat([encode(part, None) for part in parts])
        value = loss(found[order.to(found.device)])
        value.backward()
        return float(value.detach())
    seeds = torch.randint(1 << 31, (len(parts),)).tolist()  # what is dropped is the same both times
    with torch.no_grad():
        found = torch.cat([encode(part, seed) for part, seed in zip(parts, seeds, strict=True)])
    leaf = found[order.to(found.device)].requires_grad_()
    value = loss(leaf)
    value.backward()
    assert leaf.grad is not None
    for part, seed in zip(parts, seeds, strict=True):
        (encode(part, seed) * leaf.grad[part]).sum().backward()
    return float(value.detach())
