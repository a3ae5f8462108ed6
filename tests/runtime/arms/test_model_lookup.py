"""Models that arms need, found before the first of them is fitted."""

import importlib.util
from pathlib import Path

import pytest

from assay.core.corrupt_files import silent
from assay.core.errors import ResourceError
from assay.runtime.arms.model_lookup import computable, find_models
from helpers.small_projects import load_project

ARMS = "compare: [{kind: majority}, {kind: shots, k: 0}, {kind: shots, k: 4}]\n"
GENERATED = "# Made by `assay run rows.csv` from 9 rows. Change what is wrong, then run it again:\n"
REMOTE = "remote: {there: {url: 'http://127.0.0.1:9', model: m}}\n"


def run_here(project, tell=silent, *, chosen=False):
    return computable(project, project.arms, chosen=chosen, tell=tell)


def test_baselines_need_none(tmp_path):
    project = load_project(tmp_path / "project")
    assert find_models(project, project.compare, True, silent) == {}
    assert run_here(project) == project.arms


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
        run_here(project)
    (problem,) = refused.value.problems
    assert problem.code == "R007" and "zero-shot, few-shot-4" in problem.text
    assert "torch" in problem.text and "--only majority" in problem.help


def test_a_model_behind_an_address_is_not_computed_here(tmp_path, without_packages):
    project = load_project(tmp_path / "project", more=REMOTE, arms=ARMS)
    project = project.model_copy(update={"model": "there"})
    assert run_here(project) == project.arms


def test_what_nobody_chose_is_left_out_with_a_warning(tmp_path, without_packages):
    project, heard = load_project(tmp_path / "project", arms=ARMS), []
    file = project.folder / project.file
    file.write_text(GENERATED + file.read_text())
    assert list(run_here(project, heard.append)) == ["majority"]
    (warning,) = heard
    assert (warning["event"], warning["code"], warning["count"]) == ("warning", "R007", 2)
    assert "zero-shot, few-shot-4" in warning["text"] and "assay[models]" in warning["text"]
    with pytest.raises(ResourceError, match="torch"):
        run_here(project, chosen=True)
