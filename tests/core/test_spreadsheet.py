"""Cells that a spreadsheet would compute or rewrite are guarded, and come back as they were."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.spreadsheet import bare, csv_line, escape_cell


@given(st.text())
def test_what_is_guarded_comes_back(text):
    assert bare(escape_cell(text)) == text


@given(st.text(), st.sampled_from("=+-@\t\r"))
def test_no_cell_begins_as_a_formula(text, mark):
    # OWASP, CSV Injection: cells that begin with these are computed.
    assert escape_cell(mark + text)[0] == "'" and escape_cell(text)[:1] not in tuple("=+-@\t\r")


@pytest.mark.parametrize(
    "text",
    "007 1e5 1/2 12-05 MAR1 sept2 dec-12 TRUE 10:30 1,5"
    " $5 5% 2024-01-31 12345678901234567890".split()
    + ["5 may", "10 am", "＝1+1", " =1"],
)
def test_what_a_spreadsheet_rewrites_is_guarded(text):
    assert escape_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    ["refund", "rows-17", "Where is my card?", "top_up_2", "", "a=b", "I paid 5 euros in may"],
)
def test_what_it_leaves_alone_is_left_alone(text):
    assert escape_cell(text) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_a_line_is_read_back_as_its_cells(cells):
    (row,) = csv.reader(io.StringIO(csv_line(cells), newline=""))
    assert row == cells
