"""The plan on a tiny random model: what it estimates that does not depend on the clock is what the
run then has."""

import numpy as np
import pytest

import assay
from assay.config import load
from assay.core import store
from assay.core.corrupt_files import silent
from assay.evaluation.held_out_test import Exam
from assay.runtime.arms.model_lookup import find_models
from assay.runtime.arms.runner import Bench
from assay.runtime.data_stage.prepare import prepare
from assay.runtime.planning.probe import Sizes, _multiply_by_folds, probe_arm, steps_done
from helpers.toy import build

pytestmark = pytest.mark.slow

ARMS = """
documents: [notes.md]
compare:
  - {kind: tfidf}
  - {kind: lora, rank: 4, epochs: 2, name: lora}
  - {kind: head, epochs: 3, name: head}
  - {kind: rag, name: rag, top: 1, inner: {kind: lora, rank: 2, epochs: 1, layers: 1}}
"""
PARTS = {
    "process",
    "fit",
    "start",
    "compile",
    "trunk",
    "steps",
    "val",
    "looks",
    "states",
    "answers",
}


@pytest.fixture
def project(tmp_path, tiny_model):
    folder = build(tmp_path / "project", tiny_model, ARMS)
    (folder / "notes.md").write_text("# Fees\n\nA lost card costs five euros.\n")
    return folder


@pytest.mark.nightly
def test_the_plan_says_what_the_run_keeps_and_reads_back(project):
    planned = assay.plan(project)
    rows = {row["name"]: row for row in planned.rows}
    assert {row["state"] for row in planned.rows} == {"to do"} and not any(
        row["refused"] for row in planned.rows
    )
    assert all(set(rows[name]["parts"]) == PARTS for name in ("lora", "head", "rag"))
    assert set(rows["tfidf"]["parts"]) == {"process", "fit", "answers"}
    assert not list((project / "work").glob("probe-*"))
    report = assay.run(project)
    for strategy in report.data["strategies"]:
        row, kept = rows[strategy["name"]], strategy["cost"]["kept_bytes"]
        # The arm itself; the plan also counts answers, twice, and the inner arm, which is a stage
        # of its own.
        assert row["kept_bytes"] > kept
        assert row["kept_bytes"] - kept < kept + 40_000
        assert row["disk_bytes"] >= row["kept_bytes"]
    # Of these three only the one with frozen layers and more than one epoch writes for a time.
    assert rows["head"]["disk_bytes"] > rows["head"]["kept_bytes"]
    assert rows["lora"]["disk_bytes"] == rows["lora"]["kept_bytes"]
    again = assay.plan(project)
    assert {row["state"] for row in again.rows} == {"cached"} and again.seconds == 0


def bench_of(folder):
    project = load(folder / "project.yaml")
    prepared = prepare(project, silent)
    exam = Exam(prepared.examples("test"))
    asked = project.work / "questions" / f"{exam.hash}.jsonl"
    store.write_lines(asked, (q.to_json() for q in exam.questions))
    bench = Bench(
        project, prepared, find_models(project, project.arms.values(), True, silent), silent
    )
    return bench, exam, asked


@pytest.mark.nightly
def test_of_a_fitted_arm_only_the_answers_are_estimated(project):
    bench, exam, asked = bench_of(project)
    strategy = bench.project.arms["lora"]
    bench.run("lora", strategy, exam.questions, exam.hash)
    assert set(probe_arm(bench, "lora", strategy, asked)["parts"]) == {
        "process",
        "restore",
        "answers",
    }


@pytest.mark.nightly
def test_of_a_killed_run_the_steps_that_are_left_are_estimated(project):
    bench, _, asked = bench_of(project)
    strategy = bench.project.arms["lora"]
    whole = probe_arm(bench, "lora", strategy, asked)["parts"]["steps"]
    stage = bench.fit_stage(strategy)
    steps = -(-bench.prepared.note["rows"]["train"] // 16) * 2
    (stage.folder / "training" / f"state-{steps:08d}").mkdir(parents=True)
    assert steps_done(stage) == steps
    assert probe_arm(bench, "lora", strategy, asked)["parts"]["steps"] == [0.0, 0.0] != whole


@pytest.mark.nightly
def test_an_arm_that_cannot_be_trained_is_a_line_and_the_others_are_probed(tmp_path, tiny_model):
    arms = "compare:\n  - {kind: majority}\n  - {kind: lora, layers: 9, name: deep}\n"
    planned = assay.plan(build(tmp_path / "p", tiny_model, arms))
    rows = {row["name"]: row for row in planned.rows}
    assert rows["majority"]["seconds"] >= 0 and rows["deep"]["seconds"] is None
    assert rows["deep"]["state"] == "cannot" and rows["deep"]["refused"].startswith("deep: T0")
    assert rows["deep"]["refused"] in planned.lines()


@pytest.mark.nightly
def test_processes_and_a_training_before_the_training_are_rehearsed_too(tmp_path, tiny_model):
    arms = """
documents: [notes.md]
compare:
  - {kind: lora, rank: 2, epochs: 1, processes: 2, name: team}
  - {kind: lora, rank: 2, epochs: 1, name: alone}
  - {kind: lora, rank: 2, epochs: 1, read_first: 2, name: reads}
"""
    folder = build(tmp_path / "p", tiny_model, arms)
    (folder / "notes.md").write_text("# Fees\n\nA lost card costs five euros.\n" * 40)
    rows = {row["name"]: row for row in assay.plan(folder).rows}
    assert all(set(row["parts"]) == PARTS for row in rows.values())
    # Two processes hold the model twice.
    assert rows["team"]["bytes"] > 1.5 * rows["alone"]["bytes"]
    assert not list(folder.glob("work/fit/*/done.json"))


def test_folds_are_as_many_fits_and_one_more():
    parts = {name: np.ones(2) for name in ("process", "fit", "looks", "answers")}
    sizes = Sizes(kept=10)
    _multiply_by_folds(parts, sizes, 0)
    assert parts["fit"][0] == 1 and sizes.kept == 10
    _multiply_by_folds(parts, sizes, 3)  # three of two thirds of the rows, and one of all
    assert {name: pair[0] for name, pair in parts.items()} == {
        "process": 4,
        "answers": 1,
        "fit": 3,
        "looks": 3,
    }
    assert sizes.kept == 40
