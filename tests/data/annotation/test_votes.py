from dataclasses import replace

import pytest

from assay.core.errors import DataError
from assay.core.store import append
from assay.core.types import Document, Example, Message
from assay.data.annotation.votes import (
    Vote,
    by_annotator,
    mark,
    match_votes,
    mend,
    new_votes,
    newest,
    read_votes,
)
from helpers.problems import problem

ROWS = [
    Example(id, (Message("user", text),), source=f"a.csv:{line}")
    for line, (id, text) in enumerate([("r1", "one"), ("r2", "two")], 2)
]


def vote(row, who, label, **more):
    return Vote(row.id, mark(row), who, label, **more)


def test_the_mark_of_a_row_is_that_of_all_an_annotator_sees():
    row = ROWS[0]
    assert mark(replace(row, id="r9", target="a", source="b.csv:7")) == mark(row)
    assert mark(replace(row, context=(Document("c", "another page"),))) != mark(row)
    assert mark(replace(row, messages=(Message("system", "one"),))) != mark(row)


def test_a_row_that_moved_keeps_its_votes_when_its_text_is_the_only_one():
    votes = [vote(ROWS[0], "anna", "b")]
    moved = replace(ROWS[0], id="r17")
    assert list(match_votes(votes, [moved])[0]) == ["r17"]
    twice = [replace(ROWS[0], id="r17"), replace(ROWS[0], id="r18")]
    on, strays = match_votes(votes, twice)
    assert not on and strays == votes


def test_the_last_vote_of_an_annotator_stands():
    votes = [
        vote(ROWS[0], "anna", "b"),
        vote(ROWS[0], "anna", "a"),
        vote(ROWS[0], "carl", "b", decides=True),
    ]
    on, _ = match_votes(votes, ROWS)
    assert by_annotator(on) == {"r1": {"anna": "a"}}
    assert new_votes(votes, [vote(ROWS[0], "anna", "a")]) == []
    assert new_votes(votes, [vote(ROWS[0], "anna", "b")]) == [vote(ROWS[0], "anna", "b")]


def test_votes_are_read_as_they_were_written_and_a_line_that_is_none_is_named(tmp_path):
    votes = [vote(ROWS[0], "anna", "b", source="t.csv:2"), vote(ROWS[1], "carl", "a", decides=True)]
    append(tmp_path / "v.jsonl", *(v.to_json() for v in votes))
    assert read_votes(tmp_path / "v.jsonl") == votes
    assert read_votes(tmp_path / "none.jsonl") == []
    append(tmp_path / "v.jsonl", {"id": "r1", "label": "x"})
    with problem(DataError, "D025", "v.jsonl:3"):
        read_votes(tmp_path / "v.jsonl")


def test_a_decision_does_not_take_the_place_of_the_same_persons_vote():
    said, decided = vote(ROWS[0], "anna", "b"), vote(ROWS[0], "anna", "a", decides=True)
    assert newest([said, decided]) == [said, decided]
    assert newest([said, decided, vote(ROWS[0], "anna", "c")]) == [
        vote(ROWS[0], "anna", "c"),
        decided,
    ]


@pytest.mark.parametrize(
    ("end", "left"),
    [
        ("\n", '{"id": "r1"}\n{"id": "r2"}\n'),
        ("", '{"id": "r1"}\n{"id": "r2"}\n'),
        ('\n{"id": "r', '{"id": "r1"}\n{"id": "r2"}\n'),
    ],
    ids=["whole", "without its end", "cut off"],
)
def test_after_a_kill_whole_lines_stay_and_the_next_starts_afresh(tmp_path, end, left):
    path = tmp_path / "v.jsonl"
    path.write_text('{"id": "r1"}\n{"id": "r2"}' + end)
    mend(path)
    assert path.read_text() == left
