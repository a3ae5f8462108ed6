"""Sentence vectors of a tiny random BERT: the mean over each text's own tokens, computed here one text at a time."""

import numpy as np
import pytest
import torch

from assay.model.embed import MAX_TOKENS, Embedder

TEXTS = ["card", "card lost in a taxi", "", "refund", "a card " * 400, "card"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    from assay.model.machine import quiet

    quiet()
    torch.set_num_threads(1)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "card", "lost", "in", "a", "taxi", "refund"]
    core = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    core.normalizer = normalizers.BertNormalizer()
    core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    core.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    place = tmp_path_factory.mktemp("bert")
    PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(place)
    torch.manual_seed(2)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=MAX_TOKENS,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(place)
    return place


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
