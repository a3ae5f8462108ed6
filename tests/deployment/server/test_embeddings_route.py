"""Vectors over HTTP are those of the encoder, as numbers and packed."""

import numpy as np

from helpers.letters import letters


def test_embeddings_as_numbers_and_packed(client):
    texts = ["my card", "my refund"]
    # base64 is what the client asks for by itself
    packed = client.embeddings.create(model="letters", input=texts)
    plain = client.embeddings.create(model="letters", input=texts, encoding_format="float")
    for reply in (packed, plain):
        np.testing.assert_allclose([one.embedding for one in reply.data], letters(texts), rtol=1e-6)
    assert packed.usage.prompt_tokens == 4
