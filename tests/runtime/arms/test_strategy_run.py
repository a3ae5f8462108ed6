"""One arm's turn: scored where its answers are there, left out where no time is."""

import time

import pytest

from assay.runtime.arms.strategy_run import compete, make_monitor, tell_for
from helpers.small_projects import answer_here, bench_of_project, load_project


@pytest.fixture
def bench(tmp_path):
    return bench_of_project(load_project(tmp_path / "project"))


def test_an_arm_that_has_answered_is_scored_and_the_look_is_booked(bench):
    bench, exam = bench
    arm, heard, looks = bench.project.arms["majority"], [], []
    answer_here(bench, arm, exam)
    bench.tell = heard.append
    done = compete(bench, "majority", arm, exam, lambda: looks.append(1) or 1, None)
    assert (done.status, done.floor, len(looks)) == ("done", True, 1)
    # Three labels take turns in the test rows, and one of them is always answered.
    assert sum(one.answer.text == one.target for one in done.records) == 4
    assert [record.question.id for record in done.records] == [q.id for q in exam.questions]
    last = heard[-1]
    assert (last["state"], last["metric"]) == ("cached", "accuracy 0.333")


def test_without_time_an_arm_does_not_begin_and_nobody_looks(bench):
    bench, exam = bench

    def look():
        raise AssertionError("nothing was asked")

    late = compete(bench, "copy", bench.project.arms["copy"], exam, look, time.monotonic() - 1)
    assert late.status == "skipped" and late.records == [] and late.note
    assert bench.state(bench.project.arms["copy"], exam.hash) == "to do"


def test_a_baseline_is_asked_to_the_end_however_far_behind_it_is(bench):
    bench, exam = bench
    arm = bench.project.arms["majority"]
    answer_here(bench, arm, exam)
    before = [compete(bench, "majority", arm, exam, lambda: 1, None)]

    def look():
        raise AssertionError("it is compared with nobody")

    until = time.monotonic() + 60
    watch = make_monitor(bench, "copy", bench.project.arms["copy"], exam, look, until, before)
    assert watch.why == ""


def test_events_of_an_arm_carry_its_name():
    heard = []
    tell_for(heard.append, "lora", {"event": "progress", "done": 1})
    assert heard == [{"stage": "lora", "event": "progress", "done": 1}]
