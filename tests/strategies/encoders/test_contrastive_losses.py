"""Both losses of setfit against a plain computation, and against the figures of the setfit package
on these vectors."""

import math

import pytest
import torch

from assay.strategies.encoders.contrastive_losses import batch_contrast, pair_cosine

ROWS = torch.tensor([[1.0, 0, 0], [0.6, 0.8, 0], [0, 1.0, 0], [0, 0.6, 0.8], [0, 0, 1.0]])
LABELS = torch.tensor([0, 0, 1, 1, 1])
SAME = (LABELS[:, None] == LABELS[None]).float()


@pytest.mark.parametrize(
    ("temperature", "expected"), [(0.07, 3.466099500656128), (0.1, 2.4921815395355225)]
)
def test_batch_contrast_of_rows_alone_is_setfits_supervised_contrastive_loss(temperature, expected):
    # setfit 1.2.0: SupConLoss(model, temperature=t, base_temperature=t) on these vectors and
    # labels.
    assert float(batch_contrast(ROWS, SAME, 1 / temperature)) == pytest.approx(expected, rel=1e-5)


def test_pair_cosine_is_the_cosine_similarity_loss_of_sentence_transformers():
    # sentence-transformers 6.2.0: CosineSimilarityLoss on rows 0, 1, 2 against 1, 3, 4, labels 1,
    # 0, 1.
    loss = pair_cosine(ROWS[[0, 1, 2]], ROWS[[1, 3, 4]], torch.tensor([1.0, 0, 1]))
    assert float(loss) == pytest.approx(0.4634666442871094, rel=1e-5)


def test_batch_contrast_with_names_and_weights_is_the_sum_written_out():
    names = torch.tensor([[0.8, 0.6, 0], [0, 0, 1.0]])
    vectors, scale, weights = torch.cat([ROWS, names]), 5.0, [2.0, 1.0, 1.0, 0.5, 0.5]
    wanted = torch.cat([SAME, torch.eye(2)[LABELS]], dim=1)
    total = 0.0
    for i in range(5):
        logits = [scale * float(vectors[i] @ vectors[j]) for j in range(7)]
        whole = math.log(sum(math.exp(logits[j]) for j in range(7) if j != i))
        belongs = [j for j in range(7) if j != i and wanted[i, j]]
        total += weights[i] * -sum(logits[j] - whole for j in belongs) / len(belongs)
    expected = total / sum(weights)
    assert float(batch_contrast(vectors, wanted, scale, torch.tensor(weights))) == pytest.approx(
        expected, rel=1e-5
    )


def test_a_row_to_which_nothing_belongs_does_not_count():
    alone = torch.tensor([[1.0, 0], [0, 1.0], [0.6, 0.8]])
    wanted = torch.tensor([[1.0, 0, 0], [0, 1, 1], [0, 1, 1]])
    two = batch_contrast(alone, wanted, 3.0)
    logs = [math.log(math.exp(2.4) + math.exp(0)), math.log(math.exp(2.4) + math.exp(1.8))]
    assert float(two) == pytest.approx((logs[0] - 2.4 + logs[1] - 2.4) / 2, rel=1e-5)
    assert float(batch_contrast(alone, torch.eye(3), 3.0)) == 0.0
    leaf = alone.clone().requires_grad_()
    batch_contrast(leaf, torch.eye(3), 3.0).backward()
    assert torch.isfinite(leaf.grad).all()
