"""Limits and guards: who cannot be recommended, and why."""

import pytest

from assay.decision.constraints import Guard, as_it_is, over_limits
from assay.decision.finished_arm import Arm
from assay.decision.settings import ArmLimits
from helpers.lines import named
from helpers.weighings import FAIR, FLOOR, GOOD, TASK, TWIN, N, arm, slow, weighed


def test_the_reason_says_which_limit_with_its_number():
    found = weighed(FLOOR, GOOD, FAIR, limits=ArmLimits(ms_per_answer=200))
    told = (
        "good, with accuracy 0.950, is out: it takes 500 ms an answer (95 in 100 are faster),"
        " more than the 200"
    )
    assert told in found["verdict"]["reason"]
    assert [(one["arm"], one["name"]) for one in found["verdict"]["out"]] == [
        ("good", "ms_per_answer")
    ]
    assert found["change"]["lifted"] == [{"name": "ms_per_answer", "arm": "good", "value": 0.95}]


COARSE = arm("coarse", range(19, N, 20), 0.5)  # 0.95, but it never finds the rare label


BASE = arm("base", [*range(100), *range(300, 319)], 1.0)


def guarded(*arms, found=None, **guards):
    return weighed(*arms, task=TASK.model_copy(update={"guards": guards}), found=found)


@pytest.mark.slow
def test_an_arm_that_surely_loses_more_than_a_guard_allows_is_out():
    # macro-F1 of `coarse` is below 2/3: one of three labels has an F1 of 0. `base` is right on
    # about 70 % of each.
    assert guarded(BASE, COARSE, FAIR)["verdict"]["recommended"] == "coarse"
    found = guarded(BASE, COARSE, FAIR, macro_f1=1.0)
    assert found["verdict"]["recommended"] == "fair"
    one = next(s for s in found["strategies"] if s["name"] == "coarse")["guards"]["macro_f1"]
    assert one["state"] == "broken" and one["reference"] == "base" and one["high"] < -1
    assert named(found["verdict"]["reason"], "coarse", "0.950")
    assert guarded(BASE, COARSE, FAIR, macro_f1=90.0)["verdict"]["recommended"] == "coarse"


def test_the_reference_is_the_better_of_the_base_and_the_floors():
    floor = arm("tfidf", range(40), 1e-3, kind="tfidf", floor=True)
    states = {
        s["name"]: s["guards"] for s in guarded(BASE, floor, GOOD, macro_f1=1.0)["strategies"]
    }
    assert states["good"]["macro_f1"]["reference"] == "tfidf" and states["tfidf"] == {}


@pytest.mark.parametrize(
    ("low", "high", "state", "chosen"),
    [(-9.0, -3.0, "broken", "twin"), (-9.0, -1.0, "unsure", "good"), (-1.5, 0.5, "kept", "good")],
)
def test_forgetting_has_a_guard_where_it_was_measured(low, high, state, chosen):
    forgetting = {
        "arms": {"good": {"combined": {"difference": (low + high) / 2, "low": low, "high": high}}}
    }
    cheap = arm("good", range(20), 0.001)
    found = guarded(cheap, TWIN, found={"forgetting": forgetting}, forgetting=2.0)
    assert found["verdict"]["recommended"] == chosen
    assert found["strategies"][0]["guards"]["forgetting"]["state"] == state


def test_a_guard_that_cannot_be_judged_is_said():
    said = guarded(GOOD, FAIR, macro_f1=1.0, forgetting=2.0)["verdict"]["unjudged"]
    assert (
        len(said) == 2
        and "macro f1 could not be judged" in said[0]
        and "forgetting was not measured" in said[1]
    )


def busy(lost, throttled=False):
    """Times of a busy machine, `lost` of them waiting for a processor."""
    one = {"busy": True, "lost": lost, "load": 9.0, "pressure": 1.0, "throttled": throttled}
    return {"answers": one, "alone": one, "fit": one}


# 134 ms were measured, 13.4 of them on a processor.
CROWDED = arm("crowded", range(20), 0.134, alone=slow(0.134), contention=busy(0.9))


