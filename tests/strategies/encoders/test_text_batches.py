"""Parts of a batch give the gradient of the whole."""

import pytest
import torch

from assay.models.embeddings import Embedder
from assay.strategies.encoders.contrastive_losses import batch_contrast
from assay.strategies.encoders.text_batches import ChunkedGradients
from helpers.encoder_rows import FRAMES, THINGS

pytestmark = pytest.mark.usefixtures("one_thread")


def test_parts_of_a_batch_give_the_gradient_of_the_whole(encoder):
    embed = Embedder(encoder)
    ids, wanted = (
        embed.ids([f.format(t) for f in FRAMES for t in THINGS]),
        torch.eye(3).repeat(6, 6),
    )
    found = []
    for settings in ((1 << 20, False, 1 << 20), (16, False, 1 << 20), (16, False, 0)):
        embed.network.zero_grad()
        value = ChunkedGradients(embed, *settings).gradients(
            ids, lambda vectors: batch_contrast(vectors, wanted, 5.0)
        )
        found.append(
            (value, embed.network.encoder.layer[0].attention.self.value.weight.grad.clone())
        )
    for value, gradient in found[1:]:
        assert value == pytest.approx(found[0][0], rel=1e-5)
        assert gradient == pytest.approx(found[0][1], abs=1e-5)


def test_a_loss_that_is_a_sum_over_texts_has_the_gradient_of_the_whole(encoder):
    embed = Embedder(encoder)
    ids = embed.ids([frame.format(thing) for frame in FRAMES for thing in THINGS])
    weights, found = torch.arange(18.0), []
    for micro_tokens in (1 << 20, 16):
        embed.network.zero_grad()
        value = ChunkedGradients(embed, micro_tokens, False).sum_gradients(
            ids, lambda part, vectors: (weights[part] * vectors[:, 0]).sum()
        )
        found.append(
            (value, embed.network.encoder.layer[0].attention.self.value.weight.grad.clone())
        )
    (whole, gradient), (value, own) = found
    vectors = torch.from_numpy(embed([f.format(t) for f in FRAMES for t in THINGS]))
    assert value == pytest.approx(whole, rel=1e-5)
    assert whole == pytest.approx(float(weights @ vectors[:, 0]), rel=1e-5)
    assert own == pytest.approx(gradient, abs=1e-5)
