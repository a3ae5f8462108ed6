"""What all stores do alike: check what is put in, and order what is found."""

import math

import numpy as np
import pytest

from assay.core.errors import ResourceError
from assay.core.types import Document
from assay.retrieval.stores.base import (
    MARGIN,
    document_of,
    fetch_past_ties,
    pair_of,
    pairs_of,
    rank_exactly,
    refuse_other_encoding,
    units,
    validate_rows,
)
from helpers.problems import problem
from helpers.stored import axes, documents


def test_of_an_id_given_twice_the_last_row_is_kept_with_its_vector_and_fields():
    passages = [*documents("a#1", "b#1"), Document("a#1", "again")]
    rows = validate_rows(passages, axes(0, 1, 2), [{"n": "1"}, {"n": "2"}, {"n": "3"}], 4)
    assert [(one.id, one.text) for one in rows.passages] == [
        ("b#1", "the text of b#1"),
        ("a#1", "again"),
    ]
    assert rows.fields == ({"n": "2"}, {"n": "3"})
    assert np.array_equal(rows.vectors, axes(1, 2))


@pytest.mark.parametrize(
    ("passage", "fields"),
    [
        (Document("a#1", "nul \0"), {}),
        (Document("a#\0", "text"), {}),
        (Document("a#1", "text", "half \ud800"), {}),
        (Document("a#1", "text"), {"na\0me": "x"}),
        (Document("a#1", "text"), {"name": "\udfff"}),
    ],
)
def test_a_text_that_no_store_could_give_back_is_refused(passage, fields):
    with problem(ResourceError, "R022"):
        validate_rows([passage], axes(0), [fields], 4)


def test_vectors_have_length_one_however_large_they_were_and_zeros_stay():
    made = units(np.array([[3e200, 4e200], [-3e-200, 4e-200], [0, 0]]), 2)
    assert made.dtype == np.float32
    assert made == pytest.approx(np.array([[0.6, 0.8], [-0.6, 0.8], [0, 0]]), abs=1e-7)


def test_a_vector_that_is_no_number_is_named_by_its_passage():
    with problem(ResourceError, "R022", None, "'b#1'"):
        units(np.array([[1.0, 0], [math.inf, 0]]), 2, documents("a#1", "b#1"))
    with problem(ResourceError, "R022", None, "2"):  # the second question of a search
        units(np.array([[1.0, 0], [math.nan, 0]]), 2)


def test_the_document_of_a_passage_is_what_stands_before_the_last_mark():
    assert [document_of(name) for name in ("a#1", "a#b#12", "plain", "#1")] == [
        "a",
        "a#b",
        "plain",
        "",
    ]


@pytest.mark.parametrize(
    ("name", "value", "there"),
    [
        ("lang", "de", True),
        ("lang", "d", False),
        ("lang", "e", False),
        ("ang", "de", False),
        ("site", 'x"]\n["lang", "en', True),
        ("lang", "en", False),  # which stands within the value of another field
    ],
)
def test_a_field_is_found_exactly_where_it_has_the_value(name, value, there):
    fields = pairs_of({"site": 'x"]\n["lang", "en', "lang": "de"})
    assert (pair_of(name, value) in fields) == there


def test_scores_that_differ_by_rounding_alone_are_equal_and_ordered_by_id():
    query = np.array([1.0, 0], dtype=np.float32)
    vectors = np.array([[0.5, 0], [0.5 + 1e-7, 0], [-1e-9, 1]], dtype=np.float32)
    assert rank_exactly(query, ["b", "c", "a"], vectors, 3) == [("b", 0.5), ("c", 0.5), ("a", 0.0)]
    assert math.copysign(1, rank_exactly(query, ["a"], vectors[2:], 1)[0][1]) == 1  # no -0.0
    assert rank_exactly(query, [], vectors[:0], 3) == []


def test_more_candidates_are_fetched_while_the_last_ones_tie():
    # Forty passages with one vector, given in the wrong order; the first by id is the last of them.
    names = [f"d{number:02}" for number in range(40)][::-1]
    asked = []

    def fetch(count):
        asked.append(count)
        return names[:count], np.ones((min(count, 40), 1), dtype=np.float32)

    assert fetch_past_ties(fetch, np.ones(1, dtype=np.float32), 2) == [("d00", 1.0), ("d01", 1.0)]
    assert asked == [2 + MARGIN, 8 * (2 + MARGIN)]


def test_no_more_candidates_are_fetched_where_none_can_tie():
    asked = []

    def fetch(count):
        asked.append(count)
        scores = np.linspace(1, 0, 100, dtype=np.float32)[:count, None]
        return [f"d{number:02}" for number in range(count)], scores

    fetch_past_ties(fetch, np.ones(1, dtype=np.float32), 3)
    assert asked == [3 + MARGIN]


def test_another_encoding_is_told_by_what_differs():
    for had, named in ((("one", 4), ("4", "5")), (("other", 5), ("other", "one"))):
        with problem(ResourceError, "R020", "the folder", *named):
            refuse_other_encoding("the folder", had, ("one", 5), "delete it")
