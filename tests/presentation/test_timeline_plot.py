"""Times until an answer is right, on a logarithmic axis."""

import pytest

from assay.presentation.timeline_plot import timeline
from helpers.drawn import of_class, svg

ROWS = [
    ("rag", 0, 2.0, 0.5, "edited"),
    ("lora", 1, 200.0, 0.5, "retrained"),
    ("majority", 2, None, 0.5, "not taken in"),
]


def drawn(rows=ROWS):
    return timeline(
        "k", rows, title="t", about="a", caption="c", header=("arm", "first", "right", "how")
    )


def test_ten_times_as_long_is_as_far_again():
    plot = drawn([("a", 0, 1.0, 1.0, ""), ("b", 0, 10.0, 1.0, ""), ("c", 0, 100.0, 1.0, "")])
    first, second, third = (float(one.get("cx")) for one in of_class(plot, "circle", "mark"))
    assert second - first == pytest.approx(third - second, abs=0.2) and second > first


def test_an_arm_that_was_never_right_has_no_mark_but_a_dashed_line():
    plot = drawn()
    assert len(of_class(plot, "circle", "mark") + of_class(plot, "polygon", "mark")) == 2
    assert len(of_class(plot, "line", "reference")) == 1
    assert plot.rows[2] == ("majority", "500 ms", "–", "not taken in")
    assert plot.rows[0] == ("rag", "500 ms", "2.00 s", "edited")


def test_an_answer_at_once_has_a_place_too():
    plot = drawn([("a", 0, 0.0, 0.0, "")])  # the logarithm of 0 is none
    assert "nan" not in plot.svg and "inf" not in plot.svg and svg(plot) is not None


def test_names_on_the_axis_do_not_cover_each_other():
    ticks = [
        float(one.get("x"))
        for one in of_class(drawn(), "text", "tick")
        if one.get("text-anchor") == "middle"
    ]
    assert ticks == sorted(ticks)
    assert all(second - first >= 70 for first, second in zip(ticks, ticks[1:], strict=False))
