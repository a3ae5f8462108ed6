"""Decisions about rows: the newest counts, of rows that are as they were looked at."""

import pytest

from assay.core.errors import DataError
from assay.core.store import write_lines
from assay.core.types import Example, Message
from assay.data.annotation.apply_votes import Applied
from assay.data.annotation.decisions import (
    Decision,
    apply_decisions,
    match_decisions,
    read_decisions,
)
from assay.data.annotation.votes import mark


def row(number, text=None):
    asked = (Message("user", text or f"row {number}"),)
    return Example(f"r{number}", asked, "a", source=f"rows.csv:{number}")


def decision(of, action, by="anna", why=""):
    return Decision(of.id, mark(of), by, action, why)


def test_what_is_written_is_read_back(tmp_path):
    some = [decision(row(1), "drop", why="spam, \u202e"), decision(row(2), "keep")]
    write_lines(tmp_path / "d.jsonl", [one.to_json() for one in some])
    assert read_decisions(tmp_path / "d.jsonl") == some
    assert read_decisions(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize(
    "line",
    [
        {"id": "r1", "text": "x", "by": "anna", "action": "delete"},
        {"id": "r1", "text": "x", "by": "", "action": "drop"},
        {"id": "r1", "by": "anna", "action": "drop"},
        {"id": 7, "text": "x", "by": "anna", "action": "drop"},
        {"id": "r1", "text": "x", "by": "anna", "action": ["drop"]},
        {},
    ],
)
def test_what_is_no_decision_is_named_with_its_line(tmp_path, line):
    good = decision(row(1), "drop").to_json()
    write_lines(tmp_path / "d.jsonl", [good, {**dict.fromkeys(good, ""), **line}])
    with pytest.raises(DataError, match=r"D025 .*d\.jsonl:2"):
        read_decisions(tmp_path / "d.jsonl")


def test_the_newest_counts_whoever_made_it():
    one = row(1)
    said = [decision(one, "drop"), decision(one, "keep", "ben")]
    assert match_decisions(said, [one])[0]["r1"].action == "keep"
    assert match_decisions([*said, decision(one, "undo")], [one]) == ({}, [])


def test_a_row_that_was_edited_is_not_decided_about_and_one_that_moved_is():
    said = [decision(row(1), "drop"), decision(row(2), "drop")]
    edited, moved = row(1, "another text"), Example("r9", row(2).messages, "a")
    found, strays = match_decisions(said, [edited, moved])
    assert list(found) == ["r9"] and [one.id for one in strays] == ["r1"]


def test_rows_are_dropped_with_a_line_and_kept_ones_are_noted():
    rows = [row(1), row(2), row(3)]
    done = Applied(list(rows))
    said = [decision(rows[0], "drop", why="spam"), decision(rows[2], "keep")]
    apply_decisions(done, [*said, decision(row(8), "drop")], rows)
    assert [one.id for one in done.examples] == ["r2", "r3"] and done.kept == {"r3"}
    line, kept = done.ledger
    assert (kept["id"], kept["action"], kept["reason"]) == ("r3", "kept", "by anna")
    assert (line["file"], line["line"], line["id"]) == ("rows.csv", 1, "r1")
    assert (line["step"], line["action"], line["reason"]) == ("decide", "dropped", "by anna: spam")
    assert [one["code"] for one in done.warnings] == ["D088"]
