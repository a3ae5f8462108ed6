import numpy as np
import pytest

from assay.data.annotation.word_classifier import fit, vectors


def test_rows_have_length_one_and_the_same_words_the_same_row():
    matrix = vectors(["money back", "Money, back!", "late parcel", "late parcel"]).toarray()
    assert np.linalg.norm(matrix, axis=1) == pytest.approx([1] * 4)
    # `money`, `back` and the pair of them; no word is shared with the other two.
    assert (matrix @ matrix.T).round(6).tolist() == np.kron(np.eye(2), np.ones((2, 2))).tolist()


def test_a_word_that_stands_in_one_row_only_has_no_column():
    # Shared are `my`, `card` and `my card`.
    assert vectors(["my card is lost", "where was my card"]).shape == (2, 3)


def test_texts_without_a_shared_word_or_any_are_all_alike():
    for texts in (["one", "two"], ["?!", ""]):
        assert vectors(texts).toarray().tolist() == [[0], [0]]


def test_a_word_of_one_label_speaks_for_it_and_an_unknown_one_for_none():
    texts = ["money back", "late parcel"] * 3 + ["money", "parcel", "whatever"]
    matrix = vectors(texts)
    model = fit(matrix[:6], ["refund", "post"] * 3, seed=0)
    assert model.classes_.tolist() == ["post", "refund"]
    money, parcel, unknown = model.predict_proba(matrix[6:])[:, 1]
    assert money > 0.7
    # Both labels stand on three rows, with as many words.
    assert parcel == pytest.approx(1 - money, abs=1e-3)
    assert unknown == pytest.approx(0.5, abs=1e-3)
