"""Other tasks through the worker: what is asked, what is kept, what a guard makes of it."""

import json

import pytest

import assay
from assay.audits.context import Seen
from assay.audits.other_tasks.run import answer_other, ask
from assay.core.corrupt_files import silent
from assay.decision.finished_arm import Arm
from assay.runtime.arms.job import Job
from assay.runtime.arms.runner import Bench
from helpers.small_projects import answer_here, bench_of_project, load_project
from helpers.toy import build, rows, write_rows

OLD = "compare:\n- {kind: majority}\n- {kind: lora, rank: 4, epochs: 2, learning_rate: 5.0e-3}\n"
LORA = "rank: 4, epochs: 1, after: {project: ../old, strategy: lora-r4-lr5e-3-e2}"
NEW = f"""
compare:
- {{kind: majority}}
- {{kind: existing, project: ../old, strategy: lora-r4-lr5e-3-e2, name: old}}
- {{kind: lora, {LORA}, learning_rate: 1.0e-9, name: still}}
- {{kind: lora, {LORA}, learning_rate: 0.05, name: wild, retain: rehearsal}}
"""
# 30 rows that are all answered alike leave a loss of 11 points open.
GUARD = ["task.guards.other_tasks=15"]
EXCHANGED = {"pay": "lend", "lend": "meet", "meet": "pay"}


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_model):
    folder = tmp_path_factory.mktemp("earlier")
    assay.run(build(folder / "old", tiny_model, OLD))
    new = build(folder / "new", tiny_model, NEW)
    for name, (count, start) in {"train": (66, 0), "test": (30, 1000)}.items():
        other = [{**row, "label": EXCHANGED[row["label"]]} for row in rows(count, start)]
        write_rows(new / f"{name}.jsonl", other)
    return new, assay.run(new, sets=GUARD)


@pytest.mark.slow
def test_what_stands_on_another_project_is_asked_its_test_rows(run):
    _, report = run
    found = report.data["other_tasks"]
    assert set(found["arms"]) == {"old", "still", "wild"} and not found["failed"]
    [task] = found["tasks"]
    assert task == {"name": "lora-r4-lr5e-3-e2 of ../old", "metric": "accuracy", "n": 30}
    for name in ("old", "still"):
        one = found["arms"][name]["tasks"][task["name"]]
        assert one["before"] == one["after"] and one["difference"] == 0
    before = found["arms"]["old"]["tasks"][task["name"]]["before"]
    old = json.loads((run[0].parent / "old" / "report" / "report.json").read_text())
    [lora] = [one for one in old["strategies"] if one["kind"] == "lora"]
    assert before == pytest.approx(lora["metrics"]["accuracy"]["value"], abs=1e-6)


@pytest.mark.slow
def test_a_guard_reads_the_task_that_lost_most(run):
    _, report = run
    guards = {one["name"]: one["guards"] for one in report.data["strategies"]}
    assert guards["still"]["other_tasks"]["state"] == "kept"
    worst = report.data["other_tasks"]["arms"]["wild"]["combined"]
    assert guards["wild"]["other_tasks"]["difference"] == pytest.approx(worst["difference"])


@pytest.mark.slow
def test_a_second_run_asks_nothing(run, monkeypatch):
    folder, report = run
    from assay.runtime.arms.runner import Bench

    def none(*asked, **more):
        raise AssertionError("a worker was started")

    monkeypatch.setattr(Bench, "launch", none)
    again = assay.run(folder, sets=GUARD)
    assert again.data["other_tasks"] == report.data["other_tasks"]


@pytest.mark.slow
def test_a_task_whose_test_rows_are_gone_is_said(run):
    folder, _ = run
    import shutil

    copy = shutil.copytree(folder.parent, folder.parent.parent / "gone")
    for file in (copy / "old" / "exam" / "rows").glob("*/test.jsonl"):
        file.unlink()
    (copy / "new" / "work" / "other_tasks").rename(copy / "set-aside")
    found = assay.run(copy / "new").data["other_tasks"]
    assert found["without"] == ["lora-r4-lr5e-3-e2 of ../old"] and not found["arms"]


EXISTING = "kind: existing, project: ../old, strategy:"
BOTH = f"""
compare:
- {{{EXISTING} gone, name: broken}}
- {{{EXISTING} tfidf, name: old}}
- {{kind: router, cheap: {{kind: tfidf}}, strong: {{{EXISTING} tfidf}}, threshold: 0, name: own}}
"""


def test_each_arm_is_asked_for_itself_and_one_that_cannot_be_keeps_none_from_it(
    tmp_path, monkeypatch
):
    theirs, exam = bench_of_project(load_project(tmp_path / "old", arms="compare: [{kind: tfidf}]"))
    answer_here(theirs, theirs.project.arms["tfidf"], exam)
    fit = theirs.project.work / "fit" / theirs.fit_key(theirs.project.arms["tfidf"])
    found = {"arm": str(fit / "arm"), "data": str(theirs.prepared.folder), "digest": fit.name}
    found |= {"project": str(theirs.project.target), "models": {}, "before": []}
    project = load_project(tmp_path / "new", arms=BOTH)
    learnt = [{**row, "label": EXCHANGED[row["label"]]} for row in rows(30)]
    write_rows(tmp_path / "new" / "train.jsonl", learnt)
    bench, exam = bench_of_project(project)
    bench.models["../old#tfidf"] = {**found, "name": "theirs"}
    bench.models["../old#gone"] = {**found, "name": "gone", "arm": str(tmp_path / "gone")}
    for name in ("old", "own"):
        answer_here(bench, bench.project.arms[name], exam)
    asked = []

    def here(bench, folder, request, why):
        asked.append(why)
        answer_other(Job(folder, request, silent))

    monkeypatch.setattr(Bench, "launch", here)
    seen = Seen(bench, exam, tuple(Arm(name, name) for name in ("broken", "old", "own")))
    told = ask(seen)
    assert set(told["failed"]) == {"broken"} and set(told["arms"]) == {"old", "own"}
    assert told["tasks"] == [{"name": "theirs", "metric": "accuracy", "n": 12}]
    old, own = (told["arms"][name]["tasks"]["theirs"] for name in ("old", "own"))
    # One is that very strategy; the other has learnt that each label is called otherwise.
    assert old["before"] == old["after"] == own["before"] > 0.9
    assert own["after"] == 0 and own["difference"] == -own["before"]
    assert told["arms"]["own"]["combined"]["difference"] < 0 == told["arms"]["old"]["backward"]
    assert len(asked) == 3  # theirs once, for both
    assert ask(seen) == told and len(asked) == 3
