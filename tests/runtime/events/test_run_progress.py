"""How far a run is, and how long it takes: by the strategy at work and by earlier runs of those
to do."""

from assay.core.store import append
from assay.runtime.events.progress_rate import StageProgress
from assay.runtime.events.run_progress import RunProgress, earlier_seconds

PLAN = {"event": "plan", "arms": ["a", "b", "c"], "gone": 10.0, "minutes": None}


def at_work() -> dict[str, StageProgress]:
    """b, a step a second, with 60 left."""
    stage = StageProgress("b", 0.0)
    for done in range(41):
        stage.advance({"done": done, "total": 100, "unit": "step"}, float(done))
    return {"b": stage}


def test_the_whole_is_the_strategy_at_work_and_those_to_do():
    whole = RunProgress.from_event({**PLAN, "expected": {"a": 1.0, "c": 100.0}}, 0.0)
    assert whole.to_do() == ["a", "b", "c"]
    # A heat is its strategy's: what runs is not listed a second time as to do.
    assert whole.to_do(["race, b on 100 rows"]) == ["a", "c"]
    whole.states |= {"a": "done", "b": "running"}
    # 60 s of b, and 100 s of c, a third more or less: 130 to 190 s.
    assert whole.parts(40.0, at_work()) == ["1 of 3 strategies", "50 s so far", "2–3 min left"]


def test_a_strategy_that_never_ran_makes_it_a_lower_limit():
    whole = RunProgress.from_event(PLAN, 0.0)
    whole.states |= {"a": "cached", "b": "running"}
    assert whole.parts(40.0, at_work())[-1] == "at least 60 s left"
    assert whole.parts(40.0, {}) == ["1 of 3 strategies", "50 s so far"]


def test_a_run_with_a_limit_says_when_it_is_over():
    whole = RunProgress(100.0, ("a", "b"), 8.0)
    assert whole.parts(230.0, {})[-1] == "at most 5 min 50 s"
    whole.states |= {"a": "failed", "b": "done"}
    assert whole.parts(230.0, {}) == [
        "additional checks",
        "2 min 10 s so far",
        "at most 5 min 50 s",
    ]


def test_earlier_seconds_are_those_of_the_last_whole_turn(tmp_path):
    file = tmp_path / "events.jsonl"
    assert earlier_seconds(file) == {}
    done = {"event": "stage", "arm": "a", "state": "done", "value": 0.5, "seconds": 30.0}
    append(file, {**done, "seconds": 90.0}, done, {**done, "state": "cached", "seconds": 0.1})
    append(file, {"event": "stage", "arm": "prepare", "state": "done", "seconds": 4.0})
    assert earlier_seconds(file) == {"a": 30.0}


def test_a_turn_without_a_time_counts_as_none_and_one_without_a_score_not_at_all(tmp_path):
    file = tmp_path / "events.jsonl"
    done = {"event": "stage", "state": "done", "value": 0.5}
    append(file, {**done, "arm": "a"}, {**done, "arm": "b", "seconds": None})
    append(file, {**done, "arm": "c", "value": None, "seconds": 7.0})
    with file.open("a") as log:
        log.write('{"event": "stage", "state": "done", "arm": "d", "va')  # the machine went off
    assert earlier_seconds(file) == {"a": 0.0, "b": 0.0}
