"""Jaccard of many pairs at once is that of text_similarity.py, one pair at a time."""

import os
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.data.dedup.minhash import PERMUTATIONS, digests, jaccards, rows_per_band, shingle_sets
from assay.data.text_similarity import jaccard, shingles

# Letters of one, two and four bytes, NUL, a space and a lone surrogate.
TEXTS = st.text(st.sampled_from("ab é\0字𝄞\ud800"), max_size=30)


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9, 1.0])
def test_bands_find_98_of_100_at_the_threshold(threshold):
    rows = rows_per_band(threshold)
    # Two texts of Jaccard s share a band of r rows with probability s^r, one of b bands with 1 - (1
    # - s^r)^b.
    assert 1 - (1 - threshold**rows) ** (PERMUTATIONS // rows) >= 0.98


@given(st.lists(TEXTS, min_size=2, max_size=8))
def test_jaccard_of_many_pairs(texts):
    first, second = np.triu_indices(len(texts), 1)
    expected = [jaccard(texts[i], texts[j]) for i, j in zip(first, second, strict=True)]
    assert jaccards(texts, first, second).tolist() == expected
    numbers, starts = shingle_sets(texts)
    assert np.diff(starts).tolist() == [len(shingles(text)) for text in texts]
    assert len(numbers) == starts[-1]


def test_jaccard_of_texts_with_more_letters_than_fit_into_a_product():
    # 20,000 different letters: their cubes do not leave room for a row number in 64 bits.
    letters = [chr(0x4E00 + at) for at in range(20_000)]
    texts = ["".join(letters), "".join(letters[:15_000])]
    assert jaccards(texts, np.array([0]), np.array([1])).tolist() == [jaccard(*texts)]


@pytest.mark.slow
def test_long_and_short_texts_side_by_side():
    draw = random.Random(0)
    texts = [
        "".join(draw.choices("abcdef ", k=draw.choice((0, 1, 5, 60, 9000)))) for _ in range(36)
    ]
    first, second = np.triu_indices(len(texts), 1)
    expected = [jaccard(texts[i], texts[j]) for i, j in zip(first, second, strict=True)]
    assert jaccards(texts, first, second).tolist() == expected


def test_equal_minima_estimate_jaccard():
    draw = random.Random(2)
    words = ["".join(draw.choices("etaoinshr", k=5)) for _ in range(60)]
    texts = [" ".join(words[:at] + words[30 : 60 - at]) for at in range(0, 31, 2)]
    octets = digests(texts, np.zeros(len(texts), dtype=np.int32), 7, seed=0).octets
    for other in range(1, len(texts)):
        estimate = (octets[0] == octets[other]).mean()
        # Four standard deviations of 128 draws, and 1 in 256 places that agree by chance.
        assert estimate == pytest.approx(
            jaccard(texts[0], texts[other]), abs=4 * (0.25 / 128) ** 0.5 + 1 / 256
        )


def test_digests_do_not_depend_on_the_cores_or_on_the_neighbours(monkeypatch, sentences):
    texts = sentences(3000)
    scopes = np.arange(len(texts), dtype=np.int32) % 3
    made = digests(texts, scopes, 7, seed=1)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    again = digests(texts[::-1], scopes[::-1], 7, seed=1)
    assert (made.bands == again.bands[:, ::-1]).all() and (made.octets == again.octets[::-1]).all()
    assert (made.bands != digests(texts, scopes, 7, seed=2).bands).all()
    # The passages that a question came with are a part of every band, and of nothing else.
    other = digests(texts, scopes + 1, 7, seed=1)
    assert (made.bands != other.bands).all() and (made.octets == other.octets).all()
