"""The limit of a run's minutes."""

import pytest

from assay.decision.finished_arm import Arm
from assay.runtime.planning.time_limit import (
    FIRST,
    deadline,
    least_minutes,
    too_few_minutes,
)


def test_strategies_end_a_little_before_the_run():
    assert deadline(100.0, None) is None
    assert deadline(100.0, 2.0) == 100 + 120 - 6
    assert deadline(100.0, 0.5) == 100 + 30 - 3  # the report gets a tenth of a short one


@pytest.mark.parametrize("before", [0.0, 3.0, 24.0, 700.0])
def test_the_least_limit_leaves_time_for_a_first_strategy(before):
    least = least_minutes(before)
    left = (deadline(0.0, least) or 0) - before
    assert left >= FIRST
    assert (deadline(0.0, least - 0.1) or 0) - before < FIRST


def test_too_few_minutes_are_said_with_those_that_would_do():
    late = Arm("tfidf", "tfidf", {}, status="stopped")
    (said,) = too_few_minutes([late], 0.03, 24.0)
    assert said["code"] == "R034" and "--minutes 0.8" in said["text"]
    assert "0.03 minutes" in said["text"] and "24 s" in said["text"]


def test_what_was_late_needs_the_time_it_had_and_what_was_left():
    late = Arm("lora", "lora", {}, status="stopped", left=300.0)
    (said,) = too_few_minutes([late], 2.0, 20.0)
    assert "--minutes 7.1" in said["text"]  # 120 and 300 seconds, and 6 for the report
    # Where its pace is not known no limit is named, least of all one below what was given.
    (said,) = too_few_minutes([Arm("lora", "lora", {}, status="stopped")], 2.0, 20.0)
    assert "--minutes" not in said["text"] and said["text"].endswith("give it more")


def test_nothing_is_said_where_time_was_not_what_lacked():
    late, done = (Arm("a", "tfidf", {}, status=status) for status in ("stopped", "done"))
    failed = Arm("b", "tfidf", {}, status="failed")
    assert not [*too_few_minutes([late], None, 24.0)]
    assert not [*too_few_minutes([late, done], 0.03, 24.0)]
    assert not [*too_few_minutes([failed], 0.03, 24.0)]
