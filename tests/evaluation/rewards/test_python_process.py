"""What a function gives back is told as numbers, or as what is wrong with it."""

import math
from decimal import Decimal

import numpy as np
import pytest

from assay.evaluation.rewards.python_process import describe_error, numbers


@pytest.mark.parametrize(
    "values",
    [[1, 0.5, True], (1, 0.5, 1), np.array([1, 0.5, 1]), (n for n in (1, 0.5, 1.0))],
    ids=["list", "tuple", "array", "generator"],
)
def test_numbers_of_any_kind(values):
    assert numbers(values) == {"values": [1.0, 0.5, 1.0]}


def test_nan_is_a_number_here_and_refused_where_rewards_are_added_up():
    assert math.isnan(numbers([float("nan")])["values"][0])


@pytest.mark.parametrize("values", [None, "12", 3.0, {"a": 1}, [None], ["1"], [Decimal(1)], [1j]])
def test_what_is_no_list_of_numbers(values):
    assert numbers(values)["error"] == "type"


def test_the_line_is_the_last_one_in_the_users_file():
    source = "def score():\n    return inner()\ndef inner():\n    return [][3]\n"
    names = {}
    exec(compile(source, "own.py", "exec"), names)
    with pytest.raises(IndexError) as caught:
        names["score"]()
    assert describe_error(caught.value, "own.py") == {
        "text": "IndexError: list index out of range",
        "line": 4,
    }
