"""What the retrievers minimise, in closed form."""

import numpy as np
import pytest
import torch

from assay.training.retriever.losses import binary, contrast, listwise, pairwise

UNIT = torch.nn.functional.normalize


def test_contrast_is_the_multiple_negatives_ranking_loss():
    # sentence-transformers 5: cross entropy of scale x cosine against the diagonal, all other
    # passages being negatives.
    draw = torch.Generator().manual_seed(0)
    questions, passages = (UNIT(torch.randn(n, 8, generator=draw), dim=-1) for n in (4, 6))
    loss = contrast(questions, passages, torch.arange(4), torch.zeros(4, 6, dtype=torch.bool), 20.0)
    scores = 20 * questions.double().numpy() @ passages.double().numpy().T
    expected = np.mean([np.log(np.exp(row).sum()) - row[i] for i, row in enumerate(scores)])
    assert float(loss) == pytest.approx(expected, abs=1e-5)


def test_another_gold_passage_in_the_batch_is_no_negative():
    questions, passages = torch.eye(2), torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    hidden = torch.tensor([[False, False, True], [False, False, False]])
    loss = contrast(questions, passages, torch.tensor([0, 1]), hidden, 1.0)
    first = np.log(np.e + 1) - 1  # passage 2 is as good as 0 and does not count
    second = np.log(np.e + 2) - 1
    assert float(loss) == pytest.approx((first + second) / 2, abs=1e-6)


def test_losses_of_a_group():
    scores = torch.tensor([[2.0, 1.0, -1.0]])
    assert float(listwise(scores)) == pytest.approx(np.log(1 + np.exp(-1) + np.exp(-3)), abs=1e-6)
    assert float(pairwise(scores)) == pytest.approx(
        (np.log1p(np.exp(-1)) + np.log1p(np.exp(-3))) / 2, abs=1e-6
    )
    expected = (np.log1p(np.exp(-2)) + np.log1p(np.exp(1)) + np.log1p(np.exp(-1))) / 3
    assert float(binary(scores)) == pytest.approx(expected, abs=1e-6)
