"""The newest report of a project, and the arm that is meant where none is named."""

import pytest

from assay.core import store
from assay.core.errors import UsageError
from assay.runtime.latest_report import (
    newest_data,
    project_at,
    recommendation,
    recommendation_at,
    refuse_unknown,
)
from helpers.problems import problem
from helpers.small_projects import load_project
from helpers.weighings import FLOOR, GOOD, weighed

ONE = "compare: [{kind: majority}]\n"
TWO = "compare: [{kind: majority, name: floor}, {kind: copy, name: good}]\n"


def test_before_a_run_there_is_no_report(tmp_path):
    project = load_project(tmp_path / "project")
    with problem(UsageError, "C062", None, "assay run"):
        newest_data(project.folder)


def test_the_arm_that_is_meant_is_the_recommended_one_or_the_only_one(tmp_path):
    two = load_project(tmp_path / "two", arms=TWO)
    with problem(UsageError, "C161", None, "--with floor"):
        recommendation(two)
    # 95 % against 50 %
    store.write_json(two.report_folder / "report.json", weighed(FLOOR, GOOD))
    assert recommendation(two) == recommendation_at(two.folder) == "good"
    assert newest_data(two.folder)["verdict"]["recommended"] == "good"
    assert recommendation(load_project(tmp_path / "one", arms=ONE)) == "majority"


def test_an_arm_that_no_report_and_no_file_names_is_unknown(tmp_path):
    project = load_project(tmp_path / "project")
    refuse_unknown(project, "copy")
    refuse_unknown(project, "base")  # the base model as it came
    with problem(UsageError, "C083", None, "'majority'"):
        refuse_unknown(project, "majorty")


@pytest.mark.parametrize("name", ["project.yaml", "other.yaml"])
def test_a_project_is_its_folder_or_its_file_of_another_name(tmp_path, name):
    folder = load_project(tmp_path / "project").folder
    (folder / "project.yaml").rename(folder / name)
    found = project_at(folder / name)
    assert found == (folder if name == "project.yaml" else folder / name)
