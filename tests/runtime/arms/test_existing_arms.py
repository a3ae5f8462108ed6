"""Strategies of other projects, found by their reports."""

import json
import shutil

import pytest

import assay
from assay.config import load
from assay.core import store
from assay.core.corrupt_files import silent
from assay.core.errors import ModelError, UsageError
from assay.runtime.arms.existing_arms import (
    find_existing,
    fitted_arm,
    needed_models,
    read_test_rows,
)
from assay.runtime.arms.model_lookup import _find_theirs, find_models
from assay.runtime.data_stage.split_files import write_folds
from assay.strategies.baselines.existing import Existing
from assay.strategies.baselines.majority import Majority
from helpers.small_projects import load_project, write_project
from helpers.toy import build

OLD = "compare: [{kind: majority}, {kind: existing, project: ../old, strategy: tfidf}]\n"


@pytest.fixture(scope="module")
def made_old(tmp_path_factory):
    folder = tmp_path_factory.mktemp("projects") / "old"
    write_project(folder, arms="compare: [{kind: majority}, {kind: tfidf}]\n")
    assay.run(folder)
    return folder


@pytest.fixture
def old(made_old, tmp_path):
    return shutil.copytree(made_old, tmp_path / "old")


@pytest.fixture
def project(old, tmp_path):
    return load_project(tmp_path / "new", arms=OLD)


def test_rows_in_folds_are_no_test_rows_of_what_has_learnt_them(project, old, tmp_path):
    found, _ = find_existing(project, "../old#tfidf")
    data = tmp_path / "data"
    data.mkdir()
    write_folds(data, {"row": 0})
    assert read_test_rows({**found, "data": str(data)}) == ()


def test_it_is_the_very_fit_that_was_measured(project, old):
    found, other = find_existing(project, "../old#tfidf")
    assert other.folder == old and found["name"] == "tfidf of ../old" and not found["models"]
    arm = fitted_arm(found)
    assert arm.manifest["strategy"]["kind"] == "tfidf" and arm.folder.parent.name == found["digest"]
    assert len(arm.rows("train")) + len(arm.rows("val")) == 30 and len(read_test_rows(found)) == 12
    assert arm.tasks == [arm]
    old_one = Existing(project="../old", strategy="tfidf")
    assert needed_models(old_one, "b", {"../old#tfidf": found}) == ["../old#tfidf"]
    assert needed_models(Majority(), "b", {}) == []


def test_without_a_name_it_is_the_recommended_one(project, old):
    found, _ = find_existing(project, "../old#")
    recommended = json.loads((old / "report" / "report.json").read_text())["verdict"]["recommended"]
    assert found["name"] == f"{recommended} of ../old"


def test_another_fit_of_the_other_project_is_another_key(project, old):
    strategy = Existing(project="../old", strategy="tfidf")
    before = find_models(project, [strategy], True, silent)["../old#tfidf"]["digest"]
    record = old / "report" / "measured.json"
    value = json.loads(record.read_text())
    value["arms"]["tfidf"]["fit"] = value["arms"]["majority"]["fit"]
    store.write_json(record, value)
    assert find_models(project, [strategy], True, silent)["../old#tfidf"]["digest"] != before


@pytest.mark.parametrize(
    ("reference", "code", "words"),
    [
        ("../absent#lora", "C120", "no project is at ../absent"),
        ("../old#tfidff", "C121", "tfidf"),
        ("../new#", "C123", "is this one"),
    ],
)
def test_what_is_not_there_is_said(project, reference, code, words):
    with pytest.raises(UsageError) as error:
        find_existing(project, reference)
    (problem,) = error.value.problems
    assert problem.code == code and words in f"{problem.text} {problem.help}"


def test_a_project_that_was_not_run_is_said_with_the_command(project, old):
    shutil.rmtree(old / "report")
    with pytest.raises(UsageError) as error:
        find_existing(project, "../old#tfidf")
    (problem,) = error.value.problems
    assert problem.code == "C120" and "assay run " in problem.help


def test_files_that_are_gone_are_said(project, old):
    shutil.rmtree(old / "work" / "fit")
    with pytest.raises(UsageError) as error:
        find_existing(project, "../old#tfidf")
    assert error.value.problems[0].code == "C122"


@pytest.mark.slow
def test_a_base_that_is_another_now_is_refused(tmp_path, tiny_model):
    model = shutil.copytree(tiny_model, tmp_path / "model")
    arms = "compare: [{kind: majority}, {kind: shots, k: 0}]\n"
    assay.run(build(tmp_path / "old", model, arms))
    build(
        tmp_path / "new",
        model,
        "compare:\n- {kind: existing, project: ../old, strategy: zero-shot}\n",
    )
    project = load(tmp_path / "new" / "project.yaml")
    found = find_models(project, project.compare, True, silent)
    assert list(found) == ["../old#zero-shot", str(model)]
    found["../old#zero-shot"]["models"] = {str(model): "0" * 64}
    with pytest.raises(ModelError, match="another"):
        _find_theirs(found, "../old#zero-shot", project, True, silent)


def test_one_that_is_another_projects_itself_is_that(project, tmp_path):
    assay.run(project.folder)
    third = load_project(tmp_path / "third")
    name = next(name for name, arm in project.arms.items() if arm.kind == "existing")
    found, _ = find_existing(third, f"../new#{name}")
    arm = fitted_arm(found)
    assert arm.manifest["strategy"]["kind"] == "tfidf" and arm.folder.parts[-2:] == ("arm", "arm")
    assert [one.manifest["strategy"]["kind"] for one in arm.tasks] == ["tfidf", "tfidf"]
