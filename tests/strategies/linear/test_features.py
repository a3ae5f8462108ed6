"""Blocks of features stand side by side, weigh as they are told, and come back from their files."""

import numpy as np
import pytest

from assay.strategies.linear.features import COMMON, WEIGHTS, Features
from helpers.letters import letters

TEXTS = ["the card is lost", "lost in a taxi", "money back"]


def every(weight=1.0):
    made = Features(("words", "characters", "vectors"), 2, 3, letters)
    made.weight = weight
    return made


def test_blocks_stand_side_by_side_and_each_row_of_a_block_has_length_one():
    features = every()
    matrix = features.fit(TEXTS)
    blocks = features.blocks(TEXTS)
    assert [*blocks] == ["words", "characters", "vectors"]
    assert matrix.shape == (3, features.width + 64)
    for block in blocks.values():
        assert np.sqrt(block.multiply(block).sum(1)) == pytest.approx(np.ones((3, 1)), abs=1e-6)


def test_another_weight_of_the_vectors_is_as_if_they_had_been_read_with_it():
    features = every()
    matrix = features.fit(TEXTS)
    other = every(4.0).fit(TEXTS)
    assert features.reweight(matrix, 4.0).toarray() == pytest.approx(other.toarray(), abs=1e-6)
    assert features.weights == WEIGHTS and Features(("words",), 1, 0).weights == (1.0,)


def test_they_come_back_from_their_files_with_what_was_kept_beside_them(tmp_path):
    features, again = every(2.0), every()
    matrix = features.fit(TEXTS)
    features.save(tmp_path, "own", {"biases": np.arange(3.0)}, {"said": "so"})
    arrays, notes = again.load(tmp_path, "own")
    assert [*arrays] == ["biases"] and arrays["biases"].tolist() == [0, 1, 2]
    assert notes == {"said": "so"} and again.weight == 2
    asked = [*TEXTS, "words that were never seen"]
    assert np.array_equal(again(asked).toarray(), features(asked).toarray())
    assert np.array_equal(again(TEXTS).toarray(), matrix.toarray())


def test_texts_of_marks_alone_have_nothing_to_count_where_words_are_read():
    assert not Features(("words", "characters"), 1, 3).any_in(["?!", " "])
    assert Features(("words",), 1, 0).any_in(["?!", "I"])
    assert Features(("characters",), 1, 3).any_in(["?!"])


def test_a_block_with_nothing_to_count_is_left_out_and_comes_back_so(tmp_path):
    features, again = every(), every()
    matrix = features.fit(["?!", ":-)"])  # characters and vectors, no words
    assert features.names == ("characters", "vectors")
    features.save(tmp_path, "own", {}, {})
    again.load(tmp_path, "own")
    assert np.array_equal(again(["?!", ":-)"]).toarray(), matrix.toarray())
    assert again(["a word"]).shape == (1, matrix.shape[1])


def test_of_many_rows_a_run_must_stand_in_two():
    texts = ["card"] * (COMMON - 1) + ["once"]
    for rows, known in ((texts, {"card"}), (texts[1:], {"card", "once"})):
        features = Features(("words",), 1, 0)
        features.fit(rows)
        assert set(features.counted["words"].vocabulary_) == known


def test_vectors_need_an_encoder():
    with pytest.raises(RuntimeError, match="none was handed in"):
        Features(("vectors",), 1, 0)(TEXTS)
