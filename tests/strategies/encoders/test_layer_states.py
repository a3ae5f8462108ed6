"""What frozen layers compute is kept, and gives the vectors and gradients of the whole encoder."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from transformers import AutoConfig, AutoModel

from assay.models.embeddings import Embedder
from assay.strategies.encoders.contrastive_losses import batch_contrast
from assay.strategies.encoders.encoder_settings import freeze_below
from assay.strategies.encoders.layer_states import EncoderTrunk
from assay.strategies.encoders.text_batches import ChunkedGradients
from helpers.encoder_rows import FRAMES, THINGS

pytestmark = pytest.mark.usefixtures("one_thread")


def test_kept_states_give_the_vectors_and_gradients_of_the_whole_encoder(two_layers):
    embed, found = Embedder(two_layers), []
    freeze_below(embed.network, 1)
    texts = [frame.format(thing) for frame in FRAMES for thing in THINGS]
    ids, wanted = embed.ids(texts), torch.eye(3).repeat(6, 6)
    counted: list[int] = []
    embed.network.encoder.layer[0].register_forward_hook(lambda *_: counted.append(1))
    for trunk in (nullcontext(), EncoderTrunk(embed, ids), EncoderTrunk(embed, ids, room=100)):
        embed.network.zero_grad()
        counted.clear()  # once for each part that the frozen layer reads
        with trunk:
            vectors = embed(texts)
            ChunkedGradients(embed, 16, False).gradients(
                ids, lambda vectors: batch_contrast(vectors, wanted, 5.0)
            )
            passes = len(counted)
            other = embed(["a text that is not among them"])
        found.append(
            (
                vectors,
                embed.network.encoder.layer[1].output.dense.weight.grad.clone(),
                other,
                passes,
            )
        )
    whole, kept, too_many = found
    assert kept[3] == 0 < whole[3] == too_many[3]
    for one in (kept, too_many):
        assert one[0] == pytest.approx(whole[0], abs=1e-6) and one[2] == pytest.approx(
            whole[2], abs=1e-6
        )
        assert one[1] == pytest.approx(whole[1], abs=1e-6)


KINDS = ("bert", "distilbert", "roberta", "mpnet", "electra", "modernbert", "deberta-v2")

SMALL = {
    "num_hidden_layers": 4,
    "n_layers": 4,
    "hidden_size": 32,
    "dim": 32,
    "num_attention_heads": 2,
    "n_heads": 2,
    "intermediate_size": 64,
    "hidden_dim": 64,
    "vocab_size": 60,
    "embedding_size": 32,
    "pad_token_id": 0,
}


def of_kind(kind):
    """An embedder on a random network of that kind: 4 layers, width 32."""
    config = AutoConfig.for_model(kind)
    for name in SMALL.keys() & vars(config).keys():
        setattr(config, name, SMALL[name])
    embed = object.__new__(Embedder)
    embed.network, embed.below = AutoModel.from_config(config).eval(), lambda rows: nullcontext()
    embed.tokenizer, embed.encoder = (
        SimpleNamespace(pad_token_id=0),
        SimpleNamespace(pooling=("mean",)),
    )
    return embed


@pytest.mark.parametrize("kind", KINDS)
def test_the_lower_half_of_popular_encoders_can_be_kept(kind):
    embed, texts = of_kind(kind), [[5, 6, 7, 8], [9, 10], [11, 12, 13, 14, 15, 16]]
    freeze_below(embed.network, "half")
    with torch.no_grad():
        whole = embed.embed_ids(texts)
        with EncoderTrunk(embed, texts):
            embed.network.get_input_embeddings().weight.zero_()  # nothing below is read any more
            kept = embed.embed_ids(texts)
    assert whole.numpy() == pytest.approx(kept.numpy(), abs=1e-6)
