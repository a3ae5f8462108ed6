import math

import pytest
import torch

from assay.training.optim.embedding_noise import EmbeddingNoise, noise

ALPHA, WIDTH = 5.0, 64


def test_every_cell_has_the_papers_bound_for_its_own_sequences_length():
    # Jain et al. (2023), algorithm 1: uniform in (-1, 1) times alpha / sqrt(L d); its mean
    # magnitude is half of that.
    torch.manual_seed(0)
    lengths = torch.tensor([4] * 300 + [100] * 300)
    added = noise(torch.zeros(1, 600, WIDTH), ALPHA, lengths)[0]
    for part, length in ((added[:300], 4), (added[300:], 100)):
        bound = ALPHA / math.sqrt(length * WIDTH)
        assert 0.999 * bound < float(part.abs().max()) <= bound
        assert float(part.abs().mean()) == pytest.approx(bound / 2, rel=0.02)
        assert float(part.mean()) == pytest.approx(0.0, abs=0.02 * bound)


def test_rows_of_one_length_get_what_transformers_gives_them():
    from transformers.integrations.neftune import neftune_post_forward_hook

    theirs = torch.nn.Embedding(10, WIDTH)
    torch.nn.init.zeros_(theirs.weight)
    theirs.neftune_noise_alpha = ALPHA
    theirs.register_forward_hook(neftune_post_forward_hook)
    ids = torch.zeros(16, 50, dtype=torch.long)
    torch.manual_seed(0)
    reference = theirs(ids).detach().abs()
    ours = noise(torch.zeros(16, 50, WIDTH), ALPHA, torch.full((16, 50), 50)).abs()
    assert float(ours.max()) == pytest.approx(float(reference.max()), rel=1e-3)
    assert float(ours.mean()) == pytest.approx(float(reference.mean()), rel=0.01)
    assert float(ours.std()) == pytest.approx(float(reference.std()), rel=0.01)


def test_a_generator_makes_it_repeatable_and_the_gradient_passes():
    embedded = torch.randn(3, WIDTH, requires_grad=True)
    lengths = torch.tensor([3, 3, 9])
    first, again = (
        noise(embedded, ALPHA, lengths, torch.Generator().manual_seed(1)) for _ in range(2)
    )
    other = noise(embedded, ALPHA, lengths, torch.Generator().manual_seed(2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    first.sum().backward()
    assert torch.equal(embedded.grad, torch.ones_like(embedded))


def test_bf16_stays_bf16():
    embedded = torch.randn(2, 3, WIDTH, dtype=torch.bfloat16)
    noisy = noise(embedded, ALPHA, torch.full((6,), 3), torch.Generator().manual_seed(1))
    exact = noise(embedded.float(), ALPHA, torch.full((6,), 3), torch.Generator().manual_seed(1))
    assert torch.equal(noisy, exact.bfloat16())


def test_the_hook_works_in_training_alone_and_goes_when_told(open_tiny):
    network = open_tiny().network
    ids = torch.arange(12)[None]

    def hidden():
        with torch.no_grad():
            return network.base_model(input_ids=ids, use_cache=False).last_hidden_state

    plain = hidden()
    hook = EmbeddingNoise(network, ALPHA)
    network.train()
    assert torch.equal(hidden(), plain)  # no lengths, no noise
    hook.lengths = torch.full((12,), 12)
    torch.manual_seed(0)
    noisy = hidden()
    assert not torch.equal(noisy, plain)
    assert not torch.equal(hidden(), noisy)  # drawn anew
    torch.manual_seed(0)
    assert torch.equal(hidden(), noisy)  # from torch's own generator, which a checkpoint keeps
    network.eval()
    assert torch.equal(hidden(), plain)
    network.train()
    hook.remove()
    assert torch.equal(hidden(), plain)


def test_lengths_of_another_batch_are_refused(open_tiny):
    network = open_tiny().network.train()
    EmbeddingNoise(network, ALPHA, torch.full((11,), 11))
    with pytest.raises(RuntimeError, match="shape"):
        network.base_model(input_ids=torch.arange(12)[None], use_cache=False)
