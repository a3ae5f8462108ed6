"""`assay migrate`: what it says, and when it writes nothing."""

import json
from pathlib import Path

from assay.cli.main import command
from helpers.versions import NEW, OLD


def write(folder: Path, text: str) -> Path:
    file = folder / "project.yaml"
    file.write_bytes(text.encode())
    return file


def test_a_file_of_version_2_is_left_alone(tmp_path, capsys):
    file = write(tmp_path, NEW)
    assert command(["migrate", str(tmp_path)]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert file.read_text() == NEW and list(tmp_path.iterdir()) == [file]


def test_check_writes_nothing_and_says_so_by_its_exit_code(tmp_path, capsys):
    file = write(tmp_path, OLD)
    assert command(["migrate", str(file), "--check"]) == 1
    shown = capsys.readouterr().out
    assert "aim -> task" in shown and "nothing was written" in shown
    assert file.read_text() == OLD and list(tmp_path.iterdir()) == [file]
    assert command(["migrate", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {"line": 2, "was": "aim", "is": "task"} in said["changes"]
    assert command(["migrate", str(file), "--check"]) == 0


def test_a_wrong_file_is_put_right_first(tmp_path, capsys):
    file = write(tmp_path, OLD.replace("kind: classify", "kind: clasify"))
    assert command(["migrate", str(file)]) == 2
    assert "aim.kind" in capsys.readouterr().err and "clasify" in file.read_text()


def test_what_was_rewritten_is_said_line_by_line_with_the_file_that_was_kept(tmp_path, capsys):
    file = write(tmp_path, OLD)
    assert command(["migrate"]) == 0  # of this folder
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "wrote  project.yaml; the earlier file is project.yaml.v1"
    assert all(" -> " in line for line in lines[:-1]) and file.read_text() == NEW
