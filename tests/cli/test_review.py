"""`assay review`: what is refused before a sheet is written."""

import json

import pytest

from assay.cli.main import command
from assay.cli.review import _split, _two
from assay.core.errors import UsageError
from helpers.problems import problem


def test_two_different_strategies_are_rated_or_those_that_are_left_out():
    assert _two("") == () and _two("lora, rag") == ("lora", "rag")
    for text in ("lora", "lora,lora", "a,b,c"):
        with problem(UsageError, "C106", "--arms"):
            _two(text)


def test_rows_are_of_one_of_three_splits():
    assert [_split(name) for name in ("test", "val", "train")] == ["test", "val", "train"]
    with problem(UsageError, "C073", "--split", "'exam'"):
        _split("exam")


@pytest.mark.parametrize(
    "words", [["--out", "a.csv", "--in", "b.csv"], ["--in", "b.csv", "--pairs", "c.jsonl"]]
)
def test_one_thing_is_done_at_a_time(tickets, words, capsys):
    assert command(["review", str(tickets), *words]) == 2
    assert "three things" in capsys.readouterr().err


def test_before_anybody_has_rated_it_is_said_how_to_begin(tickets, capsys):
    assert command(["review", str(tickets)]) == 0
    assert "nobody has rated yet" in capsys.readouterr().out
    assert command(["review", str(tickets), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) is None
