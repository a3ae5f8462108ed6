"""Whose turn which row is."""

from assay.core.store import read_lines, write_lines
from assay.data.annotation.votes import mark
from assay.web.label_desk import LabelDesk


def vote(desk, who, id, label):
    desk.vote(who, id, mark(desk.row(id)), [label], decides=False)


def test_rows_of_a_queue_are_dealt_once_to_each(small_folder):
    desk = LabelDesk(small_folder)
    first = desk.queue("anna", "open")
    assert len(first) == 160 and len(set(first)) == 160
    vote(desk, "anna", first[0], "red")
    assert desk.queue("anna", "open") == first[1:]
    assert set(desk.queue("ben", "open")) == set(first[1:])


def test_a_fifth_of_what_others_said_is_for_everybody(small_folder):
    desk = LabelDesk(small_folder)
    rows = desk.queue("anna", "open")[:10]
    for id in rows:
        vote(desk, "anna", id, "red")
    own = desk.queue("ben", "open")
    assert len(set(own[:2]) & set(rows)) == 2 and not set(own[2:]) & set(rows)
    assert desk.queue("ben", "open") == own


def test_files_that_change_are_read_again(small_folder):
    desk = LabelDesk(small_folder)
    assert len(desk.work().rows) == 160
    rows = list(read_lines(small_folder / "rows.jsonl"))
    write_lines(small_folder / "rows.jsonl", rows[:50])
    assert len(desk.work().rows) == 50 and len(desk.queue("anna", "open")) == 50


def test_likely_errors_come_first_where_they_are_asked_for(small_folder):
    rows = list(read_lines(small_folder / "rows.jsonl"))
    rows[7]["label"] = "red" if rows[7]["label"] == "blue" else "blue"
    write_lines(small_folder / "rows.jsonl", rows)
    desk = LabelDesk(small_folder)
    first = desk.row(desk.queue("anna", "errors")[0])
    assert first.text == rows[7]["text"]
