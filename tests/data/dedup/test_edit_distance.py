"""Edits of many pairs at once are those of text_similarity.py, one pair at a time."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.data.dedup.edit_distance import FEW, buckets_of, edit_similarities, sketches
from assay.data.text_similarity import edit_similarity, sketch
from helpers.slips import slip


@pytest.mark.slow
@given(st.lists(st.text("abc", min_size=8, max_size=24), min_size=11, max_size=14))
def test_edits_of_many_pairs(texts):
    first, second = np.triu_indices(len(texts), 1)
    assert len(first) >= FEW  # so that the tables are filled side by side
    expected = [edit_similarity(texts[i], texts[j]) for i, j in zip(first, second, strict=True)]
    assert edit_similarities(texts, first, second) == pytest.approx(expected)
    assert edit_similarities(texts, first[:3], second[:3]) == pytest.approx(expected[:3])


def test_edits_of_planted_slips():
    draw = random.Random(4)
    pairs = []
    for _ in range(300):
        text = "".join(draw.choices("abcdefgh ", k=draw.randint(10, 80)))
        other = list(text)
        for _ in range(draw.choice((0, 1, 2, 3))):
            at = draw.randrange(len(other) - 1)
            other[at : at + 2] = draw.choice(
                (other[at + 1 : at - 1 : -1] if at else other[:2], [other[at]], ["x", "y"])
            )
        pairs.append((text, "".join(other)))
    texts = [text for pair in pairs for text in pair]
    first = np.arange(0, len(texts), 2)
    expected = [edit_similarity(*pair) for pair in pairs]
    assert edit_similarities(texts, first, first + 1) == pytest.approx(expected)
    assert sum(value > 0 for value in expected) > 100


def test_a_sketch_holds_the_same_bits_as_that_of_one_text():
    draw = random.Random(1)
    texts = ["".join(draw.choices("abcdefgh é", k=draw.randint(0, 90))) for _ in range(200)]
    made = np.bitwise_count(sketches(texts, np.array(list(map(len, texts))))).sum(axis=1).tolist()
    assert made == [sketch(text).bit_count() if 10 <= len(text) <= 82 else 0 for text in texts]


def proposed(texts, scopes=None):
    lengths = np.array(list(map(len, texts)))
    made = buckets_of(texts, lengths, np.zeros(len(texts)) if scopes is None else scopes)
    return {
        pair
        for first, second in made.chunks()
        for pair in zip(first.tolist(), second.tolist(), strict=True)
    }


def test_two_texts_of_two_edits_are_proposed_and_strangers_are_not(sentences):
    draw = random.Random(3)
    texts = sentences(100, seed=2)
    slipped = [slip(text, draw, 2) for text in texts]
    found = proposed([*texts, *slipped])
    near = {
        (at, at + 100)
        for at in range(100)
        if edit_similarity(texts[at], slipped[at]) and texts[at] != slipped[at]
    }
    # Two swaps at once may be missed; hardly any of the 19,900 pairs is proposed by chance.
    assert len(near) > 90 and len(near & found) >= 0.98 * len(near)
    assert len(found - near) < 20


def test_texts_of_other_passages_are_not_proposed():
    texts = ["my card was stolen", "my card was stloen"] * 2
    assert proposed(texts, np.array([0, 0, 1, 1])) == {(0, 1), (2, 3)}
