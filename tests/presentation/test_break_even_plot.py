"""Cost over answers: lines that cross where two arms cost the same."""

import math

import pytest

from assay.presentation.break_even_plot import cost_lines
from helpers.drawn import of_class, places, svg

# 10 a month and next to nothing an answer, against 0.01 an answer: the same at 1,000 answers
LINES = [("own", 0, 10.0, 1e-9), ("service", 1, 0.0, 0.01)]
REGIONS = [(10.0, 1000.0, "service"), (1000.0, 100_000.0, "own")]


def test_two_lines_cross_where_the_arms_cost_the_same():
    plot = cost_lines("k", LINES, REGIONS, at=5000, axis="price a month")
    own, service = (places(one.get("points")) for one in of_class(plot, "polyline", "cost"))
    # Higher on the paper is dearer, and a smaller y. Half of the way of 10 to 100,000 is 1,000.
    above = [y1 > y2 for (_, y1), (_, y2) in zip(own, service, strict=True)]
    assert above == [False] * 24 + [above[24]] + [True] * 24
    middle = (own[0][0] + own[-1][0]) / 2
    assert own[24][0] == pytest.approx(middle, abs=0.1)
    assert own[24][1] == pytest.approx(service[24][1], abs=0.2)


def test_who_is_recommended_where_stands_in_the_table():
    plot = cost_lines("k", LINES, REGIONS, at=5000, axis="price a month")
    assert plot.rows == [("10 to 1,000", "service"), ("1,000 to 100,000", "own")]
    here = of_class(plot, "line", "reference")[0]
    left, right = 76.0, 960 - 190.0
    share = math.log10(5000 / 10) / 4
    assert float(here.get("x1")) == pytest.approx(left + share * (right - left), abs=0.1)


def test_an_arm_that_costs_nothing_stays_on_the_paper():
    plot = cost_lines("k", [*LINES, ("free", 2, 0.0, 0.0)], REGIONS, at=1, axis="x")
    heights = [
        y for one in of_class(plot, "polyline", "cost") for _, y in places(one.get("points"))
    ]
    assert all(44.0 <= y <= 330.1 for y in heights)
    assert of_class(plot, "line", "reference") == []  # now is left of what is drawn
    names = [one.text for one in of_class(plot, "text", "label")]
    assert {"own", "service", "free"} <= set(names)
    assert svg(plot).get("role") == "img"


def test_one_arm_has_nothing_to_cross():
    assert cost_lines("k", LINES[:1], REGIONS, at=1, axis="x") is None
    assert cost_lines("k", LINES, [], at=1, axis="x") is None
    assert cost_lines("k", [("a", 0, 0.0, 0.0)] * 2, REGIONS, at=1, axis="x") is None
