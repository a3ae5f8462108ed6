"""How a command ends: what is printed, and the exit code."""

import errno

import pytest

from assay.cli.outcome import CommandOutcome, following, problem_lines, tell_notes
from assay.core.errors import (
    DataError,
    LeakError,
    ModelError,
    Problem,
    ResourceError,
    Stopped,
    TrainError,
    UsageError,
)
from helpers.lines import named


def test_at_most_five_of_a_code():
    problems = [Problem("D030", f"row {i}", f"a.csv:{i}") for i in range(43)] + [
        Problem("D004", "is empty", "b.csv")
    ]
    lines = list(problem_lines(problems))
    assert lines == [
        *(f"D030 a.csv:{i}: row {i}" for i in range(5)),
        "D030 and 38 more: assay check --all",
        "D004 b.csv: is empty",
    ]
    assert len(list(problem_lines(problems, every=True))) == 44


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError(Problem("C071", "x")), 2),
        (DataError(Problem("D004", "x")), 3),
        (LeakError(Problem("D050", "x")), 1),
        (ResourceError(Problem("R002", "x")), 4),
        (ModelError(Problem("M086", "x")), 5),
        (TrainError(Problem("T001", "x")), 6),
        (Stopped(2), 130),
        (Stopped(15), 143),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(error, code, capsys):
    with CommandOutcome(["run", "my tickets"]) as outcome:
        raise error
    assert outcome.code == code
    err = capsys.readouterr().err
    if code >= 130:
        assert named(err, "assay run 'my tickets'")


def test_a_bug_leaves_a_file_and_one_line(capsys, tmp_path):
    (tmp_path / "work").mkdir()
    with CommandOutcome(["run"], tmp_path / "work") as outcome:
        raise RuntimeError("the shape is\n(3, 4) \x1b[2J")
    assert outcome.code == 70
    (path,) = (tmp_path / "work").glob("crash-*.txt")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        f"This is a bug in assay (RuntimeError: the shape is (3, 4) \ufffd[2J). Details: {path}"
    ]
    text = path.read_text(encoding="utf-8")
    assert text.startswith("assay run\nPython 3.")
    assert "RuntimeError: the shape is" in text


def test_data_is_printed_without_control_characters(capsys):
    with CommandOutcome([]):
        raise DataError(Problem("D030", "label '[/]\x1b[2J' is not one", "a.csv:3"))
    first, _ = capsys.readouterr().err.splitlines()
    assert first == "D030 a.csv:3: label '[/]\ufffd[2J' is not one"


def test_the_next_command_mends_the_spelling_or_the_setting():
    near = Problem("C083", "there is no arm 'lorra'; did you mean 'lora'?")
    assert following([near], ["ask", "t", "why", "--with", "lorra"]) == (
        "assay ask t why --with lora"
    )
    alike = Problem("D031", "two labels look the same")
    assert following([alike], ["run", "t.csv"]) == ("assay run t.csv --set data.join_labels=true")
    bytes_ = Problem("D008", "is not UTF-8", help="name it, for example: data.encoding: cp1252")
    assert following([bytes_], ["check", "t.csv"]) == (
        "assay check t.csv --set data.encoding=cp1252"
    )
    # Else the page of the first code; and nothing where a way out is a command already.
    assert following([Problem("C071", "no such setting")], ["run"]) == "assay explain C071"
    assert following([Problem("C062", "none yet", help="assay run t")], ["report"]) == ""


def test_an_error_of_the_system_is_no_bug_and_a_missing_file_is_one(capsys, tmp_path):
    with CommandOutcome(["run"], tmp_path) as outcome:
        raise OSError(errno.EIO, "x", "/disk/rows.csv")
    assert outcome.code == 3 and "D180 /disk/rows.csv" in capsys.readouterr().err
    with CommandOutcome(["run"], tmp_path) as outcome:
        raise FileNotFoundError(errno.ENOENT, "x", "/disk/rows.csv")
    assert outcome.code == 70


def test_what_ends_a_program_is_left_to_end_it():
    with pytest.raises(SystemExit), CommandOutcome([]):
        raise SystemExit(3)


def test_without_a_display_notes_are_told_and_progress_is_not(capsys):
    tell_notes({"event": "note", "text": "made again"})
    tell_notes({"event": "progress", "done": 1})
    assert capsys.readouterr() == ("", "made again\n")


def test_a_bug_with_half_a_character_in_it_leaves_its_file_too(capsys, tmp_path):
    with CommandOutcome(["run", "caf\udce9.csv"], tmp_path):
        raise KeyError("\udce9")
    assert "This is a bug" in capsys.readouterr().err
    (file,) = tmp_path.glob("crash-*.txt")
    assert "caf\\udce9.csv" in file.read_text()
