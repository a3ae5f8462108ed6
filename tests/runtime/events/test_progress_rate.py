"""Times left, only once they are known; the line of a training: losses, rate, speed, memory."""

import pytest

from assay.runtime.events.progress_rate import StageProgress, duration, number, span
from helpers.training_progress import VALUES, training


def stage_with(times: list[float], total: int) -> tuple[StageProgress, float]:
    stage, now = StageProgress("x", 0.0), 0.0
    stage.advance({"done": 0, "total": total}, now)
    for done, seconds in enumerate(times, start=1):
        now += seconds
        stage.advance({"done": done, "total": total}, now)
    return stage, now


def test_time_left_is_the_median_of_the_last_twenty_steps():
    # 30 slow steps, then 20 of 1 s: only the last 20 count, so 50 steps left take 50 s.
    stage, _ = stage_with([9.0] * 30 + [1.0] * 20, 100)
    assert stage.time_left() == (50.0, 50.0, 50.0)


def test_time_left_is_a_range_of_the_steps_seen():
    # 17 steps of 1 s and 3 of 3 s: 18 of 20 are at most 3 s, 17 at most 1 s, so the 90th percentile
    # is 3 s.
    stage, _ = stage_with([1.0] * 17 + [3.0] * 3, 30)
    assert stage.time_left() == (10.0, 10.0, 30.0)


def test_nothing_is_estimated_before_ten_steps_or_five_seconds():
    quick, _ = stage_with([0.1] * 9, 100)
    assert quick.time_left() is None
    assert quick.line().endswith("left=measuring")
    slow, _ = stage_with([2.6] * 2, 100)
    assert slow.time_left() is not None


def test_a_resumed_stage_is_timed_from_where_it_continues():
    stage = StageProgress("x", 0.0)
    stage.advance({"done": 230, "total": 600}, 10.0)
    for i in range(1, 11):
        stage.advance({"done": 230 + i, "total": 600}, 10.0 + i)
    assert stage.time_left() == (360.0, 360.0, 360.0)


def test_another_part_of_a_stage_is_timed_anew_and_its_tenths_are_said():
    # A training that reads documents first, 20 slow steps, and then learns the task, in quick ones.
    stage, now = stage_with([9.0] * 20, 20)
    stage.said_tenth = 10
    stage.advance({"done": 0, "total": 100}, now)
    assert (stage.time_left(), stage.said_tenth) == (None, 0)
    for done in range(1, 21):
        stage.advance({"done": done, "total": 100}, now + done)
    assert stage.time_left() == (80.0, 80.0, 80.0)


def test_answers_are_not_timed_by_the_steps_before_them():
    stage = StageProgress("setfit", 0.0)
    for done in range(12):
        stage.advance({"done": done, "total": 12, "unit": "step"}, 2.0 * done)
    for answer in range(12):
        stage.advance({"done": 12 + answer, "total": 276, "unit": "answer"}, 30 + 0.01 * answer)
    left = stage.time_left()
    assert left is not None and left[2] == pytest.approx(0.01 * 253)


def test_words_for_times_and_numbers():
    assert [duration(s) for s in (0.31, 12, 302, 3840)] == [
        "0.3 s",
        "12 s",
        "5 min 02 s",
        "1 h 04 min",
    ]
    assert [span(20, 40), span(240, 360), span(300, 310), span(3600, 9000)] == [
        "20–40 s",
        "4–6 min",
        "5 min",
        "1–2 h",
    ]
    assert [number(x) for x in (0.612, 1.7e-4, 512, 512.0, 12345.6, 0, float("nan"), "x")] == [
        "0.612", "1.7e-4", "512", "512", "12,346", "0", "nan", "x",
    ]  # fmt: skip


def test_the_plain_line_of_a_training():
    text = training(**VALUES).line()
    assert text == (
        "lora-r8 312/600 52% train=0.612 val=0.701"
        " score=0.830 lr=1.7e-4 tok/s=512 left=288-288s rss=2.3G fit=overfitting-since-280"
    )


def test_before_the_first_evaluation_there_is_no_val_and_no_fit():
    early = training(train=0.6, **{"tok/s": 512, "memory": 2**30})
    assert early.value_parts() == ["train 0.600", "512 tok/s", "1.0 GB"]
    assert early.fit_shown() == "" and early.line().endswith("rss=1.0G")
