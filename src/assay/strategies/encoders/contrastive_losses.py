"""What tunes a sentence encoder by the labels of its texts. Both losses are means over a batch.

batch_contrast  each row against all others of its batch and the names of the labels: Khosla et al.
                (2020), Supervised Contrastive Learning, arxiv.org/abs/2004.11362, eq. 2; with the
                names among them: Yehudai and Bandel (2024), FastFit, arxiv.org/abs/2404.12365
pair_cosine     the cosine of two rows is to be 1 where they have a label in common and 0 elsewhere:
                Tunstall et al. (2022), SetFit, arxiv.org/abs/2209.11055; Reimers and Gurevych
                (2019), aclanthology.org/D19-1410
"""

from __future__ import annotations

import torch


def batch_contrast(
    vectors: torch.Tensor, wanted: torch.Tensor, scale: float, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Minus the mean log-probability, in nats, of what belongs to a row among all that is in the
    batch.

    Args:
        vectors: (n, width), of length 1: the rows first, then the labels' names.
        wanted: (rows, n), how much each belongs to the row, from 0 to 1. A row itself does not
            count.
        scale: inverse temperature of the cosines. weights: (rows,), how much a row counts; None:
            all alike.

    Returns:
        The weighted mean over the rows to which anything belongs; 0 where there is none.
    """
    rows = len(wanted)
    itself = torch.eye(rows, len(vectors), dtype=torch.bool, device=vectors.device)
    logs = (scale * vectors[:rows] @ vectors.T).masked_fill(itself, -torch.inf).log_softmax(-1)
    shares = wanted.masked_fill(itself, 0.0)
    sums = shares.sum(1)
    each = -(shares * logs.masked_fill(itself, 0.0)).sum(1) / sums.clamp(min=1e-9)
    counts = (sums > 0).to(each.dtype) if weights is None else weights * (sums > 0)
    return (counts * each).sum() / counts.sum().clamp(min=1e-9)


def pair_cosine(
    first: torch.Tensor,
    second: torch.Tensor,
    alike: torch.Tensor,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """The mean squared error of the cosines.

    Args:
        first, second: (pairs, width), of length 1. alike: (pairs,), 1 for a pair with a label in
            common, else 0.
        weights: (pairs,), how much a pair counts; None: all alike.
    """
    errors = ((first * second).sum(-1) - alike) ** 2
    return errors.mean() if weights is None else (weights * errors).sum() / weights.sum()
