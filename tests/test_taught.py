"""From project.yaml to answers: a loss over the label set, a teacher, documents that are read
first."""

import json
import math
import shutil
from pathlib import Path

import pytest

import assay
from assay.config import load
from assay.core.errors import ProjectError, TrainError
from helpers.lines import named
from helpers.problems import problem
from helpers.toy import build, rows

ARMS = """
documents: [notes.md]
compare:
  - {kind: lora, rank: 4, epochs: 2, objective: label_set, name: labels}
  - {kind: lora, rank: 4, epochs: 2, teacher: ../teacher, teacher_share: 0.6, name: taught}
  - {kind: full, epochs: 2, read_first: 2, name: read}
"""
NOTES = "# Fees\n\nA lost card costs five euros.\n\n# Rooms\n\nA room is booked for an hour.\n"


@pytest.fixture
def project(tmp_path, tiny_model):
    """A folder with the three arms, the teacher beside it."""
    import torch
    from safetensors.torch import load_file, save_file

    shutil.copytree(tiny_model, tmp_path / "teacher")
    weights = load_file(tiny_model / "model.safetensors")
    draw = torch.Generator().manual_seed(5)
    other = {name: w + 0.05 * torch.randn(w.shape, generator=draw) for name, w in weights.items()}
    save_file(other, tmp_path / "teacher/model.safetensors", {"format": "pt"})
    folder = build(tmp_path / "project", tiny_model, ARMS)
    (folder / "notes.md").write_text(NOTES)
    return folder


def events(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "work/events.jsonl").read_text().splitlines()]


@pytest.mark.nightly
def test_each_is_checked_run_and_asked(project):
    assert named(assay.check(project).lines()[-1], "labels, taught, read")
    report = assay.run(project)
    arms = {arm["name"]: arm for arm in report.data["strategies"]}
    assert {name: arm["status"] for name, arm in arms.items()} == dict.fromkeys(
        ("labels", "taught", "read"), "done"
    )
    assert all(arm["fit"] for arm in arms.values())
    # The teacher was opened, and stands among the models of the report and of its arm.
    assert report.data["environment"]["models"]["../teacher"]["digest"]
    told = events(project)
    assert {e["arm"]: sorted(e["models"]) for e in told if e["event"] == "arm"}["taught"][
        0
    ] == "../teacher"
    # Reading has its own progress, and the documents are part of that arm alone.
    assert {e["arm"] for e in told if e.get("unit") == "reading step"} == {"read"}
    assert [e["arm"] for e in told if e["event"] == "arm" and "documents" in e["data"]] == ["read"]
    # Shares of the labels add up to one.
    for answer in assay.load(project, "labels").answer([row["text"] for row in rows(6, 1000)]):
        assert sum(map(math.exp, answer.scores)) == pytest.approx(1, abs=1e-4)
        assert max(answer.scores) <= 0


@pytest.mark.nightly
def test_a_changed_document_trains_only_who_reads(project):
    assay.run(project)
    (project / "notes.md").write_text(NOTES.replace("five", "six"))
    seen: list[dict] = []
    assay.run(project, tell=seen.append)
    states = {
        e["name"]: e["state"] for e in seen if e["event"] == "stage" and e["name"] != "curate"
    }
    assert states == {"labels": "cached", "taught": "cached", "read": "done"}


def test_reading_without_documents_is_refused_with_its_line(project):
    file = project / "project.yaml"
    file.write_text(file.read_text().replace("documents: [notes.md]\n", ""))
    with problem(ProjectError, "C079", "project.yaml:11 compare.2") as caught:
        assay.check(project)
    assert [problem.code for problem in caught.value.problems] == ["C079"]


def test_what_excludes_each_other_is_refused_with_its_line(project):
    file = project / "project.yaml"
    file.write_text(
        file.read_text().replace(
            "objective: label_set", "objective: label_set, label_smoothing: 0.1"
        )
    )
    with problem(ProjectError, "C073", "project.yaml:10 compare.0", "label_smoothing"):
        assay.check(project)
    with problem(ProjectError, "C073", None, "'completion'", "'labelset'", "'label_set'"):
        load(project / "project.yaml", ["compare.0.objective=labelset"])


def test_a_task_without_labels_is_refused_at_check(project):
    with problem(TrainError, "T048", "labels", "label_set"):
        assay.check(
            project,
            sets=[
                "task.kind=answer",
                "task.slices=[]",
                "data.columns={question: text, answer: label}",
            ],
        )
