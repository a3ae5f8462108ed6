"""A row is of the versions from the one it came with up to the one before it went."""

import numpy as np

from assay.retrieval.stores.row_versions import Roll


def roll():
    """a#1 and b#1 come with version 1; with 2 a#1 is replaced, with 3 the document b goes."""
    made = Roll()
    made.take(["a#1", "b#1"], [{"lang": "de", "n": "1"}, {"lang": "de"}], np.array([1, 1]))
    made.end([0], 2)
    made.take(["a#1"], [{"lang": "en", "n": "1"}], np.array([2]))
    made.end([1], 3)
    return made


def test_a_version_has_the_rows_that_had_come_and_not_yet_gone():
    made = roll()
    found = [made.rows(at).tolist() for at in (0, 1, 2, 3)]
    assert found == [[], [0, 1], [1, 2], [2]]
    assert made.rows(None).tolist() == [2]


def test_a_passage_that_was_replaced_is_alive_in_its_new_row_alone():
    made = roll()
    assert made.alive == {"a#1": 2} and len(made) == 3
    assert made.of(["a", "b", "a", "no such document"]) == [2]


def test_a_row_is_found_by_all_of_the_fields_that_are_asked_for():
    made = roll()
    assert made.rows(1, {"lang": "de"}).tolist() == [0, 1]
    assert made.rows(1, {"lang": "de", "n": "1"}).tolist() == [0]
    assert made.rows(2, {"lang": "de"}).tolist() == [1]
    assert made.rows(None, {"lang": "fr", "n": "1"}).tolist() == []
