"""Candidates for a question, counted by hand."""

import numpy as np

from assay.training.retriever.mining import (
    by_words,
    first_stage,
    hard,
    nearest,
    reciprocal,
    words_of,
)
from assay.training.retriever.training_pairs import GoldQuestion


def test_search_by_words_leaves_out_what_shares_none():
    words = words_of(["red apple", "blue sky", "red sky sky"])
    assert by_words(words, "the skies", 3) == [2, 1] and by_words(words, "grass", 3) == []
    assert by_words(words_of(["!"]), "sky", 1) == []


def test_the_first_stage_mixes_words_and_cosines():
    # .4 + .6 / 2 for the sky, .6 for the grass, 0 for the apple.
    words = words_of(["red apple", "blue sky", "green grass"])
    assert first_stage(["sky"], words, np.array([[0.1, 0.5, 0.9]]), 2) == [[1, 2]]


def test_hard_negatives_are_neither_gold_nor_close_to_it():
    cosines = np.array([0.80, 0.79, 0.76, 0.50])
    assert hard(GoldQuestion("q", (0,)), [1, 2, 3, 0], cosines, 0.95) == [
        2,
        3,
    ]  # 0.95 x 0.80 = 0.76
    assert hard(GoldQuestion("q", (0, 1)), [1, 2, 3], cosines, 2.0) == [2, 3]


def test_ranks():
    assert nearest(np.array([0.1, 0.3, 0.3]), 2) == [1, 2]
    assert [reciprocal([4, 2, 9], gold) for gold in ([2], [9, 4], [7])] == [0.5, 1.0, 0.0]
