"""Models that arms need, found before the first of them is fitted."""

import importlib.util
from pathlib import Path

import pytest

from assay.core.corrupt_files import silent
from assay.core.errors import ResourceError
from assay.runtime.arms.model_lookup import find_models, refuse_models
from helpers.small_projects import load_project

ARMS = "compare: [{kind: majority}, {kind: shots, k: 0}, {kind: shots, k: 4}]\n"
REMOTE = "remote: {there: {url: 'http://127.0.0.1:9', model: m}}\n"


def test_baselines_need_none(tmp_path):
    project = load_project(tmp_path / "project")
    assert find_models(project, project.compare, True, silent) == {}
    refuse_models(project, project.arms)


def test_a_model_that_several_arms_need_is_found_once(tmp_path, tiny_model):
    project = load_project(tmp_path / "project", arms=ARMS).model_copy(
        update={"model": str(tiny_model)}
    )
    found = find_models(project, project.compare, True, silent)
    (one,) = found.values()
    assert list(found) == [str(tiny_model)]
    assert (Path(one["folder"]) / "config.json").is_file() and len(one["digest"]) == 64


@pytest.fixture
def without_packages(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *more: None if name == "torch" else find_spec(name, *more),
    )


def test_without_the_packages_the_arms_that_can_run_are_named(tmp_path, without_packages):
    project = load_project(tmp_path / "project", arms=ARMS)
    with pytest.raises(ResourceError) as refused:
        refuse_models(project, project.arms)
    (problem,) = refused.value.problems
    assert problem.code == "R007" and "zero-shot, few-shot-4" in problem.text
    assert "torch" in problem.text and "--only majority" in problem.help


def test_a_model_behind_an_address_is_not_computed_here(tmp_path, without_packages):
    project = load_project(tmp_path / "project", more=REMOTE, arms=ARMS)
    project = project.model_copy(update={"model": "there"})
    refuse_models(project, project.arms)
