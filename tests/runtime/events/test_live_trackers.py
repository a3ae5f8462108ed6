"""Trackers get what a run tells while it goes on; one that fails is said once; nothing is there
twice after a run that was killed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from assay.core.file_ownership import make_folder
from assay.core.store import append
from assay.runtime.events.live_trackers import LiveTracker, send_to_trackers
from assay.runtime.events.log import NAME, read
from assay.runtime.events.trackers import tracker_folder
from helpers.toy import build
from helpers.tracker_events import ARM, DONE, log_all, step


def losses(work) -> list[tuple[int, float]]:
    """train/loss of the one run that TensorBoard has, so far."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(tracker_folder(work, "tensorboard") / "lora-abcdef"))
    found.Reload()
    scalars = found.Tags()["scalars"]
    return [(e.step, e.value) for e in found.Scalars("train/loss")] if scalars else []


@pytest.mark.slow
def test_points_are_there_while_the_run_goes_on(work):
    pytest.importorskip("tensorboard")
    told = []
    logged = log_all(work, told.append)
    with send_to_trackers(["tensorboard"], work.parent, work, logged) as tell:
        for event in (ARM, step(1, train=4.0), step(2, train=3.0)):
            tell(event)
        while (
            not list(tracker_folder(work, "tensorboard").rglob("events*")) or len(losses(work)) < 2
        ):
            time.sleep(0.1)  # the test would be ended by its time limit
        tell(step(3, train=2.0))
        tell(DONE)
    assert losses(work) == [(1, 4.0), (2, 3.0), (3, 2.0)]
    assert told == [ARM, step(1, train=4.0), step(2, train=3.0), step(3, train=2.0), DONE]


def test_a_tracker_that_is_not_installed_is_one_note(work, monkeypatch):
    import importlib.util

    here = importlib.util.find_spec
    monkeypatch.setattr(
        "assay.runtime.events.trackers.find_spec",
        lambda name: None if name == "wandb" else here(name),  # as if it were not there
    )
    told = []
    with send_to_trackers(["wandb", "wandb"], work.parent, work, told.append) as tell:
        tell(DONE)
    assert [one["event"] for one in told] == ["note", "stage"]
    assert told[0]["text"].startswith("C089") and "pip install 'assay[track]'" in told[0]["text"]


@pytest.mark.slow
def test_a_tracker_that_fails_is_one_note_with_the_way_out(work):
    pytest.importorskip("tensorboard")
    folder = tracker_folder(work, "tensorboard")
    make_folder(folder)
    (folder / "lora-abcdef").write_text("a file, where the tracker needs a folder")
    told = []
    logged = log_all(work, told.append)
    with send_to_trackers(["tensorboard"], work.parent, work, logged) as tell:
        for event in (ARM, step(1, train=4.0), DONE):
            tell(event)
    notes = [one["text"] for one in told if one["event"] == "note"]
    assert len(notes) == 1 and notes[0].startswith("R056 tensorboard")
    assert "FileExistsError" in notes[0] and "--to tensorboard" in notes[0]
    assert [one for one in told if one["event"] != "note"] == [ARM, step(1, train=4.0), DONE]


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("to", "variables"),
    [
        ("mlflow", {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}),
        (
            "wandb",
            {
                "WANDB_MODE": "online",
                "WANDB_BASE_URL": "http://127.0.0.1:9",
                "WANDB_API_KEY": "0" * 40,
                "WANDB_INIT_TIMEOUT": "10",
            },
        ),
    ],
)
def test_a_server_that_is_away_is_one_note(work, monkeypatch, to, variables):
    pytest.importorskip(to)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    told = []
    logged = log_all(work, told.append)
    with send_to_trackers([to], work.parent, work, logged) as tell:
        for event in (ARM, step(1, train=4.0), DONE):
            tell(event)
    notes = [one["text"] for one in told if one["event"] == "note"]
    assert len(notes) == 1 and notes[0].startswith(f"R056 {to}")


