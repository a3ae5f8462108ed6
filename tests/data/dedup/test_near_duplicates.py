"""What is made of near pairs, against doing it one row at a time."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Example, Message
from assay.data.dedup.near_duplicates import MOST_PARTNERS, across, families, stand_ins
from assay.data.dedup.search import NearDuplicateSearch
from assay.data.text_similarity import Key, key_of
from helpers.near_pairs import near_pairs


def template(rows, more=""):
    """Texts of which many are near each other: one sentence with other words in two places."""
    draw = random.Random(0)
    words = ["".join(draw.choices("bcdfghklmnprst", k=draw.choice((3, 9, 18)))) for _ in range(40)]
    sentence = (
        "the parcel with the {} that was sent to the shop on monday has not been {} yet" + more
    )
    made = [sentence.format(draw.choice(words), draw.choice(words)) for _ in range(4 * rows)]
    return [Key(text) for text in dict.fromkeys(made)][:rows]


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
    keys = template(500)
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
    # The longer the sentence, the nearer its variants: nearly all of 60,000 pairs.
    keys = template(450, " and nobody at the shop could tell me when it will be there") + [
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
