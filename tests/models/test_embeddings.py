"""Sentence vectors of a tiny random BERT: pooled over each text's own tokens, computed here one
text at a time; and sentence-transformers' own."""

import json

import numpy as np
import pytest
import torch

from assay.core.errors import ModelError
from assay.models.embeddings import Embedder
from helpers.bert import build

TEXTS = ["card", "card lost in a taxi", "", "refund", "a card " * 400, "card"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def embed(folder):
    return Embedder(folder)


@pytest.fixture
def written(tmp_path):
    """`written(pooling={...}, reads={...}, says={...})`: the tiny BERT with the files that
    sentence-transformers writes."""

    def make(pooling=None, reads=None, says=None):
        place = build(tmp_path / "encoder")
        kinds = ("Transformer", "Pooling", "Normalize")
        names = ("", "1_Pooling", "2_Normalize")
        modules = [
            {
                "idx": i,
                "name": str(i),
                "path": names[i],
                "type": f"sentence_transformers.models.{kind}",
            }
            for i, kind in enumerate(kinds)
        ]
        (place / "modules.json").write_text(json.dumps(modules))
        (place / "1_Pooling").mkdir()
        (place / "2_Normalize").mkdir()
        given = {"word_embedding_dimension": 16, **(pooling or {"pooling_mode_mean_tokens": True})}
        (place / "1_Pooling" / "config.json").write_text(json.dumps(given))
        (place / "sentence_bert_config.json").write_text(
            json.dumps({"max_seq_length": 256, **(reads or {})})
        )
        (place / "config_sentence_transformers.json").write_text(json.dumps(says or {}))
        return place

    return make


def states(embed, text, limit=256):
    """The hidden states of the one text, float64, (tokens, width)."""
    ids = embed.tokenizer(text, truncation=True, max_length=limit, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return embed.network(ids).last_hidden_state[0].double()


def test_vectors_are_the_mean_over_each_texts_own_tokens(embed):
    vectors = embed(TEXTS)
    assert (vectors.dtype, vectors.shape) == (np.float32, (len(TEXTS), 16))
    for text, vector in zip(TEXTS, vectors, strict=True):
        mean = states(embed, text).mean(0)
        np.testing.assert_allclose(vector, mean / mean.norm(), atol=1e-5)


def test_vectors_have_length_one_and_equal_texts_are_equal(embed):
    vectors = embed(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.array_equal(vectors[0], vectors[-1])


def test_many_texts_are_counted_while_they_are_read(embed, monkeypatch):
    heard = []
    monkeypatch.setattr(embed, "tell", heard.append)
    embed(["my card is lost"] * 10)
    assert heard == []  # of an answer's few texts nothing is said
    embed([f"my card is lost {'again ' * (at % 9)}" for at in range(600)])
    done = [event["done"] for event in heard]
    assert done == sorted(set(done)) and done[-1] == 600 and len(done) > 1
    assert {(event["event"], event["total"], event["unit"]) for event in heard} == {
        ("progress", 600, "embedding")
    }


def test_a_text_longer_than_the_encoder_reads_is_cut(embed):
    np.testing.assert_allclose(embed(["a card " * 127]), embed(["a card " * 400]), atol=1e-5)


def test_no_texts(embed):
    assert embed([]).shape == (0, 16)


POOLED = {
    "cls": lambda h: h[0],
    "max": lambda h: h.max(0).values,
    "mean": lambda h: h.mean(0),
    "mean_sqrt_len_tokens": lambda h: h.sum(0) / len(h) ** 0.5,
    "weightedmean": lambda h: (
        (h * torch.arange(1, len(h) + 1)[:, None]).sum(0) / (len(h) * (len(h) + 1) / 2)
    ),
    "lasttoken": lambda h: h[-1],
}


@pytest.mark.parametrize("name", POOLED)
def test_tokens_are_pooled_as_the_folder_says(written, name):
    embed = Embedder(written({"pooling_mode": name}))
    for text, vector in zip(TEXTS, embed(TEXTS), strict=True):
        pooled = POOLED[name](states(embed, text))
        np.testing.assert_allclose(vector, pooled / pooled.norm(), atol=1e-5)


def test_an_older_file_names_several_ways(written):
    embed = Embedder(written({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}))
    vectors = embed(TEXTS[:2])
    assert vectors.shape == (2, 32) and embed.width == 32
    both = torch.cat([POOLED[name](states(embed, TEXTS[1])) for name in ("cls", "mean")])
    np.testing.assert_allclose(vectors[1], both / both.norm(), atol=1e-5)


def test_a_way_of_pooling_that_is_not_known_is_refused(written):
    with pytest.raises(ModelError) as refused:
        Embedder(written({"pooling_mode": "attention"}))
    assert [p.code for p in refused.value.problems] == ["M050"]


def test_as_much_is_read_as_the_folder_says(written):
    embed = Embedder(written(reads={"max_seq_length": 5}))
    np.testing.assert_allclose(embed(["a card lost in taxi"]), embed(["a card lost"]), atol=1e-6)
    assert np.abs(embed(["a card lost"]) - embed(["a card"])).max() > 1e-3


def test_questions_and_passages_get_their_prompts(written):
    prompts = {"query": "lost ", "passage": "refund "}
    embed = Embedder(written(says={"prompts": prompts, "default_prompt_name": None}))
    for query, prompt in ((True, "lost "), (False, "refund ")):
        mean = states(embed, prompt + "card").mean(0)
        np.testing.assert_allclose(embed(["card"], query=query)[0], mean / mean.norm(), atol=1e-5)


def test_a_prompt_that_is_not_pooled_is_read_all_the_same(written):
    pooling = {"pooling_mode": "mean", "include_prompt": False}
    embed = Embedder(written(pooling, says={"prompts": {"query": "lost in "}}))
    # [CLS] lost in card [SEP]: the first three are left out, in the other tokens' states they are
    # there.
    mean = states(embed, "lost in card")[3:].mean(0)
    np.testing.assert_allclose(embed(["card"], query=True)[0], mean / mean.norm(), atol=1e-5)


@pytest.mark.parametrize(
    "pooling",
    [
        *({"pooling_mode": name} for name in POOLED),
        {"pooling_mode": "mean", "include_prompt": False},
    ],
)
def test_vectors_are_those_of_sentence_transformers(written, pooling):
    theirs = pytest.importorskip("sentence_transformers")
    place = written(pooling, says={"prompts": {"query": "lost in ", "document": "refund "}})
    model, embed = theirs.SentenceTransformer(str(place), device="cpu"), Embedder(place)
    np.testing.assert_allclose(embed(TEXTS), model.encode_document(TEXTS), atol=1e-5)
    np.testing.assert_allclose(embed(TEXTS, query=True), model.encode_query(TEXTS), atol=1e-5)


# The first five entries of sentence-transformers 6.2's vectors of all-MiniLM-L6-v2.
KNOWN = {
    "My card was stolen in a taxi.": [-0.023545, 0.100164, 0.028342, 0.022342, 0.009884],
    "The aerodynamics of a wing in a slipstream": [
        -0.063972,
        0.042556,
        -0.009482,
        0.023862,
        0.008476,
    ],
    "word " * 400: [-0.008124, -0.095586, -0.038673, 0.049662, -0.043794],
}


@pytest.mark.real
def test_vectors_of_the_default_encoder_are_those_of_sentence_transformers():
    from assay.models.loading.find import find

    vectors = Embedder(find("minilm-l6", kind="embedder").folder)(list(KNOWN))
    for vector, expected in zip(vectors, KNOWN.values(), strict=True):
        np.testing.assert_allclose(vector[:5], expected, atol=1e-5)


@pytest.mark.real
def test_a_vector_depends_on_its_own_text_alone(shared_data):
    """Pages cut after 0 to 600 words, together and one at a time: fp32 and what stands beside a
    text make 1e-5."""
    from assay.models.loading.find import find

    words = (shared_data("tinyshakespeare") / "input.txt").read_text(encoding="utf-8").split()
    lengths = (0, 1, 2, 3, 5, 9, 17, 40, 90, 200, 600)
    texts = [" ".join(words[7 * i : 7 * i + lengths[i % len(lengths)]]) for i in range(22)]
    embed = Embedder(find("minilm-l6", kind="embedder").folder)
    for text, vector in zip(texts, embed(texts), strict=True):
        mean = states(embed, text).mean(0)
        np.testing.assert_allclose(vector, mean / mean.norm(), atol=1e-5)
