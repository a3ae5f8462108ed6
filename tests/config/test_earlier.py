"""A project file of version 1 says what it said: the same project, one note, and messages in its
own keys."""

import pytest

import assay
from assay.config.project import Project
from assay.core.errors import ProjectError
from assay.pipeline import select_arms
from helpers.project_files import load
from helpers.versions import NEW, OLD

HEAD = "data: {files: {data: rows.csv}}\n"


def notes(project: Project) -> list[str]:
    return [one["text"] for one in project.warnings if one["code"] == "C207"]


def test_both_versions_say_the_same(tmp_path):
    old, new = load(tmp_path, OLD), load(tmp_path, NEW)
    assert old.to_yaml() == new.to_yaml()
    (note,) = notes(old)
    assert "assay migrate" in note and "aim is task" in note and "kind: knn is knn_mix" in note
    assert new.warnings == ()


def test_what_is_written_today_is_of_version_2(tmp_path):
    written = load(tmp_path, OLD).to_yaml()
    assert written.startswith("version: 2\n")
    again = load(tmp_path, written)
    assert again.warnings == () and again.to_yaml() == written


def test_versions_may_be_mixed(tmp_path):
    project = load(tmp_path, HEAD + "task: {kind: classify}\ncurate: [{kind: repair}]\n")
    assert project.aim.kind == "classify" and len(project.curate) == 1
    (note,) = notes(project)
    assert "curate is prepare" in note and "aim" not in note


def test_the_number_alone_is_version_1(tmp_path):
    assert len(notes(load(tmp_path, "version: 1\n" + HEAD))) == 1
    assert not notes(load(tmp_path, HEAD))


def test_messages_name_the_keys_that_the_file_has(tmp_path):
    for section, choose in (("aim", "choose"), ("task", "select")):
        text = f"{HEAD}{section}: {{kind: classify, metrc: x, metric: json_valid}}\ncompare:\n"
        with pytest.raises(ProjectError) as raised:
            load(tmp_path, f"{text}  - {{kind: shots, {choose}: closest}}\n")
        places = [problem.place.split()[1] for problem in raised.value.problems]
        assert places[0] == f"{section}.metrc" and f"compare.0.{choose}" in places
        with pytest.raises(ProjectError, match=f"name it under {section}.metrics"):
            load(tmp_path, f"{HEAD}{section}: {{metric: embedding_similarity}}\n")


def test_one_key_under_both_names_is_an_error(tmp_path):
    with pytest.raises(ProjectError, match=r"C065 project.yaml:3 .*'aim' is what 'task' was"):
        load(tmp_path, HEAD + "task: {kind: classify}\naim: {metric: accuracy}\n")


def test_changes_of_a_command_are_read_in_both_versions(tmp_path):
    for text in (OLD, NEW):
        for sets in (
            ("aim.metric=macro_f1", "curate.0.kind=dedupe", "compare.3.learn=everything"),
            ("task.metric=macro_f1", "prepare.0.kind=dedupe", "compare.3.loss_on=everything"),
        ):
            project = load(tmp_path, text, *sets)
            assert project.aim.metric == "macro_f1" and project.aim.slices == ("part",)
            assert project.curate[0].kind == "dedupe"
            assert dict(project.compare[3])["learn"] == "everything"
    assert not notes(load(tmp_path, NEW, "aim.metric=macro_f1"))


def test_a_run_takes_an_earlier_name(tmp_path):
    compare = "compare: [{kind: majority}, {kind: knn, k: 3}, {kind: shots, k: 0}]\n"
    project = load(tmp_path, HEAD + compare)
    assert list(select_arms(project, ["neighbours-k3,shots-k0"])) == ["knn-k3", "zero-shot"]
    with pytest.raises(assay.UsageError, match="there is no strategy 'neighbour'"):
        select_arms(project, ["neighbour"])
