import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.tasks.label_sets import (
    PLAIN_SEPARATOR,
    SEPARATORS,
    format_labels,
    joined_labels,
    labels_in,
    of_field,
    separators_among,
    separators_of,
)

names = st.text("ab c", min_size=1, max_size=4).map(str.strip).filter(bool)


@given(st.lists(names, max_size=5))
def test_a_line_says_the_set_it_was_made_of(labels):
    assert labels_in(format_labels(labels)) == tuple(sorted(set(labels)))


def test_equal_sets_are_equal_lines():
    assert format_labels(["b", "a", "b"]) == format_labels(["a", "b"]) == "a | b"
    assert format_labels([]) == "none"
    assert format_labels([], "nothing") == "nothing"
    assert labels_in("nothing", "nothing") == labels_in(" ") == ()


@pytest.mark.parametrize(
    ("value", "separator", "labels"),
    [
        (None, "", []),
        ("a; b", "", ["a; b"]),
        ("a; b;", ";", ["a", "b"]),
        (["a", None, " b ", ""], "", ["a", "b"]),
        ([1, True, 0.5], "", ["1", "true", "0.5"]),
        (False, "", ["false"]),
    ],
)
def test_labels_of_a_field(value, separator, labels):
    assert of_field(value, separator) == labels


@pytest.mark.parametrize("value", [{"a": 1}, [["a"]], ["a", {"b": 1}]])
def test_objects_among_labels_are_refused(value):
    with pytest.raises(ValueError, match="object"):
        of_field(value, "")


@pytest.mark.parametrize(
    ("labels", "separators", "found"),
    [
        (["a|b", "b|c", "a|c", "b"], "|", ("|", ["a|b", "b|c", "a|c"], 3)),
        (["a; b", "b;c", "c ;a", "b"], ";|,", (";", ["a; b", "b;c", "c ;a"], 3)),
        (["a;b", "b;c", "c;a", "b"], "|", None),
        (["a|b", "b|c", "c"], "|", None),  # two may be chance
        (["in|out", "up|down", "on|off", "none"], "|", None),  # names with a bar in them
        ([], "|", None),
    ],
)
def test_labels_that_are_joined_of_others(labels, separators, found):
    assert joined_labels(labels, separators) == found


def test_commas_are_between_labels_where_the_name_says_that_there_are_several():
    assert separators_of("Labels") == separators_of("issue_tags") == SEPARATORS
    assert separators_of("Label") == separators_of("headlines") == (PLAIN_SEPARATOR,)


def test_numbers_of_classes_have_any_mark_between_them_where_most_stand_alone_too():
    assert separators_among("label", ["2", "4", "27", "2,4", "4,27", "2,27"]) == SEPARATORS
    prices = ["2,4", "4,27", "3,99", "7"]  # decimals: their parts stand nowhere alone
    assert separators_among("label", prices) == (PLAIN_SEPARATOR,)
    assert separators_among("label", ["a", "b", "a,b"]) == (PLAIN_SEPARATOR,)
