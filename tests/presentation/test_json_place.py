"""A place in report.json: where its numbers stand, and what they are."""

from assay.presentation.json_place import Place, pointer
from assay.presentation.section_spec import Ends, FormattedNumber, Stacked

REPORT = {"arms": {"a/b": [{"value": 0.5, "low": 0.4, "high": None, "n": 7}]}}


def test_pointers_are_escaped():
    assert pointer("slices", "a/b~c=1", 0) == "/slices/a~1b~0c=1/0"


def test_a_number_knows_its_place_however_it_was_reached():
    number = FormattedNumber(7, "count", "/arms/a~1b/0/n")
    place = Place(REPORT).at("arms", "a/b", 0)
    assert (
        place.number("count", "n") == number == Place(REPORT).number("count", "arms", "a/b", 0, "n")
    )
    assert place.numbers("count", "n") == (number,)


def test_lists_and_dicts_are_walked_in_their_order():
    (rows,) = Place(REPORT)["arms"]
    assert [one.keys for one in rows] == [("arms", "a/b", 0)] and rows.keys == ("arms", "a/b")
    assert [one.value for one in Place({"n": [3, 1, 2]})["n"]] == [3, 1, 2]


def test_an_interval_stands_beside_its_number_and_says_why_there_is_none():
    place = Place(REPORT, why="one row").at("arms", "a/b", 0)
    at = "/arms/a~1b/0"
    ends = Ends(
        FormattedNumber(0.4, "score", f"{at}/low"),
        FormattedNumber(None, "score", f"{at}/high"),
        "one row",
    )
    assert place.and_interval("score") == (FormattedNumber(0.5, "score", f"{at}/value"), ends)
    assert place.with_interval("score") == Stacked(*place.and_interval("score"))
    assert Place(REPORT, why="one row").ends("score", "arms", "a/b", 0) == ends
