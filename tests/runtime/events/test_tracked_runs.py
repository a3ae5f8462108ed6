"""What a tracker shows of a log: a run a strategy, a run below it for each trial that is trained,
and each trial as a point."""

from datetime import UTC, datetime, timedelta

import pytest

from assay.runtime.events.log import line
from assay.runtime.events.tracked_runs import TrackedRuns

BEGUN = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)


def runs_of(*events: dict) -> TrackedRuns:
    found = TrackedRuns()
    for second, event in enumerate(events):
        found.take(line({"stage": "lora", **event}, BEGUN + timedelta(seconds=second)))
    return found


def arm(**more) -> dict:
    return {"event": "arm", "kind": "lora", "settings": {"rank": 8}, "key": "abcdef0123", **more}


def step(done: int, **values) -> dict:
    return {"event": "progress", "unit": "step", "done": done, "total": 9, "values": values}


def trial(number: int, state: str, **more) -> dict:
    return {
        "event": "trial",
        "trial": number,
        "trials": 3,
        "state": state,
        "values": {"rank": 4 * (number + 1), "embed": {"kind": "encoder"}},
        **more,
    }


def trial_step(number: int, step: int, loss: float) -> dict:
    return {
        "event": "progress",
        "unit": "search",
        "done": 100 * number + step,
        "total": 300,
        "trial": number,
        "step": step,
        "steps": 9,
        "values": {"train": loss},
    }


SEARCH = (
    arm(),
    trial(0, "start"),
    trial_step(0, 1, 2.0),
    trial_step(0, 2, 1.5),
    {"event": "evaluation", "step": 2, "val_loss": 1.75, "val": 0.5, "trial": 0},
    trial(0, "complete", score=0.5, seconds=3.0, best={"trial": 0, "score": 0.5}),
    trial(1, "start"),
    trial_step(1, 1, 2.25),
    trial(1, "pruned", score=0.25, seconds=1.0, best={"trial": 0, "score": 0.5}),
    trial(2, "start"),
    trial(2, "failed", seconds=0.5, text="T001", best={"trial": 0, "score": 0.5}),
    {"event": "stage", "name": "lora", "state": "done", "metric": "accuracy 0.7", "value": 0.7},
)


def test_a_trial_is_a_point_of_its_strategy_and_its_training_a_run_below_it():
    search, first, second = runs_of(*SEARCH).runs
    by_step = {step: values for step, _, values in search.by_step()}
    assert by_step[1] == {
        "trial/settings.rank": 4.0,
        "trial/settings.embed.kind": "encoder",
        "trial/score": 0.5,
        "trial/best_score": 0.5,
        "trial/seconds": 3.0,
    }
    assert by_step[2]["trial/score"] == 0.25 and by_step[2]["trial/best_score"] == 0.5
    assert "trial/score" not in by_step[3] and by_step[3]["trial/seconds"] == 0.5
    assert search.final == {"test/accuracy": 0.7} and search.state == "done"
    assert (first.name, first.parent, first.state) == ("lora, trial 1", search, "done")
    assert first.settings == {"settings.rank": 4, "settings.embed.kind": "encoder"}
    assert [(step, values) for step, _, values in first.by_step()] == [
        (1, {"train/loss": 2.0}),
        (2, {"train/loss": 1.5, "val/loss": 1.75, "val/score": 0.5}),
    ]
    assert first.final == {"trial/score": 0.5} and second.state == "pruned"
    assert (search.folder, second.folder) == ("lora-abcdef", "lora-abcdef/trial-2")


def test_a_second_training_of_a_strategy_is_a_run_below_it():
    # Steps that begin anew within one run of the program are another training, as each part of a
    # stack has one.
    first, second = runs_of(arm(), step(1, train=3.0), step(2, train=2.0), step(1, train=9.0)).runs
    assert [step for step, _, _ in first.by_step()] == [1, 2]
    assert second.name == "lora, training 2" and second.by_step()[0][2] == {"train/loss": 9.0}


def test_a_resumed_training_goes_on_in_its_run():
    told = [arm(), step(1, train=3.0), step(2, train=2.0), arm(), step(2, train=1.0), step(3)]
    (run,) = runs_of(*told).runs
    assert {step: values["train/loss"] for step, _, values in run.by_step()} == {1: 3.0, 2: 1.0}


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_what_failed_or_was_left_out_has_ended(state):
    found = runs_of(arm(), step(1, train=1.0), {"event": "stage", "name": "lora", "state": state})
    assert (found.runs[0].state, found.runs[0].ended) == (state, BEGUN.timestamp() + 2)


def test_what_is_new_is_told_once():
    found = runs_of(arm(), step(1, train=3.0))
    (run,) = found.runs
    assert [point[0] for point in run.fresh] == [1]
    run.fresh.clear()
    (touched,) = found.take(line({"stage": "lora", **step(2, train=2.0)}, BEGUN))
    assert touched is run and [point[0] for point in run.fresh] == [2]
    assert found.take(line({"event": "note", "text": "x"}, BEGUN)) == []
