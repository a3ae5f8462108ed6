import pytest

from assay.core.types import Checks, Message
from assay.data.reading.findings import Findings
from assay.data.reading.program_checks import checks_of, with_tests

COLUMNS = {"tests": "test_list", "setup": "before", "database": "db"}


def checks(row, language="python", **more):
    found = Findings("rows.jsonl")
    made = checks_of(row, COLUMNS, language, 7, found, **more)
    return made, [code for code, _, _ in found.bad.values()]


def test_the_tests_of_a_row_and_what_runs_before_them():
    row = {"test_list": [" assert f(1) == 1 ", "", "assert f(2)"], "before": "import math"}
    assert checks(row) == (Checks(("assert f(1) == 1", "assert f(2)"), "import math", ""), [])
    assert checks({"test_list": "assert f(1)"})[0].tests == ("assert f(1)",)


def test_a_query_needs_a_database_and_no_tests():
    assert checks({"db": " shop "}, "sql") == (Checks(database="shop"), [])


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        ({"test_list": []}, ["D120"]),
        ({"test_list": ["assert f(1"]}, ["D121"]),
        ({"test_list": ["assert f(1)"], "before": "import"}, ["D121"]),
    ],
)
def test_a_row_without_tests_and_tests_that_are_no_python_are_told(row, codes):
    assert checks(row)[1] == codes
    assert checks({}, needed=False)[1] == []


def test_tests_that_are_shown_stand_below_the_question():
    turns = (Message("system", "Be brief."), Message("user", "Double n. \n"))
    assert with_tests(turns, ()) == turns
    assert with_tests(turns, ["assert f(1) == 2"]) == (
        turns[0],
        Message("user", "Double n.\n\nYour code should pass this test:\nassert f(1) == 2"),
    )
    assert "these tests" in with_tests(turns, ["assert f(1)", "assert f(2)"])[1].content