def test_offline_names_no_server(work, monkeypatch):
    from assay.runtime.events.live_trackers import _environment

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://tracking.example")
    monkeypatch.setenv("WANDB_MODE", "online")
    assert _environment(False)["MLFLOW_TRACKING_URI"] == "https://tracking.example"
    found = _environment(True)
    assert "MLFLOW_TRACKING_URI" not in found and found["WANDB_MODE"] == "offline"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///runs.db")
    assert _environment(True)["MLFLOW_TRACKING_URI"] == "sqlite:///runs.db"


@pytest.mark.slow
def test_an_interrupted_run_leaves_no_process_behind(work):
    pytest.importorskip("tensorboard")
    seen = []

    class Interrupt(Exception):
        pass

    append(work / NAME, {"event": "note", "time": "2026-03-01T10:00:00.000Z"})
    begin = LiveTracker.__init__

    def noted(self, *given, **named):
        begin(self, *given, **named)
        seen.append(self.process)

    LiveTracker.__init__ = noted
    try:
        with (
            pytest.raises(Interrupt),
            send_to_trackers(["tensorboard"], work.parent, work, lambda event: None),
        ):
            raise Interrupt
    finally:
        LiveTracker.__init__ = begin
    assert len(seen) == 1 and seen[0].poll() is not None


ARMS = """
report_to: [{to}]
search: {{trials: 3, pruner: none}}
compare:
  - {{kind: tfidf, c: {{low: 0.1, high: 10, log: true}}}}
  - {{kind: lora, rank: 2, epochs: 12, dropout: 0.1, name: lora}}
"""


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("to", ["tensorboard", "mlflow", "trackio", "wandb"])
@pytest.mark.parametrize("seen", [2, 9])
def test_a_killed_run_goes_on_without_doubled_points(tiny_model, tmp_path, monkeypatch, to, seen):
    pytest.importorskip(to)
    folder = build(tmp_path / "tickets", tiny_model, ARMS.format(to=to))
    words = [sys.executable, "-m", "assay.cli", "run", str(folder), "--offline"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, start_new_session=True, **quiet) as run:
        while len([one for one in read(folder) if one.get("unit") == "step"]) < seen:
            time.sleep(0.05)
        os.kill(run.pid, signal.SIGKILL)
    assert subprocess.run(words, **quiet).returncode in (0, 1)
    key = next(
        one["key"] for one in read(folder) if one.get("event") == "arm" and one["arm"] == "lora"
    )
    logged = {e["done"] for e in read(folder) if e.get("unit") == "step" and e["arm"] == "lora"}
    place = tracker_folder(folder / "work", to)
    if to == "wandb":
        # Offline files are read by the service alone: what it was given is written beside them.
        steps = json.loads((place / "sent.json").read_text())[key]["train/loss"][0]
        assert steps == max(logged)
        return
    if to == "tensorboard":
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        found = EventAccumulator(str(place / f"lora-{key[:6]}"))
        found.Reload()
        steps = [one.step for one in found.Scalars("train/loss")]
    elif to == "mlflow":
        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        from mlflow.tracking import MlflowClient

        client = MlflowClient(tracking_uri=place.as_uri())
        runs = client.search_runs([one.experiment_id for one in client.search_experiments()])
        (own,) = [one for one in runs if one.info.run_name == "lora"]
        assert own.info.status == "FINISHED"
        steps = [one.step for one in client.get_metric_history(own.info.run_id, "train/loss")]
    else:  # which knows one folder a process
        code = (
            "import json; from trackio.sqlite_storage import SQLiteStorage;"
            f" rows = SQLiteStorage.get_logs('tickets', 'lora-{key[:6]}');"
            " print(json.dumps([row['step'] for row in rows if 'train/loss' in row]))"
        )
        variables = {**os.environ, "TRACKIO_DIR": str(place)}
        said = subprocess.check_output([sys.executable, "-c", code], env=variables, text=True)
        steps = json.loads(said.splitlines()[0])
    assert len(steps) == len(set(steps)) and set(steps) == logged
