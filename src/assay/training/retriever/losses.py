"""What the two retrievers minimise. All are means over the questions of a batch, in nats."""

from __future__ import annotations

import torch
from torch.nn import functional


def contrast(
    questions: torch.Tensor,
    passages: torch.Tensor,
    own: torch.Tensor,
    hidden: torch.Tensor,
    scale: float,
) -> torch.Tensor:
    """InfoNCE with the other passages of the batch as negatives: the multiple negatives ranking
    loss.

    Args:
        questions: (q, width), rows of length 1. passages: (p, width), rows of length 1. own: (q,),
            each question's gold passage. hidden: (q, p) bool, further gold passages of a question,
            which are no negatives of it.
        scale: the inverse temperature.

    Source: van den Oord et al. (2018), arxiv.org/abs/1807.03748; Henderson et al. (2017),
    arxiv.org/abs/1705.00652
    """
    scores = scale * questions @ passages.T
    return functional.cross_entropy(scores.masked_fill(hidden, -torch.inf), own)


def listwise(scores: torch.Tensor) -> torch.Tensor:
    """Minus the log-probability of the first column under a softmax over each row of `scores`
    (groups, passages): ListNet's top-one loss, Cao et al. (2007), doi.org/10.1145/1273496.1273513.
    Gao et al. (2021), arxiv.org/abs/2101.08751, train rerankers with it."""
    return functional.cross_entropy(
        scores, torch.zeros(len(scores), dtype=torch.long, device=scores.device)
    )


def pairwise(scores: torch.Tensor) -> torch.Tensor:
    """The first column against each other one: RankNet, Burges et al. (2005),
    doi.org/10.1145/1102351.1102363."""
    return functional.softplus(scores[:, 1:] - scores[:, :1]).mean()


def binary(scores: torch.Tensor) -> torch.Tensor:
    """The first column is right, each other one is wrong: Nogueira and Cho (2019),
    arxiv.org/abs/1901.04085."""
    wanted = torch.zeros_like(scores)
    wanted[:, 0] = 1
    return functional.binary_cross_entropy_with_logits(scores, wanted)


LOSSES = {"listwise": listwise, "pairwise": pairwise, "binary": binary}
