"""Where project files of one folder keep what they make."""

from pathlib import Path

import pytest

from assay.config import load
from assay.core.project_paths import file_of, place, project_target


@pytest.mark.parametrize(
    ("target", "work", "shown"),
    [
        ("tickets", "tickets/work", "tickets"),
        ("tickets/project.yaml", "tickets/work", "tickets"),
        ("tickets/p4.yaml", "tickets/p4.work", "tickets/p4.yaml"),
        # beside a p4.yaml it is another project
        ("tickets/p4.yml", "tickets/p4.yml.work", "tickets/p4.yml"),
        ("v1.2", "v1.2/work", "v1.2"),  # a folder with a point in its name
    ],
)
def test_a_project_file_of_another_name_has_folders_of_its_own(target, work, shown):
    assert place(Path(target), "work") == Path(work)
    assert project_target(file_of(Path(target))) == Path(shown)


def test_a_folder_that_is_called_like_a_project_file_is_a_folder(tmp_path):
    folder = tmp_path / "old.yaml"
    folder.mkdir()
    assert place(folder, "report") == folder / "report"


def test_a_loaded_project_knows_its_own(tmp_path):
    for name in ("project.yaml", "p4.yaml"):
        (tmp_path / name).write_text("data: {files: {data: a.csv}}\ncompare: [{kind: majority}]\n")
    first, second = load(tmp_path / "project.yaml"), load(tmp_path / "p4.yaml")
    assert (first.work, first.report_folder, first.target) == (
        tmp_path / "work",
        tmp_path / "report",
        tmp_path,
    )
    assert (second.work, second.report_folder) == (tmp_path / "p4.work", tmp_path / "p4.report")
    assert second.target == tmp_path / "p4.yaml"
    assert first.exam_book == second.exam_book == tmp_path / "exam.jsonl"
