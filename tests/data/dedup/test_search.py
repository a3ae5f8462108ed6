"""What the search finds, against comparing all pairs."""

import random

import numpy as np
import pytest

from assay.data.dedup.search import NearDuplicateSearch, Pairs, merge_pairs
from assay.data.text_similarity import Key, edit_similarity, jaccard
from helpers.labelled_rows import csv_rows
from helpers.near_pairs import found_by, near_pairs
from helpers.slips import slip


@pytest.mark.slow
def test_the_search_finds_what_comparing_all_pairs_finds(sentences):
    draw = random.Random(2)
    texts = sentences(90, seed=4)
    texts += [slip(draw.choice(texts), draw, draw.choice((1, 2, 2))) for _ in range(90)]
    keys = list(dict.fromkeys(Key(" ".join(text.split())) for text in texts))
    found = near_pairs(keys)
    pairs = [(i, j) for j in range(len(keys)) for i in range(j)]
    true = {(i, j) for i, j in pairs if edit_similarity(keys[i].text, keys[j].text) >= 0.8}
    true |= {(i, j) for i, j in pairs if jaccard(keys[i].text, keys[j].text) >= 0.8}
    assert found <= true  # every hit is measured, so none is wrong
    assert len(true) > 90
    assert len(found) >= 0.98 * len(true)


def test_similarity_is_the_larger_of_the_two_measures(sentences):
    draw = random.Random(8)
    keys = [Key(text) for text in sentences(60, seed=1)]
    keys += [Key(slip(key.text, draw, 1)) for key in keys]
    pairs = found_by(keys)
    assert len(pairs.first) >= 60
    for i, j, similarity in zip(*(column.tolist() for column in pairs), strict=True):
        measures = [measure(keys[i].text, keys[j].text) for measure in (jaccard, edit_similarity)]
        assert similarity == pytest.approx(max(measures))


def test_being_near_does_not_depend_on_the_order_or_on_the_others(sentences):
    draw = random.Random(3)
    texts = sentences(100, seed=6)
    keys = list(
        dict.fromkeys(Key(text) for text in [*texts, *(slip(text, draw, 2) for text in texts)])
    )

    def pairs(keys):
        return {frozenset((keys[i], keys[j])) for i, j in near_pairs(keys)}

    assert pairs(keys) == pairs(keys[::-1])
    some = set(keys[::3])
    assert pairs(keys[::3]) == {pair for pair in pairs(keys) if pair <= some}


def test_texts_of_other_passages_are_not_near(sentences):
    text = sentences(1)[0]
    assert near_pairs([Key(text, "a"), Key(text, "b"), Key(text, "a")]) == {(0, 2)}


def test_what_is_not_wanted_is_not_measured(sentences):
    text = sentences(1)[0]
    keys = [Key(text), Key(text + " today"), Key(text + " todya")]
    search = NearDuplicateSearch(keys, 0.8)
    found = list(search.near(search.buckets, wanted=lambda low, high: low == 1))
    pairs = merge_pairs(found)
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([1], [2])


def test_a_pair_that_was_found_twice_stands_once_with_its_larger_similarity():
    def pairs(*rows):
        return Pairs(*(np.array(column) for column in zip(*rows, strict=True)))

    merged = merge_pairs([pairs((1, 2, 0.8), (0, 3, 0.9)), pairs((0, 2, 1.0), (1, 2, 0.85))])
    assert [*zip(*(column.tolist() for column in merged), strict=True)] == [
        (0, 2, 1.0),
        (0, 3, 0.9),
        (1, 2, 0.85),
    ]
    assert [len(column) for column in merge_pairs([])] == [0, 0, 0]


@pytest.mark.real
def test_few_pairs_of_real_questions_are_called_near(shared_data):
    rows = csv_rows(shared_data("banking77", whole=True) / "train.csv", "text", "category")
    keys = list(dict.fromkeys(Key(text.lower()) for text, _ in rows))
    assert len(near_pairs(keys)) / (len(keys) * (len(keys) - 1) / 2) < 5e-5
