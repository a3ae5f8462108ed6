"""Plots: numbers fall where they should, names are shown as text, the table has what was drawn."""

import re
from xml.etree import ElementTree

import pytest

from assay.presentation.plots import bars, forest, histogram
from assay.presentation.scatter_plot import scatter
from assay.presentation.svg import Axis, Dot
from assay.presentation.training_plot import curves


def svg(plot):
    return ElementTree.fromstring(str(plot.svg))


def make(dots, line_at=(0.5, "floor")):
    return forest("k", dots, axis="accuracy", line_at=line_at, title="t", about="a", caption="c")


def test_dots_stand_at_their_values():
    plot = make([Dot("a", 0, 0.2, 0.1, 0.3), Dot("b", 0, 0.6, 0.5, 0.7)], line_at=(0.6, "floor"))
    places = [float(circle.get("cx")) for circle in svg(plot).iter("circle")]
    line = next(line for line in svg(plot).iter("line") if line.get("class") == "reference")
    whisker = next(line for line in svg(plot).iter("line") if "whisker" in line.get("class"))
    assert places[1] == pytest.approx(float(line.get("x1")), abs=0.1)
    middle = (float(whisker.get("x1")) + float(whisker.get("x2"))) / 2
    assert middle == pytest.approx(places[0], abs=0.2)
    assert plot.rows == [("a", "0.200", "0.100", "0.300"), ("b", "0.600", "0.500", "0.700")]


def test_every_plot_has_a_title_a_description_and_escaped_names():
    foul = "<b>&\x1b"
    dot = Dot(foul, 3, 0.5, 0.4, 0.6, True, foul)
    plots = [
        make([dot]),
        scatter(
            "k",
            [(dot, 0.1), (Dot("z", 9, 0.5, None, None), 0.0)],
            axis="q",
            title=foul,
            about=foul,
            caption="c",
        ),
        curves(
            "k",
            [{"step": 0, "train": 1.0}, {"step": 9, "train": 0.5, "val": 0.7}],
            title="t",
            about="a",
            caption="c",
        ),
        bars("k", [(foul, 0)], unit="rows", title="t", about="a", caption="c"),
        histogram("k", [0, 1, 2], [3, 0], 5, unit="tokens", title="t", about="a", caption="c"),
    ]
    for plot in plots:
        root = svg(plot)  # well-formed
        assert root.find("title") is not None and root.find("desc") is not None
        assert root.get("aria-labelledby") == "k-t k-d"
        assert not re.search("[\x00-\x08\x0b-\x1f]", str(plot.svg))
        assert plot.rows and all(len(row) == len(plot.header) for row in plot.rows)
        assert "nan" not in str(plot.svg)


def test_values_that_are_all_the_same_still_have_an_axis():
    assert make([Dot("a", 0, 1.0, 1.0, 1.0)], line_at=None).rows
    assert Axis(2, 2, 10, 20)(2) == 10
