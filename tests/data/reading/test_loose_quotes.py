import pytest

from assay.core.errors import DataError
from assay.data.reading.loose_quotes import split_loosely
from assay.data.reading.read_file import read
from helpers.problems import problem
from helpers.raw_tables import written

GOOD = "".join(f"plain text {n},b\n" for n in range(12))


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ('"My "lost" card",card', ['My "lost" card', "card"]),
        ('"He said "no", she said yes",card', ['He said "no", she said yes', "card"]),
        ('"a 5" disk",card', ['a 5" disk', "card"]),
        ('"he said "no""",card', ['he said "no"', "card"]),
        ('"","a "b" c"', ["", 'a "b" c']),
        ('"one\nand "two" lines",card', ['one\nand "two" lines', "card"]),
        ('"My "lost" card,card', None),  # never closed
        ('"a "b" c","d","e"', None),  # of three
        ('"a", "b" c","d', None),
    ],
)
def test_a_row_counts_where_one_way_gives_it_its_width(row, cells):
    assert split_loosely(row, ",", 2) == cells


def test_of_two_ways_none_is_taken():
    assert split_loosely('"a","b","c"', ",", 2) is None


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ('"My "lost" card",card\n', 'My "lost" card'),
        ('"My "lost" card\nis back",card\n', 'My "lost" card\nis back'),
        ("My\rcard,card\n", "My card"),
    ],
)
def test_such_a_row_is_read_and_noted(tmp_path, row, text):
    path = written(tmp_path / "rows.csv", f"text,label\n{GOOD}{row}{GOOD}")
    table = read(path, base=tmp_path)
    assert table.rows[12].fields == {"text": text, "label": "card"} and len(table.rows) == 25
    assert "line 14" in table.notes[-1]


@pytest.mark.parametrize("row", ['"My card,card\n', '"My card,card\n"plain, too",b\n'])
def test_a_quote_that_is_never_closed_costs_its_row_alone(tmp_path, row):
    path = written(tmp_path / "rows.csv", f"text,label\n{GOOD}{row}{GOOD}")
    table = read(path, base=tmp_path, bad_rows=0.05)
    assert [(one.source, one.code) for one in table.aside] == [("rows.csv:14", "D036")]
    assert len(table.rows) == 23 + row.count("\n")


@pytest.mark.parametrize(
    "rows",
    [
        '"He said "no", and\nleft",card\n',  # the first line alone has two cells
        '"My "lost card\nand, by the way, all\nelse",card\n',
        '"My "lost card\nis, back "again"\nand here",card\n',
        '"My card,card\ntoo, many, cells\n',
    ],
)
def test_where_the_next_rows_do_not_fit_nothing_is_certain(tmp_path, rows):
    path = written(tmp_path / "rows.csv", f"text,label\n{GOOD}{rows}{GOOD}")
    with problem(DataError, "D036", "rows.csv:14"):
        read(path, base=tmp_path, bad_rows=0.05)


def test_names_that_cannot_be_read_end_the_reading(tmp_path):
    with problem(DataError, "D036", "rows.csv:1"):
        read(written(tmp_path / "rows.csv", f'"text,label\n{GOOD}'), base=tmp_path, bad_rows=0.05)
