"""`assay answer`: a file of questions, answered by a fitted strategy."""

import json
from pathlib import Path

import pytest

from assay.cli.main import command
from helpers.toy import rows, write_rows


@pytest.fixture
def questions(fitted):
    write_rows(Path("new.jsonl"), rows(5, 2000))
    return "new.jsonl"


@pytest.mark.slow
def test_each_question_has_its_answer_in_a_file_beside_it(fitted, questions, capsys):
    assert command(["answer", str(fitted), questions, "--with", "majority", "--quiet"]) == 0
    assert capsys.readouterr().out == "answers  new.answers.jsonl\n"
    answers = [json.loads(line) for line in Path("new.answers.jsonl").read_text().splitlines()]
    assert [one["answer"] for one in answers] == ["lend"] * 5


@pytest.mark.slow
def test_the_place_is_said_or_named_and_told_as_one_document(fitted, questions, capsys):
    words = ["answer", str(fitted), questions, "--with", "copy", "-o", "out.jsonl", "--json"]
    assert command(words) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 5
    assert Path("out.jsonl").is_file() and not Path("new.answers.jsonl").exists()


def test_without_a_report_a_strategy_has_to_be_named(fitted, questions, capsys):
    assert command(["answer", str(fitted), questions]) == 2
    err = capsys.readouterr().err
    assert "C161" in err and "--with majority" in err
