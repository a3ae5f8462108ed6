"""`assay annotate`: how things stand, and what is one thing at a time."""

import json
import math

import pytest

from assay.cli.annotate import agreement_lines
from assay.cli.main import command
from assay.data.annotation.agreement import Agreement
from assay.stats.intervals import Interval
from helpers.lines import named


@pytest.mark.parametrize(
    "words",
    [
        ["--out", "a.csv", "--in", "b.csv"],
        ["--next", "--errors"],
        ["--adjudicate", "d", "--out", "o"],
    ],
)
def test_one_thing_is_done_at_a_time(tickets, words, capsys):
    assert command(["annotate", "tickets", *words]) == 2
    assert "are two things" in capsys.readouterr().err


def test_how_things_stand_is_said_with_the_next_command(tickets, capsys):
    assert command(["annotate", "tickets"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert named(first, "42", "0 of them without a label", "0 with votes")
    assert last == "nobody voted yet: assay annotate tickets --out tasks.csv"
    assert command(["annotate", "tickets", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["voted"]) == (42, 0)


def test_sheets_are_written_for_each_annotator(tickets, capsys):
    words = ["annotate", "tickets", "--out", "t.csv", "--annotators", "anna, ben", "--rows", "10"]
    assert command(words) == 0
    out = capsys.readouterr().out
    assert "t.anna.csv" in out and "t.ben.csv" in out
    assert "assay annotate PROJECT --in SHEET" in out


def test_agreement_is_told_with_its_interval_and_where_it_is_defined():
    whole = Interval(0.8, 0.7, 0.9)
    none = Interval(math.nan, math.nan, math.nan)
    others = {name: (8, whole) for name in ("anna", "ben", "carl")}
    found = Agreement(
        {"anna": 10, "ben": 8},
        8,
        percent=whole,
        fleiss=none,
        alpha={},
        pairs=(),
        confused=(),
        with_others=others,
    )
    votes, agree, fleiss, *each = agreement_lines(found)
    assert len(each) == 3 and named(each[0], "anna with the others, 8 rows", "0.800")
    assert named(votes, "anna 10", "ben 8", "8 rows")
    assert named(agree, "0.800", "0.700 to 0.900")
    assert fleiss.endswith("not defined: all votes are one label")
