"""The commands that fit a folder."""

from pathlib import Path

import pytest

from assay.core.command_hints import (
    is_data,
    lines,
    look,
    no_project,
    not_there,
    with_project,
)
from assay.core.errors import DataError
from helpers.problems import problem


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def project(folder, ran=False):
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / "project.yaml").write_text("")
    if ran:
        (Path(folder) / "report").mkdir()
        (Path(folder) / "report" / "report.json").write_text("{}")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("rows.csv", True),
        ("Rows.JSONL.gz", True),
        ("notes.md", False),
        ("exam.jsonl", False),  # who has looked at test rows
        ("report.json", False),
        ("new.answers.csv", False),
        ("package-lock.json", False),
    ],
)
def test_what_assay_writes_is_no_data_to_begin_with(name, data):
    assert is_data(name) is data


def test_projects_come_before_files_and_both_as_they_are_typed():
    project("my tickets")
    Path("rows.csv").write_text("")
    here = look(Path())
    assert here.commands() == [
        ("assay run 'my tickets'", "goes on with this project"),
        ("assay run rows.csv", "makes a project of this file"),
    ]
    assert here.commands("check")[0][0] == "assay check 'my tickets'"
    assert here.holds() == "here are the project my tickets, rows.csv"


def test_who_asks_is_shown_a_project_that_has_run():
    project("new")
    assert look(Path()).commands("ask")[0][0] == "assay run new"
    project("old", ran=True)
    assert look(Path()).commands("ask") == [('assay ask old "Your question"', "")]
    assert look(Path()).commands("report") == [("assay report old", "")]


def test_a_project_above_is_found_from_inside_it(monkeypatch):
    project(".", ran=True)
    Path("report/past").mkdir()
    monkeypatch.chdir("report/past")
    assert look(Path()).projects == (Path("../../project.yaml"),)


def test_what_is_not_there_is_answered_with_the_nearest_way_out():
    Path("tickets.csv").write_text("")
    for name, way in (
        ("tikets.csv", "assay run tickets.csv"),
        ("https:/host/a/rows.csv?x=1", "curl -L -o rows.csv 'https://host/a/rows.csv?x=1'"),
        ("elsewhere", "assay run tickets.csv"),  # nothing is like it: what is here
    ):
        found = not_there(Path(name))
        assert found.code == "D001" and way in found.help
    Path("tickets.csv").unlink()
    assert "assay run hf://owner/set" in not_there(Path("owner/set")).help


def test_a_folder_without_a_project_says_what_it_holds():
    Path("data").mkdir()
    for name in "abcdefg":
        Path("data", name).write_text("")
    told = no_project(Path("data"))
    assert "a, b, c, d, e and 2 more" in told.text
    with problem(DataError, "D002", "data"):
        with_project(Path("data"))
    project("good")
    assert with_project(Path("good")) == Path("good")


def test_an_empty_folder_is_told_where_to_go():
    assert lines(look(Path()))[-1] == "  assay run FILE"
    project("done", ran=True)
    assert [line.split("  ")[1] for line in lines(look(Path()))[1:]] == [
        "assay report done",
        'assay ask done "Your question"',
        "assay run done",
    ]