def test_a_time_of_a_busy_machine_decides_no_limit():
    found = weighed(FLOOR, CROWDED, FAIR, limits=ArmLimits(ms_per_answer=100))
    assert found["verdict"]["recommended"] == "crowded" and found["verdict"]["out"] == []
    (said,) = found["verdict"]["unjudged"]
    assert named(said, "crowded", "ms_per_answer", "134", "100", "work/answers")
    assert named(found["verdict"]["busy"], "crowded was timed")
    # The processor time alone is over it.
    over = weighed(FLOOR, CROWDED, FAIR, limits=ArmLimits(ms_per_answer=10))["verdict"]
    assert {one["arm"] for one in over["out"]} == {"crowded", "fair"} and over["unjudged"] == []
    assert named(over["out"][0]["words"], "13.4 ms", "10.0 allowed")
    quiet = weighed(FLOOR, FAIR, limits=ArmLimits(ms_per_answer=100))["verdict"]
    assert (quiet["busy"], quiet["unjudged"]) == ("", [])


@pytest.mark.parametrize(("lost", "throttled"), [(None, False), (0.0, True)])
def test_where_it_is_not_known_how_much_was_lost_no_limit_is_broken(lost, throttled):
    hot = arm("hot", range(20), 0.134, alone=slow(0.134), contention=busy(lost, throttled))
    found = weighed(FLOOR, hot, limits=ArmLimits(ms_per_answer=1))["verdict"]
    assert found["recommended"] == "hot" and len(found["unjudged"]) == 1


def test_costs_and_the_front_count_processor_time():
    # As good as `fair`; on a quiet machine it would take 50 ms where that takes 100.
    crowded = arm("crowded", range(60), 0.5, alone=slow(0.5), contention=busy(0.9))
    found = weighed(FLOOR, FAIR, crowded)
    month = {one["name"]: one["cost"]["month"] for one in found["strategies"]}
    assert month["crowded"]["per_answer"] == pytest.approx(month["fair"]["per_answer"] / 2)
    assert found["change"]["front"] == ["floor", "crowded"]
    assert found["verdict"]["recommended"] == "crowded"
    # What it takes as measured stays in the report, and is no place to change at.
    (cost,) = [one["cost"] for one in found["strategies"] if one["name"] == "crowded"]
    assert cost["seconds_per_answer"] == 0.5 and cost["contention"]["answers"]["lost"] == 0.9
    assert "500 ms" not in found["change"]["sentence"]


# --- by themselves --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "state"),
    # 2 points may be lost: the whole interval below that, across it, above it.
    [(-5.0, -2.1, "broken"), (-5.0, -2.0, "unsure"), (-2.1, 1.0, "unsure"), (-2.0, 1.0, "kept")],
)
def test_a_guard_is_broken_only_by_the_whole_interval(low, high, state):
    assert Guard("macro_f1", 2.0, "base", (low + high) / 2, low, high).state == state


def test_what_was_not_measured_is_over_no_limit_and_just_reached_is_kept():
    limits = ArmLimits(ms_per_answer=100, peak_mb=500, fit_minutes=1)
    assert over_limits({}, None, limits) == []
    kept = {"alone": {"p95": 0.1}, "peak_bytes": 500e6, "fit_seconds": 60.0}
    assert over_limits(kept, None, limits) == []
    over = {"alone": {"p95": 0.11}, "peak_bytes": 501e6, "fit_seconds": 66.0}
    found = {out.name: out.words for out in over_limits(over, None, limits)}
    assert set(found) == {"ms_per_answer", "peak_mb", "fit_minutes"}
    assert named(found["fit_minutes"], "1.10", "1.00")


def test_only_shots_without_examples_and_without_words_of_its_own_is_the_base_as_it_is():
    assert as_it_is(Arm("a", "shots", {"k": 0}))
    assert as_it_is(Arm("a", "shots", {"k": 0, "model": "other"}))
    for settings in ({}, {"k": 4}, {"k": 0, "instruction": "Be brief."}):
        assert not as_it_is(Arm("a", "shots", settings))
    assert not as_it_is(Arm("a", "lora", {"k": 0}))
