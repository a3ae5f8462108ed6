"""`assay feedback`: what it is typed with, and what it prints."""

import json
from pathlib import Path

import pytest

from assay.cli.main import command
from assay.core import store


@pytest.fixture(autouse=True)
def _log(tickets):
    entry = {"id": "q1", "at": 1, "arm": "copy", "question": "a new loan please", "answer": "meet"}
    store.write_lines(Path("asked.jsonl"), [entry | {"finish": "stop"}])
    store.write_lines(Path("asked.feedback.jsonl"), [{"id": "q1", "correction": "lend"}])


def test_it_says_what_was_written_and_what_comes_next(tickets, capsys):
    assert command(["feedback", str(tickets), "asked.jsonl"]) == 0
    said = capsys.readouterr().out
    assert "tickets/feedback.jsonl" in said and "data.files.train" in said
    assert "rejected: rejected" in said and "assay run tickets" in said
    assert command(["feedback", str(tickets), "asked.jsonl", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == 0 and told["left_out"] == {"known already": 1}


def test_another_file_and_another_feedback(tickets, capsys):
    words = ["--feedback", "asked.feedback.jsonl", "-o", "next.jsonl", "--json"]
    assert command(["feedback", "asked.jsonl", "--project", str(tickets), *words]) == 0
    assert json.loads(capsys.readouterr().out)["out"] == "next.jsonl"
    assert len(list(store.read_lines(Path("next.jsonl")))) == 1


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        ([], "C225", 2),
        (["gone.jsonl"], "D001", 3),
        (["asked.jsonl", "more.jsonl"], "C060", 2),
    ],
)
def test_what_cannot_be_read_is_said(tickets, words, code, exit_code, capsys):
    assert command(["feedback", str(tickets), *words]) == exit_code
    assert code in capsys.readouterr().err
