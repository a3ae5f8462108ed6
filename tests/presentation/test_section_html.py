"""A section on the page: its numbers say where they stand, foreign text is inert, what is empty is
not there."""

from markupsafe import Markup

from assay.presentation import section_spec as spec
from assay.presentation.section_html import blocks_html, figure_html, render, words_html
from assay.presentation.svg import Plot

BAD = "<script>alert(1)</script>\x1b"
SAFE = "&lt;script&gt;alert(1)&lt;/script&gt;␛"


def number(value, at="/a/0"):
    return spec.FormattedNumber(value, "score", at)


def test_a_number_carries_its_value_and_its_place():
    assert words_html(number(0.25)) == (
        '<data value="0.25" data-at="/a/0" data-as="score">0.250</data>'
    )
    assert words_html(spec.FormattedNumber(7, "count")) == "7"
    assert words_html(number(None)) == '<span class="none">–</span>'
    assert 'data-at="/&lt;b&gt;␛"' in words_html(number(0.25, "/<b>\x1b"))


def test_an_interval_has_both_ends_or_says_why_it_has_none():
    ends = words_html(spec.Ends(number(0.1), number(0.4)))
    assert ends.startswith('<span class="range"><data') and ends.endswith("0.400</data></span>")
    none = words_html(spec.Ends(number(0.1), number(None), "one row"))
    assert none == '<span class="range none">no interval: one row</span>'


def test_foreign_text_is_inert_wherever_it_stands():
    plot = Plot(Markup("<svg/>"), BAD, (BAD, BAD), [(BAD, BAD)])
    inline = (
        BAD,
        spec.Tag(BAD),
        spec.Code(BAD),
        spec.TextLink("arm-1", BAD),
        spec.Stacked(BAD, BAD),
    )
    inline += (spec.Strong(BAD), spec.Verbatim(BAD), spec.Verbatim(BAD, learnt=True))
    facts = (spec.LabelledValue(BAD, BAD, "wrong", note=BAD),)
    item = spec.Item(BAD, (BAD,), facts, beside=(spec.Item(BAD, (BAD,)),))
    blocks = [
        spec.Paragraph(inline),
        spec.SectionHeading(BAD),
        spec.Bullets([BAD]),
        spec.Table(BAD, (BAD, BAD), [(BAD, BAD)]),
        spec.Figure(plot),
        spec.Details(BAD, (spec.ItemList([item]),)),
        spec.CardBlock("arm-1", (spec.Facts([(BAD, BAD)]), spec.ListingBlock(BAD))),
    ]
    page = render(spec.Section("part", BAD, blocks))
    assert "<script" not in page and "\x1b" not in page
    assert page.count(SAFE) == 9 + 1 + 1 + 5 + 6 + 8 + 3 + 1  # by block, then the title


def test_a_table_scrolls_in_its_box_and_sets_numbers_to_the_right():
    rows = [spec.TableRow(("a", number(1.0)), "chosen"), ("b", None)]
    page = blocks_html([spec.Table("All.", ("arm", "score"), rows, printed=False)])
    assert page.startswith('<div class="scroll unprinted" tabindex="0"><table class="wide">')
    assert '<th scope="col">arm</th><th scope="col" class="n">score</th>' in page
    assert '<tr class="chosen"><th scope="row">a</th><td class="n"><data' in page
    assert '<tr><th scope="row">b</th><td class="n none">–</td></tr>' in page


def test_rows_of_the_data_are_cut_and_what_is_closed_on_paper_is_marked():
    item = spec.Item("row 1", ("x" * 20,), (spec.LabelledValue("answer", None, "wrong"),))
    page = blocks_html([spec.Details("Rows", (spec.ItemList([item], width=17),))])
    assert page.startswith('<details class="drill"><summary>Rows</summary>')
    assert f'<p class="question text">{"x" * 17} … (3 more characters)</p>' in page
    assert '<dt>answer</dt><dd class="text wrong">could not be read</dd>' in page
    assert (
        blocks_html([spec.Details("R", (spec.ItemList([item]),), printed=True)])[:9] == "<details>"
    )


def test_cards_facts_and_listings_have_their_elements():
    facts = spec.Facts([("seed", spec.FormattedNumber(7, "count", "/seed"))])
    page = blocks_html([spec.CardBlock("arm-0", (facts,)), spec.ListingBlock("a: 1", wrapped=True)])
    assert page.startswith('<article class="card" id="arm-0">\n<dl class="facts">\n<dt>seed</dt>')
    assert page.endswith('</article>\n<pre class="wrap" tabindex="0">a: 1</pre>\n')
    opened = blocks_html([spec.Details("p", (spec.ListingBlock("a"),), printed=True, opened=True)])
    assert opened.startswith("<details open><summary>p</summary>")
    learnt = words_html((spec.Verbatim("a", learnt=True), spec.Verbatim("b", learnt=False)))
    assert learnt == '<mark>a</mark><span class="unlearnt">b</span>'


def test_a_plot_has_its_numbers_under_it_and_none_is_nothing():
    page = figure_html(Plot(Markup("<svg/>"), "A plot.", ("arm", "score"), [("a", "0.250")]))
    assert '<div class="plot-box"><svg/></div>\n<figcaption>A plot.</figcaption>' in page
    assert '<th scope="row">a</th><td class="n">0.250</td>' in page
    assert figure_html(None) == ""
