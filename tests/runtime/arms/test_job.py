"""A worker's request: stages that are there are not made again, and what is asked of val is a
score."""

import pytest

from assay.core import store
from assay.core.errors import Stopped
from assay.core.types import Answer, Task
from assay.runtime.arms.job import Job, strategy_of
from assay.runtime.arms.task_score import task_score
from helpers.arm_requests import TRAIN, VAL, arm_request, example

MAJORITY = {"kind": "majority"}


def work_of(folder, heard=None, **more):
    said = [] if heard is None else heard
    return Job(folder, arm_request(folder, MAJORITY, **more), said.append)


def marks(folder):
    return {path: path.stat().st_mtime_ns for path in (folder / "work").rglob("*")}


def test_an_arm_is_fitted_and_asked_once(tmp_path):
    work_of(tmp_path).arm()
    answers = store.Stage(tmp_path / "work", "answers", "answers")
    note = answers.completion_note()
    assert note["n"] == 10 and note["seconds"] >= 0
    found = list(store.read_lines(answers.folder / "answers.jsonl"))
    assert [one["text"] for one in found] == ["a"] * 10
    before = marks(tmp_path)
    work_of(tmp_path).arm()
    assert marks(tmp_path) == before


def test_who_is_stopped_keeps_whole_pieces_and_goes_on_there(tmp_path):
    heard = []
    job = work_of(tmp_path, heard, piece=4)
    job.watch = lambda event: job.stop(15, None) if event.get("done") == 4 else None
    with pytest.raises(Stopped) as stopped:
        job.arm()
    assert stopped.value.exit_code == 143
    answers = store.Stage(tmp_path / "work", "answers", "answers")
    assert answers.completion_note() is None
    assert len(list(store.read_lines(answers.folder / "answers.jsonl"))) == 4
    work_of(tmp_path, heard, piece=4).arm()
    assert answers.completion_note()["n"] == 10
    # Every piece was asked once.
    asked = [
        (row["from"], row["asked"]) for row in store.read_lines(answers.folder / "asked.jsonl")
    ]
    assert asked == [(0, 4), (4, 4), (8, 2)]


def test_an_inner_arm_is_a_stage_of_its_own_and_a_part_of_the_cost(tmp_path):
    settings = {"kind": "router", "cheap": MAJORITY, "strong": {"kind": "copy"}, "threshold": 1.0}
    job = Job(tmp_path, arm_request(tmp_path, settings), [].append)
    _, note = job.fit_or_load(job.strategy, job.lesson(), "fit")
    assert [part["name"] for part in note["parts"]] == ["majority", "copy"]
    assert note["seconds"] >= sum(part["fit_seconds"] for part in note["parts"])
    inner = job.inner_key(strategy_of(MAJORITY), job.lesson())
    assert store.Stage(job.work, "fit", inner).completion_note() is not None


def test_the_manifest_restores_the_arm_elsewhere(tmp_path):
    job = work_of(tmp_path)
    job.arm()
    arm = tmp_path / "work" / "fit" / "fit" / "arm"
    manifest = store.read_json(arm / "arm.json")
    assert manifest["strategy"] == MAJORITY and manifest["seed"] == 3
    again = strategy_of(manifest["strategy"]).restore(arm, job.lesson(rows=False))
    assert again.answer([example("new")]) == [Answer("a", raw="a")]


def test_a_lesson_to_restore_with_holds_no_rows(tmp_path):
    job = work_of(tmp_path)
    assert list(job.lesson().train) == TRAIN and list(job.lesson().val) == VAL
    empty = job.lesson(rows=False)
    assert (empty.train, empty.val, empty.documents) == ((), (), ())


def test_who_asked_for_no_vectors_was_spared_none(tmp_path):
    job = work_of(tmp_path)
    job.arm()
    assert job.replayed_vectors() == 0


def test_a_score_is_higher_where_the_metric_says_lower_is_better():
    rows = [example("x", "10"), example("y", "20")]
    task = Task(kind="number", metric="mean_absolute_error")
    # 1 and 3 away: a mean of 2
    assert task_score(rows, [Answer("11"), Answer("17")], task) == -2
