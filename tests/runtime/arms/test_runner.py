"""The parent's side of an arm: its state by what lies there, its keys, its costs."""

import pytest

from assay.core import store
from assay.runtime.arms.runner import (
    answers_in,
    arm_event,
    cost_of,
    hand_over,
)
from helpers.small_projects import answer_here, bench_of_project, load_project


@pytest.fixture
def bench(tmp_path):
    return bench_of_project(load_project(tmp_path / "project"))


def test_the_state_of_an_arm_is_what_lies_there(bench):
    bench, exam = bench
    arm = bench.project.arms["majority"]
    assert bench.state(arm, exam.hash) == "to do"
    bench.fit_stage(arm).open()
    assert bench.state(arm, exam.hash) == "resume"
    answer_here(bench, arm, exam)
    assert bench.state(arm, exam.hash) == "cached"
    assert bench.state(arm, "other questions") == "fitted"
    assert len(answers_in(bench, arm, exam.hash)) == 12


def test_an_arm_that_a_report_names_keeps_the_keys_that_it_had(bench):
    bench, exam = bench
    arm = bench.project.arms["majority"]
    bench.recorded = {"majority": {"fit": "f", "answers": "a", "exam": exam.hash}}
    assert (bench.fit_key(arm), bench.answer_key(arm, exam.hash)) == ("f", "a")
    # Other questions are other answers of the same fit; another arm has no record.
    assert bench.answer_key(arm, "other") != "a"
    assert bench.fit_key(bench.project.arms["copy"]) != "f"


def test_further_seeds_are_the_same_bench_with_other_fits(bench):
    bench, _ = bench
    assert bench.other_seeds() == []
    bench.project = bench.project.model_copy(update={"seeds": 3})
    arm = bench.project.arms["majority"]
    others = bench.other_seeds()
    assert [one.project.seed for one in others] == [4, 5]
    assert len({one.fit_key(arm) for one in [bench, *others]}) == 3


def test_the_cost_of_an_answer_is_that_of_all_by_their_number(bench):
    bench, exam = bench
    arm = bench.project.arms["majority"]
    answer_here(bench, arm, exam)
    cost = cost_of(bench, arm, exam.hash)
    seconds = bench.stage(arm, exam.hash).completion_note()["seconds"]
    assert cost["seconds_per_answer"] == pytest.approx(seconds / 12, abs=1e-6)
    assert cost["tokens_per_answer"] == 0 and cost["money_per_answer"] is None
    arm_folder = bench.fit_stage(arm).folder / "arm"
    assert cost["kept_bytes"] == sum(file.stat().st_size for file in arm_folder.iterdir())
    assert [part["name"] for part in cost["parts"]] == ["majority"]


def test_rows_in_another_order_are_written_again_and_only_other_rows_are_damage(tmp_path):
    file, heard = tmp_path / "rows.jsonl", []
    hand_over(file, [{"n": 1}, {"n": 2}], heard.append)
    hand_over(file, [{"n": 2}, {"n": 1}], heard.append)
    assert heard == [] and [row["n"] for row in store.read_lines(file)] == [2, 1]
    hand_over(file, [{"n": 3}], heard.append)
    assert [event["code"] for event in heard] == ["R170"]
    assert [row["n"] for row in store.read_lines(file)] == [3]


def test_the_log_says_what_an_arm_is_made_from(bench):
    bench, _ = bench
    event = arm_event(bench, "majority", bench.project.arms["majority"])
    assert event["seed"] == 3 and event["models"] == {}
    assert event["key"] == bench.fit_key(bench.project.arms["majority"])
    assert list(event["data"]) == ["train"]  # all that it reads
