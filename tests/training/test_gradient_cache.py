import pytest
import torch

from assay.training.gradient_cache import add_gradients


@pytest.mark.parametrize("twice", [False, True])
def test_parts_give_the_gradient_of_the_whole(twice):
    draw = torch.Generator().manual_seed(1)
    rows, weight = torch.randn(5, 4, generator=draw), torch.randn(4, 3, generator=draw)
    weight.requires_grad_()

    def loss(vectors):  # every row is compared with every other, and their order counts
        return torch.logsumexp(vectors @ vectors.T, -1)[1:].sum() - vectors[0, 0]

    expected = loss(rows @ weight)
    (gradient,) = torch.autograd.grad(expected, weight)
    parts = [[3, 0], [4], [1, 2]]
    value = add_gradients(parts, lambda part, seed: rows[part] @ weight, loss, twice=twice)
    assert value == pytest.approx(float(expected.detach()), rel=1e-6)
    torch.testing.assert_close(weight.grad, gradient)


def test_what_is_dropped_is_the_same_both_times():
    weight = torch.ones(4, requires_grad=True)
    seen: dict[int, list[torch.Tensor]] = {0: [], 1: []}

    def encode(part, seed):
        torch.manual_seed(seed)
        kept = (torch.rand(1, 4) < 0.5).float()
        seen[part[0]].append(kept)
        return kept * weight

    add_gradients([[0], [1]], encode, lambda vectors: vectors.sum(), twice=True)
    assert all(torch.equal(*both) for both in seen.values())
    assert torch.equal(weight.grad, seen[0][0][0] + seen[1][0][0])
