"""The newest report of a project as an object."""

import pytest

from assay.core import store
from assay.core.errors import UsageError
from assay.reporting.latest import newest
from helpers.problems import problem


def test_it_is_what_the_run_left_with_its_folder(report, tmp_path):
    store.write_json(tmp_path / "report" / "report.json", report.data)
    found = newest(tmp_path)
    assert found.data == report.data and found.folder == tmp_path / "report"
    assert found.verdict["recommended"] == "lora-r8"


def test_another_project_file_has_another_report(report, tmp_path):
    (tmp_path / "other.yaml").write_text("")
    store.write_json(tmp_path / "other.report" / "report.json", report.data)
    assert newest(tmp_path / "other.yaml").folder == tmp_path / "other.report"
    with problem(UsageError, "C062"):
        newest(tmp_path)


def test_a_damaged_one_is_no_report(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.json").write_text("{")
    with pytest.raises(UsageError, match="C186"):
        newest(tmp_path)
