"""How training went: a word and a text in report.json, on the arm's card, in the Markdown and in
the last lines."""

from dataclasses import replace

import pytest

from assay.reporting import html, markdown
from assay.reporting.build import Report
from assay.reporting.figures import learning, risen_since
from assay.reporting.summary import summary_lines
from assay.reporting.view import Card, cards
from helpers.lines import named

FIT = {
    "word": "overfitting since 300",
    "text": "The val loss was lowest after step 300 (0.51) & rose to 0.71.",
}


@pytest.fixture
def overfitted(made):
    curve = [{**point, "kept": point["step"] == 360} for point in made.arms[4].curve]
    made.arms[4] = replace(made.arms[4], fit=FIT, curve=curve)
    return Report(made.build(), made.task, tuple(made.arms), made.extra)


def test_every_strategy_has_the_key_and_only_trained_ones_a_value(overfitted):
    found = {one["name"]: one["fit"] for one in overfitted.data["strategies"]}
    assert found.pop("lora-r8") == FIT
    assert set(found.values()) == {None}


def test_the_card_says_it_and_the_plot_shows_it(overfitted):
    page = html.render(overfitted)
    assert named(page, "fit", "overfitting since 300")
    assert "(0.51) &amp; rose" in page
    # wide, and for a telephone
    assert page.count('class="risen"') == 2 and ">kept</text>" in page
    (card,) = [card for card in cards(overfitted) if card.fit]
    plot = learning(card)
    assert plot is not None and "shaded" in plot.caption
    plain = learning(Card(0, {"name": "x", "status": "done"}, False, "", curve=card.curve))
    assert plain is not None and "risen" not in plain.svg and "shaded" not in plain.caption


def test_the_shade_begins_where_the_word_says(overfitted):
    (card,) = [card for card in cards(overfitted) if card.fit]
    assert risen_since(card.fit) == 300
    assert risen_since({"word": "learning", "text": ""}) is None and risen_since(None) is None
    svg = str(learning(card).svg)
    rect = svg.partition('class="risen"')[0].rpartition("<rect ")[2]
    start, wide = (
        float(rect.partition(f'{name}="')[2].partition('"')[0]) for name in ("x", "width")
    )
    # Steps 0 to 600 lie between 56 and 870: 300 is in the middle.
    assert start == pytest.approx((56 + 870) / 2, abs=0.1) and start + wide == pytest.approx(
        870, abs=0.1
    )


def test_the_markdown_and_the_last_lines_say_it(overfitted):
    text = markdown.render(overfitted)
    assert named(text, "lora-r8", "overfitting", "300", "0.51") and "\\&" in text
    lines = " ".join(line.strip() for line in summary_lines(overfitted.data))
    assert named(lines, "lora-r8", "overfitting", "300")
    assert max(len(line) for line in summary_lines(overfitted.data)) <= 80


@pytest.mark.slow
def test_a_training_that_went_well_takes_no_line(made):
    made.arms[4] = replace(made.arms[4], fit={"word": "learning", "text": "It fell."})
    assert "training of" not in " ".join(summary_lines(made.build()))


@pytest.mark.slow
def test_a_report_from_before_fits_were_said_still_shows(made):
    data = made.build()
    for one in data["strategies"]:
        del one["fit"]
    report = Report(data, made.task, tuple(made.arms), made.extra)
    assert (
        "<dt>fit</dt>" not in html.render(report) and markdown.render(report) and report.summary()
    )
