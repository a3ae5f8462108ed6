"""Records of reports, the newest first."""

from assay.core import store
from assay.runtime.arms.measured_records import NAME, records
from helpers.small_projects import load_project


def test_the_newest_comes_first_and_a_folder_without_a_record_does_not_count(tmp_path):
    project = load_project(tmp_path / "project")
    for place, number in (("", 0), ("past/2", 2), ("past/10", 10)):
        made = {"project": project.to_yaml(), "arms": {"majority": number}}
        store.write_json(project.report_folder / place / NAME, made)
    (project.report_folder / "past" / "11").mkdir()
    assert [one["arms"]["majority"] for one in records(project)] == [0, 10, 2]
