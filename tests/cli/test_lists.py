"""`assay list`: what assay has, or what a project compares."""

import json
from pathlib import Path

import pytest

from assay.cli.main import command
from helpers.small_projects import write_project


@pytest.mark.parametrize("what", ["steps", "augmentations", "strategies", "metrics", "kinds"])
def test_lists(what, capsys):
    assert command(["list", what, "--json"]) == 0
    names = {
        "steps": "dedupe",
        "augmentations": "noise",
        "strategies": "lora",
        "metrics": "accuracy",
        "kinds": "classify",
    }
    assert names[what] in [next(iter(row.values())) for row in json.loads(capsys.readouterr().out)]
    assert command(["list", what]) == 0
    assert names[what] in capsys.readouterr().out


def test_a_project_is_listed_by_its_strategies_and_their_state(capsys):
    write_project(Path("tickets"))
    assert command(["list", "tickets", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == ["majority", "copy"]
    assert command(["list"]) == 0  # the only one here
    assert "majority" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "next_"),
    [
        (["list", "step"], "assay list steps"),
        (["list", "datasets"], "assay list formats"),
        (["list", "tickets", "whatever"], "assay list strategies"),
    ],
)
def test_a_list_that_is_none_is_answered_with_the_one_that_was_meant(words, next_, capsys):
    write_project(Path("tickets"))
    assert command(words) == 2
    err = capsys.readouterr().err
    assert err.startswith("C203 ") and next_ in err


def test_a_file_that_is_not_there_is_no_list(capsys):
    assert command(["list", "tickets.yaml"]) == 3
    assert capsys.readouterr().err.startswith("D001 ")


def test_probing_is_for_models(capsys):
    assert command(["list", "steps", "--probe", "tickets"]) == 2
    assert "--probe is for models" in capsys.readouterr().err
