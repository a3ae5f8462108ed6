"""Which old rows are learnt again: so many, in their order, the same for a seed; herding keeps the
mean."""

import numpy as np
import pytest

from assay.core.types import Example, Message
from assay.training.retention.rehearsal import choose_rows, herd

ROWS = [Example(str(i), (Message("user", f"text {i}"),), "a") for i in range(20)]


def test_random_rows_are_those_of_the_seed_in_their_order():
    some = choose_rows(ROWS, 6, "random", 3, None)
    assert (
        some == choose_rows(ROWS, 6, "random", 3, None) != choose_rows(ROWS, 6, "random", 4, None)
    )
    places = [ROWS.index(row) for row in some]
    assert len(set(places)) == 6 and places == sorted(places)
    assert choose_rows(ROWS, 99, "random", 3, None) == ROWS


def test_herding_keeps_the_mean_better_than_chance_does():
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(60, 8))
    chosen = herd(vectors, 10)
    assert len(set(chosen)) == 10
    off = np.linalg.norm(vectors[chosen].mean(0) - vectors.mean(0))
    others = [
        np.linalg.norm(vectors[draw.choice(60, 10, replace=False)].mean(0) - vectors.mean(0))
        for _ in range(200)
    ]
    assert off < min(others)


def test_herding_begins_with_the_row_nearest_the_mean():
    vectors = np.array([[0.0], [1.0], [2.0], [9.0]])  # mean 3
    assert herd(vectors, 4)[0] == 2 and sorted(herd(vectors, 4)) == [0, 1, 2, 3]


def test_herding_without_an_encoder_is_a_mistake_of_the_caller():
    with pytest.raises(RuntimeError, match="encoder"):
        choose_rows(ROWS, 2, "herding", 0, None)
    found = choose_rows(ROWS, 2, "herding", 0, lambda texts: np.eye(len(texts)))
    assert len(found) == 2
