"""What a worker can find of the test rows' targets: nothing. And who may read what a run leaves:
its owner."""

import os
import stat
from pathlib import Path

import pytest

import assay
from assay.config import load
from assay.core import store
from assay.core.corrupt_files import silent
from assay.evaluation.held_out_test import Exam
from assay.runtime.arms.model_lookup import find_models
from assay.runtime.arms.process import worker
from assay.runtime.arms.runner import Bench
from assay.runtime.data_stage.prepare import prepare
from helpers.toy import build, write_rows
from helpers.walker import Walker


def rows(n: int, name: str) -> list[dict]:
    """Questions whose answers occur nowhere else."""
    return [
        {"question": f"what is the {name} word number {i * 7919}?", "answer": f"{name}{i * 31}zq"}
        for i in range(n)
    ]


def with_answers(folder, more=""):
    folder.mkdir()
    # three have leaked
    write_rows(folder / "train.jsonl", [*rows(40, "train"), *rows(30, "test")[:3]])
    write_rows(folder / "test.jsonl", rows(30, "test"))
    (folder / "project.yaml").write_text(
        "name: words\ntask: {kind: answer}\nsplit: {leaks: repair, near: 1.0}\n"
        "data: {files: {train: train.jsonl, test: test.jsonl}}\n"
        "compare: [{kind: majority}, {kind: copy}]\n" + more
    )
    return folder


def walked(folder) -> list[str]:
    """What the strategy that looks for targets has found, in a worker of its own, once a run has
    left all that runs leave."""
    project = load(folder / "project.yaml")
    prepared = prepare(project, silent)
    exam, strategy = Exam(prepared.examples("test")), Walker()
    bench = Bench(project, prepared, find_models(project, [strategy], True, silent), silent)
    stage = bench.stage(strategy, exam.hash)
    asked = project.work / "questions" / f"{exam.hash}.jsonl"
    request = {
        **bench.request(strategy),
        "mode": "arm",
        "questions": str(asked),
        "answer_key": stage.key,
    }
    store.write_json(stage.open() / "request.json", request)
    with worker(stage.folder, "helpers.walker") as process:
        process.wait()
    assert stage.completion_note(), (stage.folder / "worker.log").read_text()
    return store.read_json(bench.fit_stage(strategy).folder / "arm" / "walker.json")


@pytest.mark.slow
def test_a_strategy_that_looks_everywhere_finds_no_target_of_a_test_row(tmp_path):
    folder = with_answers(tmp_path / "p")
    assay.run(folder)
    found = walked(folder)
    assert any(path.endswith("train.jsonl") for path in found) and any(
        "/questions/" in path for path in found
    )
    targets = [row["answer"] for row in rows(30, "test")]
    # there is something to find
    assert targets[0] in next((folder / "exam").glob("rows/*/test.jsonl")).read_text()
    texts = {path: Path(path).read_text(errors="replace") for path in found}
    told = {path: [t for t in targets if t in text] for path, text in texts.items()}
    assert {path: some for path, some in told.items() if some} == {}
    assert not any(path.startswith(str(folder / "exam")) for path in found)


@pytest.mark.slow
def test_other_data_of_a_question_beside_have_no_test_rows(tmp_path, tiny_model):
    folder = build(tmp_path / "p", tiny_model, "compare: [{kind: majority}, {kind: tfidf}]\n")
    with (folder / "project.yaml").open("a") as file:
        file.write("evaluate: {learning_curve: true}\n")
    assay.run(folder)
    stages = [path for path in (folder / "work" / "curate").iterdir() if path.is_dir()]
    assert len(stages) > 1 and {path.name for stage in stages for path in stage.iterdir()} == {
        "train.jsonl", "val.jsonl", "documents.jsonl", "done.json"
    }  # fmt: skip


@pytest.mark.slow
def test_results_are_their_owners_alone_and_reports_are_as_the_user_has_files(tmp_path, tiny_model):
    before = os.umask(0o022)
    try:
        arms = (
            "compare: [{kind: majority}, {kind: tfidf}, {kind: shots, k: 2, select: similar},"
            " {kind: lora, rank: 2, epochs: 1}]\n"
        )
        folder = build(tmp_path / "p", tiny_model, arms)
        assay.run(folder)
    finally:
        os.umask(before)
    assert_owned(folder)


def assert_owned(folder):
    for name in ("work", "exam"):
        for path in (folder / name, *(folder / name).rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))
    for path in (folder / "report", *(folder / "report").rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o755 if path.is_dir() else 0o644), (path, oct(mode))


@pytest.mark.slow
def test_results_of_an_earlier_version_are_closed_and_its_test_rows_go(tmp_path):
    folder = with_answers(tmp_path / "p")
    old = folder / "work" / "curate" / "k1"
    old.mkdir(parents=True)
    (folder / "work").chmod(0o755)
    (old / "test.jsonl").write_text("{}\n")
    prepare(load(folder / "project.yaml"), silent)
    assert stat.S_IMODE((folder / "work").stat().st_mode) == 0o700 and not old.exists()
