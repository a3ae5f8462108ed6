"""The state of a run, from its log alone: while it is written, when it begins anew, when it is
gone."""

from datetime import UTC, datetime

import pytest

from assay.core.store import append
from assay.runtime.events.log import NAME, line
from assay.web.live_run import POINTS, LiveRun, plots_of, rows_of


@pytest.fixture
def log(tmp_path):
    """(seconds, event): written to the project's log."""

    def write(at, **event):
        append(tmp_path / "work" / NAME, line(event, datetime.fromtimestamp(at, UTC)))

    (tmp_path / "work").mkdir()
    return write


def begin(log):
    log(100, event="run", state="start")
    log(100, event="plan", arms=["tfidf", "lora", "rag"], expected={}, lines=[])
    log(101, event="stage", name="curate", state="start")
    log(102, event="stage", name="curate", state="done", note="10 train", seconds=1.0)
    log(103, event="stage", name="tfidf", state="start")
    log(105, event="stage", name="tfidf", state="done", metric="accuracy 0.8")
    log(106, event="stage", name="lora", state="start")
    for step in range(1, 13):
        values = {"train": 2.0 - step / 10, "lr": 1e-4}
        told = {"done": step, "total": 40, "unit": "step", "values": values}
        log(106 + step, event="progress", stage="lora", **told)
    log(119, event="evaluation", stage="lora", step=12, val_loss=1.1, val=0.5, train_loss=0.9)


def test_every_strategy_has_its_state_and_time(log, tmp_path):
    begin(log)
    with LiveRun(tmp_path).look() as state:
        rows = {one["name"]: one for one in rows_of(state, 120, goes_on=True)}
    assert list(rows) == ["prepare", "tfidf", "lora", "rag"]
    assert [one["state"] for one in rows.values()] == ["done", "done", "running", "to do"]
    assert rows["tfidf"]["text"] == "accuracy 0.8" and rows["tfidf"]["left"] == "2.0 s"
    assert rows["lora"]["share"] == 12 / 40 and "28 s left" in rows["lora"]["left"]
    assert "train 0.800" in rows["lora"]["also"]


def test_what_a_killed_run_had_at_work_goes_on_with_the_next(log, tmp_path):
    begin(log)
    with LiveRun(tmp_path).look() as state:
        (lora,) = [one for one in rows_of(state, 120, goes_on=False) if one["name"] == "lora"]
    assert lora["state"] == "stopped" and "next run" in lora["left"]


def test_the_curve_has_each_step_and_each_look(log, tmp_path):
    begin(log)
    live = LiveRun(tmp_path)
    with live.look() as state:
        assert list(state.curves["lora"]) == [*range(1, 13)]
        look = {"step": 12, "train": pytest.approx(0.8), "val": 1.1, "score": 0.5}
        assert state.curves["lora"][12] == look
        (plot,) = plots_of(state)
    assert plot.rows[0][:2] == ("1", "1.90")
    # It was killed, and goes on from step 10.
    for step in (11, 12, 13):
        told = {"done": step, "total": 40, "unit": "step", "values": {"train": 0.5}}
        log(130 + step, event="progress", stage="lora", **told)
    with live.look() as state:
        assert list(state.curves["lora"]) == [*range(1, 14)]
        assert state.curves["lora"][11]["train"] == 0.5


def test_a_long_curve_is_thinned_and_keeps_its_looks(log, tmp_path):
    log(1, event="run", state="start")
    live = LiveRun(tmp_path)
    with live.look() as state:
        for step in range(3 * POINTS):
            values = {"done": step, "unit": "step", "values": {"train": 1.0}}
            state.take({"event": "progress", "arm": "a", **values}, step)
            if step % 100 == 0:
                state.take({"event": "evaluation", "arm": "a", "step": step, "val_loss": 1.0}, step)
        points = state.curves["a"]
    assert len(points) <= POINTS + 1
    assert [step for step, one in points.items() if "val" in one] == [*range(0, 3 * POINTS, 100)]


def test_only_the_newest_run_counts_and_is_read_on(log, tmp_path):
    begin(log)
    live = LiveRun(tmp_path)
    log(200, event="run", state="start")
    log(201, event="warning", code="W001", text="few rows", count=2)
    log(201, event="warning", code="W001", text="few rows")
    with live.look() as state:
        assert not state.stages and state.warnings == {("W001", "few rows"): 3}
        assert not state.ended
    log(202, event="run", state="done")
    with live.look() as state:
        assert state.ended and state.begun == 200
    (tmp_path / "work" / NAME).unlink()
    with live.look() as state:
        assert state.begun is None


def test_without_a_log_nothing_has_begun(tmp_path):
    live = LiveRun(tmp_path)
    with live.look() as state:
        assert state.begun is None and rows_of(state, 0, goes_on=False) == []
    assert not live.goes_on
