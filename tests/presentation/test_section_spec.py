"""What a section holds: what is left out, what is said in short, which columns are numbers."""

from markupsafe import Markup

from assay.presentation import section_spec as spec
from assay.presentation.svg import Plot

NUMBER = spec.FormattedNumber(0.25, "score")
ENDS = spec.Ends(spec.FormattedNumber(0.1, "score"), spec.FormattedNumber(0.4, "score"))
PLOT = Plot(Markup("<svg/>"), "a plot", ("arm", "score"), [("a", "0.250")])


def test_blocks_that_hold_nothing_are_left_out_with_the_headings_over_them():
    said = spec.Paragraph("said")
    empty = (spec.Paragraph(""), spec.Bullets([]), spec.Table("c", ("a",), []), spec.Figure(None))
    nothing = (*empty, spec.Details("more", (*empty, spec.ItemList([]))))
    first, second, inner = (
        spec.SectionHeading(name, level) for name, level in (("1", 3), ("2", 3), ("3", 4))
    )
    assert spec.present([first, *nothing, second, inner, said, first, inner]) == [
        *(second, inner, said)
    ]


def test_columns_of_numbers_stand_to_the_right():
    rows = [
        ("a", NUMBER, (NUMBER, ", ", NUMBER), spec.Stacked(NUMBER, ENDS), "x", ("n = ", NUMBER)),
        spec.TableRow(("b", "any", None, ENDS, None, None), "chosen"),
    ]
    table = spec.Table("c", list("abcdef"), rows)
    assert spec.right_columns(table) == [False, True, True, True, False, False]
    assert spec.right_columns(spec.numbers_of(PLOT)) == [False, True]


def test_in_short_there_are_words_and_tables_and_the_first_rows_that_were_asked_for():
    items = [
        spec.Item(f"row {n}.", ("Where?",), (spec.LabelledValue("answer", None, "wrong"),))
        for n in range(3)
    ]
    blocks = [
        spec.Figure(PLOT),
        spec.Figure(PLOT, "a: 0.250"),
        spec.Details("Rows", (spec.Paragraph("why"), spec.ItemList(items, short=2))),
        spec.Details("Others", (spec.ItemList(items), spec.Table("c", ("a",), [("b",)]))),
    ]
    assert spec.brief(blocks) == [
        spec.Paragraph("a: 0.250"),
        spec.Paragraph(("Rows", ":")),
        spec.Bullets([f"row {n}: Where?; answer: could not be read" for n in range(2)]),
    ]


def test_words_are_read_one_after_the_other():
    words = (spec.Badge(1), "lora ", spec.Stacked(NUMBER, ENDS), " by ", spec.Code("assay run"))
    assert spec.text_of(words) == "lora 0.250 (0.100 to 0.400) by assay run"
    assert spec.text_of((spec.Tag("floor"), " ", spec.TextLink("arm-0", "a"))) == "(floor) a"
    assert spec.text_of(spec.Stacked("typos", spec.Tag(("n = ", NUMBER)))) == "typos (n = 0.250)"
    assert spec.text_of((spec.Strong("a"), spec.Verbatim(" b"))) == "a b"
    assert spec.text_of(None) == "–"
    none = spec.FormattedNumber(None, "score")
    assert spec.text_of(spec.Ends(none, none, "one group")) == "no interval: one group"
