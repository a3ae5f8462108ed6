"""Whose turn which row is."""

from assay.core.store import read_lines, write_lines
from assay.data.annotation.votes import mark
from assay.web.label_queue import LabelQueue


def vote(queue, who, id, label):
    queue.vote(who, id, mark(queue.row(id)), [label], decides=False)


def test_rows_of_a_queue_are_dealt_once_to_each(small_folder):
    queue = LabelQueue(small_folder)
    first = queue.queue("anna", "open")
    assert len(first) == 160 and len(set(first)) == 160
    vote(queue, "anna", first[0], "red")
    assert queue.queue("anna", "open") == first[1:]
    assert set(queue.queue("ben", "open")) == set(first[1:])


def test_a_fifth_of_what_others_said_is_for_everybody(small_folder):
    queue = LabelQueue(small_folder)
    rows = queue.queue("anna", "open")[:10]
    for id in rows:
        vote(queue, "anna", id, "red")
    own = queue.queue("ben", "open")
    assert len(set(own[:2]) & set(rows)) == 2 and not set(own[2:]) & set(rows)
    assert queue.queue("ben", "open") == own


def test_files_that_change_are_read_again(small_folder):
    queue = LabelQueue(small_folder)
    assert len(queue.work().rows) == 160
    rows = list(read_lines(small_folder / "rows.jsonl"))
    write_lines(small_folder / "rows.jsonl", rows[:50])
    assert len(queue.work().rows) == 50 and len(queue.queue("anna", "open")) == 50


def test_votes_that_others_gave_meanwhile_are_seen(small_folder):
    queue, other = LabelQueue(small_folder), LabelQueue(small_folder)
    first = queue.queue("anna", "open")[0]
    assert queue.label_of(first, "ben") == ""
    vote(other, "ben", first, "red")  # another process, or a sheet that was taken
    assert queue.label_of(first, "ben") == "red" and queue.work().counts()["voted"] == 1
    queue.work().path.unlink()
    assert queue.work().counts()["voted"] == 0 and queue.queue("ben", "open")[0] is not None


def test_likely_errors_come_first_where_they_are_asked_for(small_folder):
    rows = list(read_lines(small_folder / "rows.jsonl"))
    rows[7]["label"] = "red" if rows[7]["label"] == "blue" else "blue"
    write_lines(small_folder / "rows.jsonl", rows)
    queue = LabelQueue(small_folder)
    first = queue.row(queue.queue("anna", "errors")[0])
    assert first.text == rows[7]["text"]
