"""Tables of the report as CSV: exact numbers, guarded texts, and a link in the page itself."""

import csv
import io
import re
from urllib.parse import unquote

from assay.presentation import section_spec as spec
from assay.presentation.section_html import blocks_html
from assay.presentation.table_csv import table_csv


def number(value):
    return spec.FormattedNumber(value, "score", "/a")


TABLE = spec.Table(
    "Scores, on test.",
    ("strategy", "accuracy", "95 %", "note"),
    [
        spec.TableRow(
            ("lora", number(1 / 3), spec.Ends(number(0.25), number(0.5)), "=1+1"), "chosen"
        ),
        ('Ünï, "x"', number(None), None, "1,060"),
        ("a\x00b", number(1.0), spec.Ends(number(None), number(None)), "−2.0"),
    ],
)


def read(text):
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_numbers_are_exact_ends_have_columns_and_texts_are_guarded():
    text = table_csv(TABLE)
    assert text.startswith("\ufeff")
    head, *rows = read(text)
    assert head == ["strategy", "accuracy", "95 %, low", "95 %, high", "note"]
    assert rows[0] == ["lora", str(1 / 3), "0.25", "0.5", "'=1+1"]
    assert rows[1] == ['Ünï, "x"', "", "", "", "1060"]
    assert rows[2][1:] == ["1.0", "", "", "-2.0"] and "\x00" not in rows[2][0]


def test_what_stands_below_a_number_has_columns_of_its_own():
    below = spec.Stacked(number(0.5), spec.Ends(number(0.25), number(0.75)))
    said = spec.Stacked(number(16.0), spec.Tag("assumed"))
    named = (spec.Badge(1), spec.TextLink("arm-1", "lora"))
    rows = [(named, below, said), ("tfidf", number(0.25), (number(2.0), spec.Tag("measured")))]
    head, *found = read(table_csv(spec.Table("", ("strategy", "accuracy", "hours"), rows)))
    assert head == ["strategy", "accuracy", "accuracy, low", "accuracy, high"] + [
        "hours",
        "hours, note",
    ]
    assert found[0] == ["lora", "0.5", "0.25", "0.75", "16.0", "assumed"]
    assert found[1] == ["tfidf", "0.25", "", "", "2.0", "measured"]


def test_numbers_are_in_the_units_of_the_table():
    cells = [spec.FormattedNumber(0.0126, shape) for shape in ("ms", "points", "score")]
    cells.append(spec.FormattedNumber(1_649_213_440, "mb"))
    _, row = read(table_csv(spec.Table("", ("ms", "points", "score", "MB"), [cells])))
    assert row == ["12.6", "1.26", "0.0126", "1649.21344"]


def test_the_page_has_it_as_a_link_that_leads_nowhere_else():
    page = str(blocks_html([TABLE]))
    (link,) = re.findall(r"<a class=\"csv\"[^>]*>", page)
    assert 'download="scores-on-test.csv"' in link
    kept = re.search(r'href="data:text/csv;charset=utf-8,([^"]*)"', link)[1]
    assert read(unquote(kept)) == read(table_csv(TABLE))
    one = spec.Table("One.", ("a", "b"), [("x", number(1.0))])
    assert "download" not in blocks_html([one])  # nothing to sort or to draw
