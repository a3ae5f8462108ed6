"""The trackers get what the log has: losses by step, val at each evaluation, settings, the test
score."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from assay.cli.main import command
from assay.core.errors import UsageError
from assay.runtime.events.log import line
from assay.runtime.events.trackers import export, read_runs
from helpers.lines import named
from helpers.problems import problem

BEGUN = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)


def step(done: int, arm: str = "lora", **values) -> dict:
    return {
        "stage": arm,
        "event": "progress",
        "unit": "step",
        "done": done,
        "total": 4,
        "values": values,
    }


EVENTS = [
    {"event": "stage", "name": "lora", "state": "start"},
    {
        "event": "arm",
        "stage": "lora",
        "kind": "lora",
        "settings": {"rank": 8, "targets": ["q", "v"], "inner": {"kind": "x"}},
        "seed": 3,
        "key": "abcdef0123",
        "data": {"train": "12ab"},
    },
    {"stage": "lora", "event": "progress", "unit": "answer", "done": 1, "total": 2},
    step(1, train=2.0, lr=1e-3, norm=0.5, memory=2**30, val=9.0),
    step(2, train=1.5, lr=2e-3),
    # resumed
    {"event": "arm", "stage": "lora", "kind": "lora", "settings": {"rank": 8}, "key": "abcdef0123"},
    step(2, train=1.25, lr=2e-3),
    {
        "stage": "lora",
        "event": "evaluation",
        "step": 2,
        "train_loss": 1.75,
        "val_loss": 1.6,
        "val_se": 0.1,
        "val": 0.5,
    },
    step(3, train=1.0),
    {
        "event": "stage",
        "name": "lora",
        "state": "done",
        "metric": "accuracy 0.741",
        "value": 0.7412,
    },
    {"event": "note", "text": "x"},
]


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "tickets"
    (folder / "work").mkdir(parents=True)
    (folder / "project.yaml").write_text("version: 2\n")
    rows = [line(event, BEGUN + timedelta(seconds=i)) for i, event in enumerate(EVENTS)]
    (folder / "work" / "events.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows) + '{"torn'
    )
    return folder


def losses(one) -> dict[int, float]:
    return {
        step: values["train/loss"]
        for (step, _), values in one.points.items()
        if "train/loss" in values
    }


def test_the_log_is_read_into_runs(project):
    (one,) = read_runs(project)
    assert (one.arm, one.key) == ("lora", "abcdef0123")
    assert one.settings["settings.rank"] == 8 and one.settings["settings.targets"] == "q, v"
    assert one.settings["settings.inner.kind"] == "x" and one.settings["data.train"] == "12ab"
    assert losses(one) == {1: 2.0, 2: 1.25, 3: 1.0}  # the resumed run told step 2 again
    (look,) = [values for values in one.points.values() if "val/loss" in values]
    assert look == {"val/loss": 1.6, "val/score": 0.5, "val/train_loss": 1.75}
    assert one.final == {"test/accuracy": 0.7412}
    first = min(seconds for _, seconds in one.points)
    assert first == BEGUN.timestamp() + 3


def test_another_key_is_another_run(project):
    with (project / "work" / "events.jsonl").open("a") as file:
        file.write("\n")
        for event in ({**EVENTS[1], "key": "other"}, step(1, train=7.0)):
            file.write(json.dumps(line(event, BEGUN)) + "\n")
    first, second = read_runs(project)
    assert losses(first)[1] == 2.0 and losses(second) == {1: 7.0}


def test_unknown_trackers_and_empty_logs_are_named(project, tmp_path):
    with problem(UsageError, "C088", None, "'tensorbord'", "'tensorboard'"):
        export(project, "tensorbord")
    with pytest.raises(UsageError, match="C062"):
        export(tmp_path / "nothing", "wandb")


def test_a_tracker_that_is_not_installed_is_named(project, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "wandb", None)  # as if it were not there
    with problem(UsageError, "C089", None, "wandb", "pip install 'assay[track]'"):
        export(project, "wandb")


def test_tensorboard(project, capsys):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert command(["report", str(project), "--to", "tensorboard"]) == 0
    place = project / "work" / "trackers" / "tensorboard"
    assert named(capsys.readouterr().out, f"tensorboard --logdir {place}")
    for _ in range(2):  # made anew, not added to
        export(project, "tensorboard")
        found = EventAccumulator(str(place / "lora-abcdef"))
        found.Reload()
        assert [(e.step, e.value) for e in found.Scalars("train/loss")] == [
            (1, 2.0),
            (2, 1.25),
            (3, 1.0),
        ]
        assert found.Scalars("train/loss")[0].wall_time == BEGUN.timestamp() + 3
        assert [e.value for e in found.Scalars("test/accuracy")] == [pytest.approx(0.7412)]


@pytest.mark.slow
def test_mlflow(project, monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    from mlflow.tracking import MlflowClient

    export(project, "mlflow")
    client = MlflowClient(tracking_uri=(project / "work" / "trackers" / "mlflow").as_uri())
    experiment = client.get_experiment_by_name("tickets")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.run_name == "lora" and run.info.status == "FINISHED"
    assert run.data.params["settings.rank"] == "8" and run.data.metrics["test/accuracy"] == 0.7412
    history = client.get_metric_history(run.info.run_id, "train/loss")
    assert [(m.step, m.value) for m in history] == [(1, 2.0), (2, 1.25), (3, 1.0)]


@pytest.mark.nightly
def test_wandb_stays_on_this_machine(project, monkeypatch):
    pytest.importorskip("wandb")
    shown = export(project, "wandb")
    place = project / "work" / "trackers" / "wandb"
    assert shown == f"wandb sync {place}/wandb/offline-run-*"
    (run,) = (place / "wandb").glob("offline-run-*")
    assert list(run.glob("run-*.wandb"))


@pytest.mark.slow
def test_trackio(project):
    pytest.importorskip("trackio")
    export(project, "trackio")
    from trackio.sqlite_storage import SQLiteStorage

    rows = SQLiteStorage.get_logs("tickets", "lora-abcdef")
    found = {row["step"]: row["train/loss"] for row in rows if row.get("train/loss") is not None}
    assert found == {1: 2.0, 2: 1.25, 3: 1.0}
    assert [row["test/accuracy"] for row in rows if row.get("test/accuracy") is not None] == [
        0.7412
    ]
