"""How long a request that finds the queue full is told to wait."""

from types import SimpleNamespace

import pytest

from assay.deployment.server import answer_rate
from assay.deployment.server.answer_rate import AnswerPace


@pytest.fixture
def now(monkeypatch):
    """The time, in a list, that the module reads in place of the clock."""
    time = [0.0]
    monkeypatch.setattr(answer_rate, "time", SimpleNamespace(monotonic=lambda: time[0]))
    return time


def test_the_wait_is_half_of_what_those_that_wait_will_take(now):
    pace = AnswerPace()
    assert pace.until(30) == 1.0  # nothing was answered yet
    pace.began()
    now[0] = 20.0
    pace.count_answers(10)
    assert pace.until(30) == pytest.approx(30.0)  # 2 s an answer, 15 of them
    assert (pace.until(0), pace.until(10_000)) == (1.0, 120.0)


def test_turns_in_which_no_answer_ends_do_not_make_the_pace_faster(now):
    pace = AnswerPace()
    pace.began()
    for turn in range(1, 101):
        now[0] = turn / 10
        pace.count_answers(turn // 100)  # one answer, at the end of 10 s
    assert pace.until(4) == pytest.approx(20.0)


def test_the_time_in_which_the_engine_is_idle_does_not_count(now):
    pace = AnswerPace()
    for begun in (0.0, 1000.0):
        now[0] = begun
        pace.began()
        now[0] += 2.0
        pace.count_answers(1)
    assert pace.until(10) == pytest.approx(10.0)
