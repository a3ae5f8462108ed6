from datetime import UTC, datetime

from assay.core.errors import DataError
from assay.data.reading.findings import Findings
from assay.data.reading.load import load
from assay.data.reading.timestamps import moment, time_of
from helpers.problems import problem


def test_forms_of_time(subtests):
    for written, value in [
        ("1970-01-02", 86400),
        ("1970/01/02", 86400),
        ("1970-01-02T00:00:00Z", 86400),
        ("1970-01-02 01:00:00+01:00", 86400),
        ("1970-02", 31 * 86400),
        (1714730400, 1714730400),
        ("1999", 1999),
        ("1e3", 1000),
    ]:
        with subtests.test(repr((written, value))):
            assert moment(written).value == value


def test_what_is_no_time(subtests):
    for written in ["03/05/2024", "", None, True, "soon", "2024-13-01", float("nan"), "1e999"]:
        with subtests.test(repr(written)):
            assert moment(written) is None


def test_bad_times_are_told_with_their_line(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text(
        "text,label,when\none thing,a,2024-01-02\nother thing,b,03/05/2024\nthird thing,a,\n"
    )
    with problem(DataError, "D092", "rows.csv:3", "'when'", "2"):
        load({"data": [file]}, time="when", base=tmp_path)
    file.write_text("text,label,when\none thing,a,2024-01-02\nother thing,b,2024\n")
    with problem(DataError, "D093", "split.time", "'when'", "rows.csv:2"):
        load({"data": [file]}, time="when", base=tmp_path)
    with problem(DataError, "D027", "rows.csv", "'whn'", "'when'"):
        load({"data": [file]}, time="whn", base=tmp_path)
    file.write_text("text,label,when\none thing,a,2024-01-02\nother thing,b,2024-01-01T12:00\n")
    assert [row.time for row in load({"data": [file]}, time="when").train] == [
        1704153600,
        1704110400,
    ]


def test_a_time_that_a_file_holds_as_one_is_taken_and_without_a_zone_it_is_utc():
    assert moment(datetime(1970, 1, 2)) == moment(datetime(1970, 1, 2, tzinfo=UTC)) == (86400, True)
    assert moment(1999) == (1999, False)


def test_the_first_line_of_dates_and_of_numbers_is_kept():
    found = Findings("a.csv")
    times = [
        time_of({"at": value}, "at", line, found) for line, value in enumerate((5, "1970", "x"))
    ]
    assert times == [5, 1970, None]
    assert found.clocks == {"numbers": 0} and found.bad[2][0] == "D092"
    assert time_of({}, None, 1, found) is None
