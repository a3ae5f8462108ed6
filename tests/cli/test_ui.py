"""`assay ui` where there is nothing to show."""

from assay.cli.main import command
from assay.web import run


def test_a_folder_without_a_project_is_named(tmp_path, capsys):
    (tmp_path / "other").mkdir()
    assert command(["ui", str(tmp_path / "other")]) == 3
    said = capsys.readouterr().err
    assert "D001" in said and "assay run" in said


def test_in_a_folder_of_data_files_a_project_can_be_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opened = []
    monkeypatch.setattr(run, "ui", lambda found, **settings: opened.append(found))
    assert command(["ui"]) == 0 and command(["ui", "."]) == 0
    assert opened == [[], []]
