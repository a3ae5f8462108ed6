import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import DataError
from assay.data.reading.csv_table import delimiter_of
from assay.data.reading.load import load
from helpers.problems import problem
from helpers.raw_tables import ROWS, fields_of, lines_of, written


@pytest.mark.parametrize(
    ("head", "name", "mark"),
    [
        ("a,b\n1,2\n", "rows.csv", ","),
        ("a;b\n1,5;2\n", "rows.csv", ";"),  # a decimal comma
        ("a\tb\n1, 2\t3\n", "rows.txt", "\t"),
        ("a|b\n1|2\n", "rows.txt", "|"),
        ('a,b\n"1,2",3\n', "rows.txt", ","),
        ("one column\nalone\n", "rows.csv", ","),
        ("Prose has commas, too.\nNot in all lines.\n", "rows.txt", None),
        ("", "rows.txt", None),
    ],
)
def test_the_mark_that_cuts_all_lines_alike_stands_between_cells(head, name, mark):
    assert delimiter_of(head.encode(), name, None) == mark


def test_rows_with_the_names_that_r_writes_have_them_in_a_field(tmp_path):
    path = written(tmp_path / "rows.csv", '"text","label"\n"1","a b","x"\n"2","c d","y"\n')
    assert fields_of(path)[1] == {"row": "2", "text": "c d", "label": "y"}


@given(rows=ROWS, suffix=st.sampled_from(["csv", "tsv"]))
def test_tables_give_back_what_was_written(tmp_path, rows, suffix):
    # The writer leaves a lone carriage return unquoted only when told so, hence all cells are
    # quoted here.
    out = io.StringIO(newline="")
    writer = csv.DictWriter(
        out, ["text", "the label"], dialect="excel" if suffix == "csv" else "excel-tab", quoting=1
    )
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / f"train.{suffix}"
    path.write_bytes(out.getvalue().encode())
    assert fields_of(path) == rows


def test_a_table_row_is_named_by_the_line_it_starts_on(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text('text,label\n"two\nlines",a\n\nplain,b\n"x ""y""",c\n')
    assert lines_of(path) == [2, 5, 6]
    assert fields_of(path)[2]["text"] == 'x "y"'


def test_tabs_with_plain_quote_marks(tmp_path):
    path = tmp_path / "Corpus"
    path.write_text('Label\tText\nham\t"Oh no, he said\nspam\tbuy "now"\n')
    assert [row["Text"] for row in fields_of(path)] == ['"Oh no, he said', 'buy "now"']


def test_cells_up_to_two_million_characters(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("text,label\n" + "a b " * 50_000 + ",x\nshort text,y\n")
    assert len(load({"data": [path]}, base=tmp_path).train[0].text) == 200_000
    path.write_text("text,label\n" + "a b " * 600_000 + ",x\nshort text,y\n")
    with problem(DataError, "D039", "train.csv:2"):
        load({"data": [path]}, base=tmp_path)
