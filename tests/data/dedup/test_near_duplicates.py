"""What the search finds, against comparing all pairs; and what is made of it, against doing it one
row at a time."""

import csv
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Example, Message
from assay.data.dedup.near_duplicates import MOST_PARTNERS, across, families, stand_ins
from assay.data.dedup.search import NearDuplicateSearch, merge_pairs
from assay.data.text_similarity import Key, edit_similarity, jaccard, key_of
from helpers.slips import slip


def found_by(keys, threshold=0.8):
    search = NearDuplicateSearch(keys, threshold)
    return merge_pairs(list(search.near(search.buckets)))


def near_pairs(keys):
    pairs = found_by(keys)
    return set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))


def template(rows, more=""):
    """Texts of which many are near each other: one sentence with other words in two places."""
    draw = random.Random(0)
    words = ["".join(draw.choices("bcdfghklmnprst", k=draw.choice((3, 9, 18)))) for _ in range(40)]
    sentence = (
        "the parcel with the {} that was sent to the shop on monday has not been {} yet" + more
    )
    made = [sentence.format(draw.choice(words), draw.choice(words)) for _ in range(4 * rows)]
    return [Key(text) for text in dict.fromkeys(made)][:rows]


@pytest.mark.slow
def test_the_search_finds_what_comparing_all_pairs_finds(sentences):
    draw = random.Random(2)
    texts = sentences(150, seed=4)
    texts += [slip(draw.choice(texts), draw, draw.choice((1, 2, 2))) for _ in range(150)]
    keys = list(dict.fromkeys(Key(" ".join(text.split())) for text in texts))
    found = near_pairs(keys)
    pairs = [(i, j) for j in range(len(keys)) for i in range(j)]
    true = {(i, j) for i, j in pairs if edit_similarity(keys[i].text, keys[j].text) >= 0.8}
    true |= {(i, j) for i, j in pairs if jaccard(keys[i].text, keys[j].text) >= 0.8}
    assert found <= true  # every hit is measured, so none is wrong
    assert len(true) > 150
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


def one_at_a_time(rows, pairs):
    kept: list[int] = []
    stands = []
    for row in range(rows):
        first = next((other for other in kept if (other, row) in pairs), -1)
        stands.append(first)
        if first < 0:
            kept.append(row)
    return stands


@pytest.mark.slow
@given(st.lists(st.text("ab ", min_size=8, max_size=24), max_size=12))
def test_rows_stay_as_when_taken_one_at_a_time(texts):
    keys = [Key(text) for text in texts]
    assert stand_ins(NearDuplicateSearch(keys, 0.8)).tolist() == one_at_a_time(
        len(keys), near_pairs(keys)
    )


@pytest.mark.slow
def test_rows_of_one_template_are_halved_to_the_same_end():
    keys = template(700)
    search = NearDuplicateSearch(keys, 0.8)
    # Enough candidates that they are not measured all at once.
    assert sum(buckets.count() for buckets in search.buckets) > 64 * len(keys)
    pairs = near_pairs(keys)
    stands = stand_ins(search).tolist()
    assert stands == one_at_a_time(len(keys), pairs)
    assert 1 < stands.count(-1) < len(keys) / 2
    classes = np.arange(len(keys)) % 3
    alike = {(i, j) for i, j in pairs if i % 3 == j % 3}
    assert stand_ins(search, classes).tolist() == one_at_a_time(len(keys), alike)


def components(rows, pairs):
    family = list(range(rows))
    for i, j in sorted(pairs):
        family = [family[i] if of == family[j] else of for of in family]
    return sorted([at for at in range(rows) if family[at] == one] for one in set(family))


def test_families_are_the_connected_components(sentences):
    keys = template(300) + [Key(text) for text in sentences(50)]
    grouped = families(keys, [None] * len(keys), threshold=0.8)
    assert grouped == components(len(keys), near_pairs(keys))


def test_families_follow_chains_copies_and_groups():
    texts = [
        "I still have not received my new card, can you check?",
        "I STILL have not received my new card -- can you check",
        "I still have not recieved my new crad, can you check?",
        "Why was I charged a fee for the cash withdrawal?",
        "The app will not let me reset my password",
        "quite another thing",
    ]
    keys = [key_of(Example("a", (Message("user", text),))) for text in texts]
    grouped = families(keys, [None, None, None, "anna", "anna", None], threshold=0.8)
    assert grouped == [[0, 1, 2], [3, 4], [5]]
    assert families([], [], threshold=0.8) == []


@pytest.mark.slow
def test_across_names_every_row_that_is_near_to_the_other_side(sentences):
    # The longer the sentence, the nearer its variants: nearly all of 120,000 pairs.
    keys = template(650, " and nobody at the shop could tell me when it will be there") + [
        Key(sentences(1)[0])
    ]
    right = np.arange(len(keys)) % 4 == 0
    search = NearDuplicateSearch(keys, 0.8)
    pairs = across(search, ~right, right)
    found = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    true = {(i, j) for i, j in near_pairs(keys) if right[i] != right[j]}
    assert found < true  # measured, and fewer than all of them
    assert {row for pair in found for row in pair} == {row for pair in true for row in pair}
    listed, there = (
        np.bincount([row for pair in some for row in pair if not right[row]], minlength=len(keys))
        for some in (found, true)
    )
    assert (listed >= np.minimum(there, MOST_PARTNERS)).all()


@pytest.mark.real
def test_few_pairs_of_real_questions_are_called_near(shared_data):
    with (shared_data("banking77", whole=True) / "train.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        keys = list(dict.fromkeys(Key(row["text"].lower()) for row in csv.DictReader(file)))
    assert len(near_pairs(keys)) / (len(keys) * (len(keys) - 1) / 2) < 5e-5
