"""The verdict: which gates failed, whether the target is reached, what is still open.

`good` is right on 95 % of 400 rows, `twin` on 94.5 % (other rows), `fair` on 85 %.
"""

import numpy as np
import pytest
from scipy import stats

from assay.core.types import Answer, Example, Message, Record, Task
from assay.decision.finished_arm import Arm
from assay.decision.settings import ArmLimits
from assay.stats.paired_intervals import score_limits
from helpers.lines import named
from helpers.weighings import FAIR, FLOOR, GOOD, TASK, TWIN, N, arm, weighed


def test_when_no_arm_is_left_it_says_what_each_limit_costs():
    found = weighed(GOOD, FAIR, limits=ArmLimits(ms_per_answer=20))
    verdict = found["verdict"]
    assert verdict["recommended"] is None and verdict["corrected"] is None
    assert verdict["reason"].startswith(
        "No strategy may be recommended. good, with accuracy 0.950, is out: it takes 500 ms"
    )
    assert named(verdict["reason"], "fair", "0.850", "50.0 ms")
    assert verdict["failed"] == ["Every strategy is out: over a limit, or surely past a guard."]
    assert found["change"]["lifted"] == [{"name": "ms_per_answer", "arm": "good", "value": 0.95}]


def test_a_chosen_arm_below_a_floor_that_is_out_fails_the_gate():
    floor = arm("floor", range(30), 1.0, kind="tfidf", floor=True)
    found = weighed(floor, arm("worse", range(90), 0.01), limits=ArmLimits(ms_per_answer=500))
    assert found["verdict"]["recommended"] == "worse"
    assert found["verdict"]["failed"] == ["worse scores below the baseline floor."]
    assert weighed(floor, FAIR)["verdict"]["failed"] == []


@pytest.mark.parametrize(("bits", "fails"), [(1.5, True), (0.5, False)])
def test_where_lower_is_better_the_gate_and_the_target_turn_round(bits, fails):
    # The better baseline needs one bit a byte. Both are out: they take a second an answer.
    def one(name, bits, seconds, **more):
        noise = np.random.default_rng(3).normal(0, 0.01, N)
        given = [8 * np.log(2) * (bits + by) for by in noise - noise.mean()]
        rows = [
            Record(
                Example(f"{at}", (Message("user", ""),)),
                "8 bytes!",
                (),
                Answer("", nats=float(nats), read=5),
            )
            for at, nats in enumerate(given)
        ]
        cost = {"seconds_per_answer": seconds, "fit_seconds": 0.0}
        return Arm(name, "shots", records=rows, cost=cost, **more)

    floors = one("worse", 3.0, 1.0, floor=True), one("floor", 1.0, 1.0, floor=True)
    arms = *floors, one("chosen", bits, 0.01)
    task = Task(kind="continue", target=1.0)
    found = weighed(*arms, task=task, limits=ArmLimits(ms_per_answer=500))["verdict"]
    assert found["recommended"] == "chosen"
    assert found["failed"] == (["chosen scores below the baseline floor."] if fails else [])
    assert (found["target"]["reached"], found["target"]["seen"]) == (
        ("no", False) if fails else ("surely", True)
    )
    assert found["corrected"] == pytest.approx(bits)


@pytest.mark.parametrize(
    ("target", "reached", "seen"),
    [(0.9, "surely", True), (0.95, "maybe", True), (0.96, "maybe", False), (0.99, "no", False)],
)
def test_the_target(target, reached, seen):
    # 380 of 400 right: the interval is about 0.93 to 0.97.
    found = weighed(FLOOR, GOOD, task=TASK.model_copy(update={"target": target}))["verdict"][
        "target"
    ]
    assert (found["reached"], found["seen"], found["value"]) == (reached, seen, target)


def test_it_is_undecided_while_the_rival_may_be_better_by_more_than_counts_as_equal():
    # good - twin is +0.5 points; they disagree on 22 rows: standard error sqrt(22)/400 = 1.17
    # points, upper end 3.0 by the score interval.
    narrow = weighed(FLOOR, GOOD, TWIN, equivalent=2.0)["verdict"]
    assert not narrow["decided"] and named(narrow["undecided"], "good", "3.0 points")
    few, most = narrow["more_rows_range"]
    assert few < narrow["more_rows"] < most
    wide = weighed(FLOOR, GOOD, TWIN, equivalent=4.0)["verdict"]
    assert wide["decided"] and wide["undecided"] == "" and wide["more_rows"] is None
    assert narrow["recommended"] == wide["recommended"] == "twin"


def test_it_is_settled_from_the_upper_end_of_the_paired_interval_on():
    # good is right on 12 rows where twin is wrong, and wrong on 10 where twin is right.
    end = 100 * score_limits(12, 10, N, stats.norm.ppf(0.975))[1]
    ends = [
        weighed(FLOOR, GOOD, TWIN, equivalent=end + by)["verdict"]["decided"]
        for by in (-0.01, 0.01)
    ]
    assert ends == [False, True]


def test_two_arms_that_answer_alike_may_yet_differ_by_what_no_row_has_shown():
    # The rule of three: at most 3 of 400 rows, 0.75 points.
    again = arm("again", range(20), 0.1)
    ends = [weighed(FLOOR, GOOD, again, equivalent=by)["verdict"] for by in (0.6, 0.8)]
    assert [one["decided"] for one in ends] == [False, True]
    assert ends[0]["more_rows"] > 0


def test_the_rows_are_those_of_the_normal_formula():
    # Showing that 0.5 points lie within 2 takes fewer rows than telling 0.5 points from 0:
    # n ((1.96 + 0.84) x 1.17 / 1.5)^2 - n = 400 x (4.78 - 1).
    more = weighed(FLOOR, GOOD, TWIN, equivalent=2.0)["verdict"]["more_rows"]
    error = 100 * np.sqrt(22) / N
    assert more == pytest.approx(N * ((1.96 + 0.8416) * error / 1.5) ** 2 - N, rel=0.25)


def test_where_one_arm_is_surely_better_nothing_is_open():
    assert weighed(FLOOR, GOOD, FAIR, equivalent=0.0)["verdict"]["decided"]
