"""`assay ui` where there is nothing to show."""

from assay.cli.main import command


def test_a_folder_without_a_project_is_named(tmp_path, capsys):
    assert command(["ui", str(tmp_path)]) == 3
    said = capsys.readouterr().err
    assert "D001" in said and "assay run" in said
