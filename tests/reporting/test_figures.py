"""Which plots the page has, and what they say."""

from assay.reporting.figures import (
    funnel,
    learning,
    lengths,
    lines,
    price,
    quality,
    reliability,
    risen_since,
    slice_dots,
)
from assay.reporting.view import Card, cards


def test_without_a_floor_the_plot_of_scores_speaks_of_none(report):
    done = [card for card in cards(report) if card.data["status"] == "done"]
    held, alone = (
        quality(some, report.data) for some in (done, [card for card in done if not card.floor])
    )
    assert held is not None and "best baseline" in held.caption and "best baseline" in held.svg
    assert alone is not None and "best baseline" not in f"{alone.caption}{alone.svg}"


def test_an_arm_with_a_curve_is_shown_learning_and_the_shade_follows_the_word():
    curve = [{"step": step, "train": 1 / (1 + step), "val": 1.0} for step in range(0, 40, 10)]
    card = Card(0, {"name": "lora", "status": "done", "fit": None}, False, "", curve=curve)
    plot = learning(card)
    assert plot is not None and "shaded" not in plot.caption
    assert learning(Card(0, {"name": "tfidf"}, False, "")) is None
    assert risen_since({"word": "overfitting since 300", "text": ""}) == 300
    assert risen_since({"word": "learning", "text": ""}) is None and risen_since(None) is None


def test_every_row_is_in_one_bar_of_the_funnel(report):
    plot = funnel(report.data)
    found = {name: int(number.replace(",", "")) for name, number, *_ in plot.rows}
    assert found["read"] == found["dropped"] + found["kept"] == 2146
    assert found["train"] + found["validation"] + found["test"] == found["kept"]


def test_score_against_price_needs_two_arms_whose_cost_is_known(report):
    done = [card for card in cards(report) if card.is_done]
    plot = price(done, report.data)
    assert plot is not None and len(plot.rows) == len(done)
    assert price(done[:1], report.data) is None
    assert lines(done, report.data) is not None


def test_slices_too_small_to_speak_of_are_marked(report):
    (chosen,) = [one for one in cards(report) if one.name == "lora-r8"]
    names = list(chosen.data["slices"])
    plot = slice_dots(names, chosen, report.data)
    assert [row[0] for row in plot.rows] == names
    few = {
        name: {"accuracy": {**chosen.data["slices"][name]["accuracy"], "n": 5}} for name in names
    }
    small = Card(chosen.index, {**chosen.data, "slices": few}, False, "")
    assert "n = 5, too few" in slice_dots(names, small, report.data).svg
    assert slice_dots([], chosen, report.data) is None


def test_confidence_is_held_against_how_often_it_is_right(report):
    (one,) = [card for card in cards(report) if card.name == "zero"]
    assert (reliability(one) is None) == (not one.data.get("calibration"))
    part = {"confidence": 0.9, "right": 0.5, "low": 0.4, "high": 0.6, "n": 100}
    plot = reliability(Card(0, {"name": "x", "calibration": {"bins": [part]}}, False, ""))
    assert plot.rows[0][:2] == ("said 0.900", "0.500")
    assert lengths({}) is None
