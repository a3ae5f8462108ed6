"""Exact search by cosine is numpy's; after changes the index is as one made anew; vectors that are
kept are not made again."""

import random

import numpy as np
import pytest

from assay.retrieval.dense import BLOCK, DenseIndex, encode_with_cache
from assay.retrieval.metadata_filter import Among
from helpers.letters import Letters, letters


def units(count, seed=0):
    rows = np.random.default_rng(seed).standard_normal((count, 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_what_is_found_is_the_cosines_of_all_sorted():
    passages, asked = units(30), units(BLOCK + 3, seed=1)  # more questions than a block of them
    found = DenseIndex(passages).find(asked, 4)
    for question, row in zip(asked, found, strict=True):
        cosines = passages @ question
        order = np.argsort(-cosines, kind="stable")[:4]
        assert row == [(place, pytest.approx(cosines[place], abs=1e-6)) for place in order]


def test_equal_cosines_keep_the_order_of_the_passages():
    twins = np.repeat(units(1), 5, axis=0)
    assert [place for place, _ in DenseIndex(twins).find(twins[:1], 3)[0]] == [0, 1, 2]


def test_only_what_is_among_the_given_is_found():
    index, asked = DenseIndex(units(20)), units(1, seed=1)
    some = Among({}, np.array([3, 7, 11]))
    every = [pair for pair in index.find(asked, 20)[0] if pair[0] in (3, 7, 11)]
    assert index.find(asked, 20, some)[0] == every
    assert index.find(asked, 2, some)[0] == every[:2]


def test_after_any_changes_the_index_is_as_one_made_anew():
    draw, index = random.Random(4), DenseIndex(units(40))
    expected = index.vectors
    for step in range(20):
        stay = [place for place in range(len(expected)) if draw.random() > 0.2]
        new = units(draw.choice([0, 1, 5, 60]), seed=step)
        before, index = index, index.replace_rows(stay, new)
        assert np.array_equal(before.vectors, expected), "the former one is as it was"
        expected = np.concatenate([expected[stay], new])
        assert np.array_equal(index.vectors, expected)
        asked = units(2, seed=100 + step)
        assert [[place for place, _ in row] for row in index.find(asked, 5)] == [
            [place for place, _ in row] for row in DenseIndex(expected).find(asked, 5)
        ]


class Counting(Letters):
    """Notes what it is asked to encode."""

    def __init__(self):
        self.asked = []

    def vectors(self, texts, *, query=False, tell=None):
        self.asked += texts
        return super().vectors(texts)


def test_a_text_is_encoded_once_whatever_run_asks_for_it(tmp_path):
    first, later = Counting(), Counting()
    encode_with_cache(["oslo", "rome", "oslo"], first, tmp_path, None)
    assert first.asked == ["oslo", "rome"]
    made = encode_with_cache(["rome", "bern", "oslo"], later, tmp_path, None)
    assert later.asked == ["bern"]
    assert np.array_equal(made, letters(["rome", "bern", "oslo"]))
    assert encode_with_cache([], later, tmp_path, None).shape == (0, 64)


def test_vectors_that_were_changed_on_the_disk_are_said_and_made_again(tmp_path):
    encode_with_cache(["oslo"], Counting(), tmp_path, None)
    (file,) = tmp_path.rglob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-1] + b"\x7f")
    again, told = Counting(), []
    made = encode_with_cache(["oslo"], again, tmp_path, told.append)
    assert np.array_equal(made, letters(["oslo"])) and again.asked == ["oslo"]
    assert [event["code"] for event in told] == ["R170"]
    encode_with_cache(["oslo"], again, tmp_path, told.append)
    assert again.asked == ["oslo"] and len(told) == 1


def test_vectors_of_another_encoding_are_not_taken(tmp_path):
    encode_with_cache(["oslo"], Counting(), tmp_path, None)
    other = Counting()
    other.digest = "another"
    encode_with_cache(["oslo"], other, tmp_path, None)
    assert other.asked == ["oslo"]
