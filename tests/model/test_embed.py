"""Sentence vectors of a tiny random BERT: the mean over each text's own tokens, computed here one text at a time."""

import numpy as np
import pytest
import torch

from assay.model.embed import MAX_TOKENS, Embedder
from bert import build

TEXTS = ["card", "card lost in a taxi", "", "refund", "a card " * 400, "card"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def embed(folder):
    return Embedder(folder)


def test_vectors_are_the_mean_over_each_texts_own_tokens(embed):
    vectors = embed(TEXTS)
    assert (vectors.dtype, vectors.shape) == (np.float32, (len(TEXTS), 16))
    for text, vector in zip(TEXTS, vectors, strict=True):
        ids = embed.tokenizer(text, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            mean = embed.network(ids).last_hidden_state[0].mean(0)
        np.testing.assert_allclose(vector, mean / mean.norm(), atol=1e-5)


def test_vectors_have_length_one_and_equal_texts_are_equal(embed):
    vectors = embed(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.array_equal(vectors[0], vectors[-1])


def test_a_text_longer_than_the_encoder_reads_is_cut(embed):
    np.testing.assert_allclose(embed(["a card " * 127]), embed(["a card " * 400]), atol=1e-5)


def test_no_texts(embed):
    assert embed([]).shape == (0, 16)
