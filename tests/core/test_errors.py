"""Errors with a code, a place and a way out."""

import errno

import pytest

from assay.core.errors import (
    AssayError,
    Damaged,
    DataError,
    LeakError,
    ModelError,
    OtherAnswers,
    Problem,
    ProjectError,
    ResourceError,
    Stopped,
    TrainError,
    UsageError,
    did_you_mean,
    nearest,
    system_error,
    unknown_name,
)


def test_a_problem_is_its_code_place_line_and_way_out():
    problem = Problem("D030", "label 'x' is not one", "a.csv:3", "add it", "x,hello")
    assert str(problem).splitlines() == [
        "D030 a.csv:3: label 'x' is not one",
        "   | x,hello",
        "   help: add it",
    ]
    assert str(Problem("C001", "text")) == "C001 text"


def test_what_the_system_says_of_a_disk_is_no_bug_and_a_missing_file_is():
    for number in (errno.ENOSPC, errno.EACCES, errno.EIO):
        told = system_error(OSError(number, "x", "/disk/work"))
        assert told and told.exit_code == 3 and told.problems[0].place == "/disk/work"
    assert system_error(FileNotFoundError(errno.ENOENT, "x", "/disk/work")) is None
    assert system_error(ValueError("x")) is None


def test_every_kind_of_error_has_an_exit_code_of_its_own():
    kinds = (UsageError, DataError, ResourceError, ModelError, TrainError)
    assert [kind.exit_code for kind in kinds] == [2, 3, 4, 5, 6]
    # A leak is an answer to a question, as a failed gate is and a model that answers otherwise.
    assert LeakError.exit_code == OtherAnswers.exit_code == 1
    assert Stopped(15).exit_code == 143 and Stopped().exit_code == 130
    assert issubclass(Damaged, ValueError)


def test_an_error_names_every_problem_and_at_least_one():
    error = DataError(Problem("D001", "one"), Problem("D002", "two"))
    assert str(error) == "D001 one\nD002 two"
    with pytest.raises(ValueError, match="at least one"):
        AssayError()
    assert ProjectError("p.yaml", *error.problems).header == "p.yaml has 2 problems"
    assert ProjectError("p.yaml", error.problems[0]).header == "p.yaml has 1 problem"


def test_the_nearest_name_is_told_where_one_is_close():
    known = ["accuracy", "macro_f1", "Rouge"]
    assert nearest("acuracy", known) == "accuracy" and nearest(" ROUGE ", known) == "Rouge"
    assert nearest("bleu", known) == "" and did_you_mean("bleu", known) == ""
    assert did_you_mean("macro_f", known) == "; did you mean 'macro_f1'?"


def test_an_unknown_name_is_told_with_those_that_there_are():
    problem = unknown_name("C083", "arm", "lorra", ["lora", "tfidf"], "tickets")
    assert problem.text == "there is no arm 'lorra'; did you mean 'lora'?"
    assert (problem.code, problem.place, problem.help) == ("C083", "tickets", "lora, tfidf")
    assert unknown_name("C083", "arm", "x", [], way="run it").help == "run it"
