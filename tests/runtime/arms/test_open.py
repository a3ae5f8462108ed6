"""A fitted arm of a project, found again; what is not there is said with the command that makes
it."""

import pytest

from assay.core import store
from assay.core.corrupt_files import silent
from assay.core.errors import ModelError, UsageError
from assay.runtime.arms.measured import record
from assay.runtime.arms.measured_records import NAME
from assay.runtime.arms.open import (
    bench_of,
    benches,
    find_fit_stage,
    lesson_of,
    notes_alone,
    refuse_changed,
    same_settings,
)
from helpers.problems import problem
from helpers.small_projects import answer_here, bench_of_project, load_project


@pytest.fixture
def project(tmp_path):
    return load_project(tmp_path / "project")


def test_all_names_that_are_wrong_are_said_at_once(project):
    with pytest.raises(UsageError) as refused:
        benches(project.folder, ["majorty", "copies"], True, silent)
    codes = [one.code for one in refused.value.problems]
    assert codes == ["C083", "C083"] and "'majority'" in refused.value.problems[0].text


def test_an_arm_that_was_not_fitted_names_the_command(project):
    with problem(UsageError, "C062", None, "copy", "--only"):
        bench_of(project.folder, "copy", True, silent)


def test_an_arm_is_found_with_a_report_and_without_one(project):
    bench, exam = bench_of_project(project)
    arm = project.arms["majority"]
    answer_here(bench, arm, exam)
    # of a run that was stopped before its report
    found, strategy = bench_of(project.folder, "majority", True, silent)
    assert strategy == arm and found.fit_key(arm) == bench.fit_key(arm)
    store.write_json(project.report_folder / NAME, record(bench, ["majority"], exam))
    again, _ = bench_of(project.folder, "majority", True, silent)
    assert again.record(arm)["fit"] == bench.fit_key(arm)
    folder, lesson = lesson_of(again, arm)
    answered = arm.restore(folder, lesson).answer(exam.questions)
    assert {one.text for one in answered} == {"lend"}  # the first of three equal labels


def test_an_arm_whose_files_are_gone_is_not_fitted_again_by_the_way(project):
    bench, exam = bench_of_project(project)
    arm = project.arms["majority"]
    answer_here(bench, arm, exam)
    store.write_json(project.report_folder / NAME, record(bench, ["majority"], exam))
    (bench.fit_stage(arm).folder / "arm" / "majority.json").unlink()
    with problem(UsageError, "C171", None, "majority", "--only"):
        bench_of(project.folder, "majority", True, silent)


def test_fits_of_the_same_settings_are_those_of_this_base_and_seed(project):
    bench, exam = bench_of_project(project)
    arm = project.arms["majority"]
    answer_here(bench, arm, exam)
    (place,) = same_settings(bench, arm)
    assert place == bench.fit_stage(arm).folder / "arm" / "arm.json"
    assert find_fit_stage(bench, arm).key == bench.fit_key(arm)
    assert list(same_settings(bench, project.arms["copy"])) == []
    bench.project = project.model_copy(update={"seed": 4})
    assert list(same_settings(bench, arm)) == []


def test_a_base_of_the_same_name_with_other_weights_is_refused(project):
    bench, exam = bench_of_project(project)
    arm = project.arms["majority"]
    answer_here(bench, arm, exam)
    stage = bench.fit_stage(arm)
    manifest = stage.folder / "arm" / "arm.json"
    store.write_json(manifest, {**store.read_json(manifest), "models": {"base": "a" * 64}})
    stage.finish({})
    refuse_changed(bench, arm)  # no arm asks it now
    bench.models = {"base": {"digest": "b" * 64}}
    with problem(ModelError, "M112", None, "base", "aaaaaaaaaaaa", "bbbbbbbbbbbb"):
        refuse_changed(bench, arm)


def test_of_a_stage_that_is_only_read_notes_are_told_and_progress_is_not():
    heard = []
    tell = notes_alone(heard.append)
    tell({"event": "stage", "name": "curate", "state": "cached"})
    tell({"event": "note", "text": "made again"})
    assert heard == [{"event": "note", "text": "made again"}]
