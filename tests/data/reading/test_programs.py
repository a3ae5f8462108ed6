import pytest

from assay.data.reading.programs import convert_programs
from helpers.raw_tables import raw_table


def test_a_check_function_becomes_asserts_that_the_program_passes():
    prompt = 'def double(n):\n    """Give twice n."""\n'
    test = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(0) == 0\n"
    rows = [
        {
            "prompt": prompt,
            "canonical_solution": "    return 2 * n\n",
            "test": test,
            "entry_point": "double",
        }
    ] * 3
    made = convert_programs(raw_table(rows), set()).rows[0].fields
    assert made["tests"] == ["assert double(2) == 4", "assert double(0) == 0"]
    space: dict = {}
    exec("\n".join([made["code"], *made["tests"]]), space)
    assert space["double"](5) == 10


def test_a_check_with_a_loop_stays_one_test_that_runs():
    test = "def check(candidate):\n    for i in range(3):\n        assert candidate(i) == 2 * i\n"
    rows = [
        {
            "prompt": "def d(n):\n",
            "solution": "    return 2 * n\n",
            "test": test,
            "entry_point": "d",
        }
    ] * 3
    made = convert_programs(raw_table(rows), set()).rows[0].fields
    assert len(made["tests"]) == 1
    exec("\n".join([made["code"], *made["tests"]]), {})


@pytest.mark.parametrize(
    ("test", "tests", "setup"),
    [
        ("import math\nassert f(1)\nassert f(2)", ["assert f(1)", "assert f(2)"], "import math"),
        ("x = 1\nassert f(x)", ["x = 1\nassert f(x)"], None),  # more than imports: one test
        (["assert f(1)", "assert f(2)"], ["assert f(1)", "assert f(2)"], None),
        ("assert f(1", ["assert f(1"], None),  # no Python: said where the checks are read
    ],
)
def test_assert_statements_of_a_text_are_a_test_each(test, tests, setup):
    row = {"question": "Do f.", "solution": "def f(n): return n", "unit_tests": test}
    found = convert_programs(raw_table([row] * 2), set())
    assert found.rows[0].fields.get("tests") == tests
    assert found.rows[0].fields.get("setup") == setup
    assert found.roles["code"] == "code"


def test_tests_of_something_else_are_no_checks():
    table = raw_table([{"text": "a", "answer": "b", "test": "blood"}] * 3)
    assert convert_programs(table, set()) is table
    code = raw_table([{"text": "a", "code": "b", "tests": ["assert b"]}] * 3)
    assert convert_programs(code, set()) is code  # as it is read anyway
