"""What `after` may be written as, and what cannot be."""

import re

import pytest

from assay.config import load
from assay.core.errors import ProjectError
from assay.strategies.baselines.existing import Existing
from assay.strategies.training.lora import Lora

HEAD = "task: {kind: classify, labels: [a, b]}\ndata: {files: {data: rows.csv}}\n"
HEAD += "documents: notes\ncompare:\n"


def arms(tmp_path, *items):
    file = tmp_path / "project.yaml"
    file.write_text(HEAD + "".join(f"- {item}\n" for item in items))
    (tmp_path / "notes").mkdir(exist_ok=True)
    (tmp_path / "rows.csv").write_text("text,label\nx,a\ny,b\n")
    return list(load(file).compare)


def test_another_strategy_is_named_by_name_or_kind(tmp_path):
    first, second, third = arms(
        tmp_path,
        "{kind: lora, name: one, rank: 4}",
        "{kind: lora, name: two, rank: 4, epochs: 1, after: one}",
        "{kind: full, after: two}",
    )
    assert second.after == Lora(rank=4) and first.name == "one"
    assert third.after == Lora(rank=4, epochs=1, after=Lora(rank=4))


def test_another_project_is_named_by_its_folder_or_with_a_strategy(tmp_path):
    *_, one, two, three = arms(
        tmp_path,
        "{kind: majority}",
        "{kind: lora, after: ../old}",
        "{kind: lora, name: b, after: {project: ../old, strategy: lora-r4}}",
        "{kind: rag, inner: {kind: lora, after: {project: ../old}}}",
    )
    assert one.after == Existing(project="../old")
    assert two.after == Existing(project="../old", strategy="lora-r4")
    assert three.inner.after == Existing(project="../old")


def test_projects_that_are_learnt_together_are_named_as_after_names_one(tmp_path):
    one, two = arms(
        tmp_path,
        "{kind: lora, together: ../b}",
        "{kind: lora, together: [../b, {project: ../c, strategy: lora}], mix: {by: temperature}}",
    )
    assert one.together == (Existing(project="../b"),)
    assert two.together == (Existing(project="../b"), Existing(project="../c", strategy="lora"))
    assert two.mix.by == "temperature"


def test_a_file_that_is_written_from_it_loads_to_the_same(tmp_path):
    arms(tmp_path, "{kind: lora, after: ../old, retain: [ewc, {kind: rehearsal, share: 0.5}]}")
    project = load(tmp_path / "project.yaml")
    again = load(tmp_path / "project.yaml", text=project.to_yaml())
    assert again.compare == project.compare
    assert [one.kind for one in project.compare[0].retain] == ["ewc", "rehearsal"]


@pytest.mark.parametrize(
    ("items", "code", "message"),
    [
        (
            ["{kind: lora, after: loro}", "{kind: majority}"],
            "C121",
            "did you mean 'lora'|there are",
        ),
        (["{kind: lora, name: a, after: a}"], "C123", "a after a"),
        (
            ["{kind: lora, name: a, after: b}", "{kind: full, name: b, after: a}"],
            "C123",
            "goes round in a circle",
        ),
        (["{kind: lora, after: 3}"], "C072", "must name a strategy or a project"),
        (["{kind: lora, after: {kind: majority}}"], "C07", "nothing goes on from the weights"),
        (["{kind: lora, retain: ewk, after: ../old}"], "C076", "did you mean .ewc"),
        (
            ["{kind: lora, retain: {kind: ewc, strenth: 3}, after: ../old}"],
            "C071",
            "did you mean .strength",
        ),
        (["{kind: lora, retain: {kind: ewc, strength: -1}, after: ../old}"], "C073", "above 0"),
    ],
)
def test_what_cannot_be_is_said_with_its_place(tmp_path, items, code, message):
    with pytest.raises(ProjectError) as error:
        arms(tmp_path, *items)
    found = [p for p in error.value.problems if p.code.startswith(code)]
    assert found, error.value.problems
    assert any(re.search(message, f"{p.text} {p.help}") for p in found), found
    assert all("project.yaml:" in p.place for p in found)
