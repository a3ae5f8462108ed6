"""How a command line names its project and its strategies."""

from pathlib import Path

import pytest

from assay.cli.options import (
    find_project,
    find_strategies,
    is_project,
    looks_like_project,
    only_project,
    project_and_file,
    project_here,
)
from assay.core.errors import UsageError
from helpers.problems import problem
from helpers.small_projects import write_project


def test_a_project_is_its_folder_or_its_file(tickets):
    (tickets / "other.yaml").write_text("")
    for word, there in (
        ("tickets", True),
        ("tickets/other.yaml", True),
        ("tickets/new.yaml", False),
        ("gone", False),
        ("", False),
        ("word " * 500, False),  # longer than any name of a file
    ):
        assert is_project(word) is there
    assert looks_like_project("gone.yaml") and not looks_like_project("is it in a.yaml")


def test_named_by_an_option_all_words_are_what_the_verb_acts_on(tickets):
    assert find_project("ask", ("tickets", "why", None)) == (Path("tickets"), ["why"])
    assert find_project("ask", ("why", "late"), "tickets") == (Path("tickets"), ["why", "late"])
    assert find_project("ask", ("why",), first_is_project=lambda words: False) == (
        Path("tickets"),
        ["why"],
    )
    with problem(UsageError, "C060", None, "twice"):
        only_project("run", "tickets", "other")


def test_the_only_project_here_is_meant_and_said(tickets, capsys, monkeypatch):
    assert project_here("run") == Path("tickets")
    assert capsys.readouterr().err == "project  tickets\n"
    monkeypatch.chdir("tickets")
    assert project_here("run") == Path() and capsys.readouterr().err == ""


def test_of_two_projects_none_is_meant(tickets):
    write_project(Path("mail"))
    with problem(UsageError, "C201", None, "mail", "tickets"):
        project_here("run")


def test_one_file_is_taken_and_it_stands_behind_the_project(tickets):
    assert project_and_file("answer", ("tickets", "a.csv"), "", "FILE") == [
        Path("tickets"),
        Path("a.csv"),
    ]
    assert project_and_file("answer", ("a.csv", None), "", "FILE")[1] == Path("a.csv")
    for words, said in (
        ((None, None), "no FILE is named"),
        (("tickets", None), "no FILE is named"),
        (("tickets", "a.csv", "b.csv"), "one FILE is taken"),
        (("a.csv", "tickets"), "stands behind the FILE"),
    ):
        with pytest.raises(UsageError, match=said):
            project_and_file("answer", words, "", "FILE")


def test_strategies_are_named_by_with_and_understood_as_words(tickets, capsys):
    assert find_strategies("serve", ("tickets",), "", "majority, copy") == (
        Path("tickets"),
        ["majority", "copy"],
    )
    assert capsys.readouterr().err == ""
    found = find_strategies("serve", ("tickets", "copy"), "", "majority")
    assert found == (Path("tickets"), ["copy", "majority"])
    note = capsys.readouterr().err
    assert note.startswith("C200 ") and "assay serve tickets --with copy,majority" in note
