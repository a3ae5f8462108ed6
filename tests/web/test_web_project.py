"""What a project's pages read, and when they read it again."""

import shutil

from assay.web.web_project import WebProject


def test_an_id_says_nothing_of_the_place(project, sample_project):
    assert len(project.id) == 10 and project.id.isalnum()
    assert str(sample_project.name) not in project.id
    assert project.id == WebProject(sample_project).id


def test_rows_are_read_once_and_again_with_another_report(sample_project, tmp_path):
    folder = tmp_path / "tickets"
    shutil.copytree(sample_project, folder)
    one = WebProject(folder)
    first = one.matrix(60)
    assert first is not None and one.matrix() is first and one.share == 1.0
    file = folder / "report" / "report.json"
    file.write_text(file.read_text() + "\n", encoding="utf-8")
    second = one.matrix(60)
    assert second is not None and second is not first


def test_answers_that_cannot_be_read_are_a_fault_and_no_crash(sample_project, tmp_path):
    folder = tmp_path / "tickets"
    shutil.copytree(sample_project, folder)
    name = WebProject(folder).matrix(60).names[0]
    (folder / "report" / "predictions" / f"{name}.jsonl").write_text("{\n", encoding="utf-8")
    one = WebProject(folder)
    assert one.matrix(60) is None and "could not be read" in one.fault


def test_without_a_report_there_is_nothing(tmp_path):
    one = WebProject(tmp_path)
    assert one.data is None and one.matrix() is None and not one.is_running
