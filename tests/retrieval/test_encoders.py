"""An encoder as it comes: its vectors are those of sentence-transformers, whatever they are asked
together with."""

from dataclasses import replace

import numpy as np
import pytest

from assay.retrieval.encoders import EncoderPart, weights_digest

TEXTS = ["the sky is blue", "blue", "a card lost in a taxi", "blue", "coal"]


@pytest.fixture
def encoding(lesson):
    return EncoderPart().fit(lesson("answer"))


def test_vectors_have_length_one_and_do_not_depend_on_company(encoding):
    vectors = encoding.vectors(TEXTS)
    assert vectors.shape == (5, encoding.width) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert (vectors[1] == vectors[3]).all()
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert encoding.vectors([text], query=True)[0] == pytest.approx(vector, abs=1e-5)
    assert encoding.vectors([]).shape == (0, encoding.width)


def test_progress_counts_texts_that_differ(encoding):
    told = []
    encoding.vectors(TEXTS, tell=told.append)
    assert told == [{"event": "progress", "done": 4, "total": 4, "unit": "text"}]


def test_it_comes_back_and_refuses_another_encoder(lesson, encoding, tmp_path):
    from helpers.bert import build

    given = lesson("answer")
    encoding.save(tmp_path)
    again = EncoderPart().restore(tmp_path, given)
    assert (
        again.vectors(TEXTS) == encoding.vectors(TEXTS)
    ).all() and again.digest == encoding.digest
    other = build(tmp_path / "other", ["more"])
    assert weights_digest(other) != encoding.digest
    with pytest.raises(RuntimeError, match="not the encoder that was saved"):
        EncoderPart().restore(
            tmp_path, replace(given, means=replace(given.means, encoder_folder=lambda name: other))
        )


def test_it_names_the_model_that_it_needs():
    assert EncoderPart().needs("base") == EncoderPart().encoders() == ("minilm-l6",)
    assert EncoderPart(model="my/encoder").needs("base") == ("my/encoder",)
