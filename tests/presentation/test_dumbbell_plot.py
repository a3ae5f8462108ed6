"""Before and after, a row each."""

import pytest

from assay.presentation.dumbbell_plot import dumbbells
from assay.presentation.svg import Dot
from helpers.drawn import of_class, svg

PAIRS = [
    ("knowledge", 0.7, Dot("lora", 0, 0.6, 0.55, 0.65)),
    ("<b>text", 0.5, Dot("lora", 0, 0.5, None, None, note="the same")),
]


def drawn(**more):
    settings = {"axis": "score", "title": "t", "about": "a", "caption": "c", **more}
    return dumbbells("k", PAIRS, **settings)


def test_a_line_leads_from_before_to_after():
    plot = drawn()
    first, second = of_class(plot, "line", "link")
    before = of_class(plot, "circle", "before")[0]
    assert float(first.get("x1")) == float(before.get("cx")) > float(first.get("x2"))
    # The same before and after is no way.
    assert second.get("x1") == second.get("x2")


def test_an_interval_is_drawn_where_there_is_one():
    (whisker,) = of_class(drawn(), "line", "whisker")
    link = of_class(drawn(), "line", "link")[0]
    middle = (float(whisker.get("x1")) + float(whisker.get("x2"))) / 2
    assert middle == pytest.approx(float(link.get("x2")), abs=0.2)


def test_the_table_has_the_ends_by_their_names():
    plot = drawn(ends=("base", "trained"))
    assert plot.header == ("probe", "base", "trained", "trained, low", "trained, high", "note")
    assert plot.rows == [
        ("knowledge", "0.700", "0.600", "0.550", "0.650", ""),
        ("<b>text", "0.500", "0.500", "–", "–", "the same"),
    ]
    assert "<b>" not in plot.svg and any(one.text == "<b>text" for one in svg(plot).iter("text"))
