import numpy as np
import pytest

from assay.strategies.encoders.label_targets import read_as, row_weights
from assay.strategies.encoders.pair_encoder import some_of
from assay.strategies.encoders.setfit import alike


def test_weights_of_rows_are_those_of_scikit_learn():
    from sklearn.utils.class_weight import compute_sample_weight

    places = np.array([0, 0, 0, 0, 1, 2, 2, 0])
    expected = compute_sample_weight("balanced", places)
    assert row_weights(np.eye(3, dtype=int)[places]) == pytest.approx(
        expected / expected.mean(), rel=1e-6
    )


def test_rows_without_labels_are_a_label_of_their_own():
    found = row_weights(np.array([[1, 0], [1, 0], [1, 0], [0, 0]]))
    assert found == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("card_arrival", "card arrival"),
        ("AddToPlaylist", "add to playlist"),
        ("A", "a"),
        ("why-so", "why so"),
        ("_", "_"),
    ],
)
def test_a_label_reads_as_text(label, words):
    assert read_as(label) == words


def test_rows_are_alike_by_what_their_labels_share():
    rows = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0]])
    assert alike(rows, rows).tolist() == [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]]


def test_of_many_options_the_right_ones_stay():
    import random

    shares = np.array([0, 0, 1.0, 0, 0, 0])
    for seed in range(20):
        taken = some_of(shares, 3, random.Random(seed))
        assert taken[0] == 2 and len(set(taken)) == 3
    assert len(some_of(np.array([0.25] * 4 + [0.0]), 3, random.Random(0))) == 3
    assert 4 in some_of(np.array([0.25] * 4 + [0.0]), 3, random.Random(0))
