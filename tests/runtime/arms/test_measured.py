"""Records of what was measured: the newest report that names an arm says how it is opened."""

import pytest

from assay.core import store
from assay.core.corrupt_files import silent
from assay.runtime.arms.measured import (
    ReportRecord,
    desk,
    names,
    newest,
    record,
    warn_of_changed,
)
from assay.runtime.arms.measured_records import NAME, records
from helpers.small_projects import answer_here, bench_of_project, load_project


@pytest.fixture
def project(tmp_path):
    return load_project(tmp_path / "project")


def note(project, place, **arms):
    """A record as a run writes it, with these arms -> the key of their fit."""
    made = {"project": project.to_yaml(), "exam": "e", "models": {}, "curated": "c", "note": {}}
    made |= {"arms": {name: {"fit": key, "answers": key} for name, key in arms.items()}}
    store.write_json(project.report_folder / place / NAME, made)


def test_the_newest_report_that_names_an_arm_says_its_keys(project):
    assert newest(project) is None and names(project) == ["majority", "copy"]
    note(project, "past/9", majority="nine", tfidf="nine")
    note(project, "past/10", tfidf="ten")
    note(project, "", majority="new")
    keys = [{name: one["fit"] for name, one in each["arms"].items()} for each in records(project)]
    # past/10 is younger than past/9, though not by the alphabet
    assert keys == [{"majority": "new"}, {"tfidf": "ten"}, {"majority": "nine", "tfidf": "nine"}]
    assert newest(project, "tfidf").data["arms"]["tfidf"]["fit"] == "ten"
    assert newest(project, "majority").fit("majority").key == "new"
    assert names(project) == ["majority", "copy", "tfidf"]
    assert newest(project, "lora") is None


def test_what_was_measured_is_opened_by_its_keys_whatever_the_rows_are_now(project):
    bench, exam = bench_of_project(project)
    arm = project.arms["majority"]
    answer_here(bench, arm, exam)
    (project.folder / "train.jsonl").write_text("{}\n")
    found = ReportRecord(record(bench, ["majority"], exam), project)
    again = found.bench([arm], True, silent)
    assert again.fit_key(arm) == bench.fit_key(arm)
    assert again.stage(arm, exam.hash).completion_note()["n"] == 12
    assert again.prepared.task == bench.prepared.task


def test_a_base_that_has_changed_since_the_last_report_is_named(project):
    told = []
    warn_of_changed(project, {"tiny": {"digest": "b" * 64}}, told.append)
    assert not told  # there is no report
    note(project, "", majority="new")
    place = project.report_folder / NAME
    models = {"tiny": "a" * 64, "gone": "c" * 64}
    store.write_json(place, {**store.read_json(place), "models": models})
    warn_of_changed(project, {"tiny": {"digest": "a" * 64}}, told.append)
    assert not told
    warn_of_changed(project, {"tiny": {"digest": "b" * 64}}, told.append)
    (event,) = told
    assert (event["event"], event["code"]) == ("warning", "M112")
    assert "the base tiny has changed" in event["text"]


def test_serving_is_as_the_project_says_today_and_the_rest_as_it_ran(project):
    note(project, "", majority="new")
    serve = project.serve.model_copy(update={"port": 1234})
    today = project.model_copy(update={"seed": 99, "serve": serve})
    then = newest(today).then
    assert then.seed == 3 and then.serve.port == 1234


def test_where_work_can_be_written_nothing_stands_for_it(project):
    assert desk(project) is None
