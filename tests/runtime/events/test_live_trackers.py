"""Trackers get what a run tells while it goes on; one that fails is said once; nothing is there
twice after a run that was killed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import assay
from assay.core.errors import Stopped
from assay.core.file_ownership import make_folder
from assay.runtime.events import live_trackers
from assay.runtime.events.live_trackers import send_to_trackers
from assay.runtime.events.log import read
from assay.runtime.events.trackers import export, tracker_folder
from assay.runtime.events.wandb_tracker import history_rows
from helpers.toy import build
from helpers.tracker_events import ARM, DONE, log_all, step


def losses(work) -> list[tuple[int, float]]:
    """train/loss of the one run that TensorBoard has, so far."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(tracker_folder(work, "tensorboard") / "lora-abcdef"))
    found.Reload()
    scalars = found.Tags()["scalars"]
    return [(e.step, e.value) for e in found.Scalars("train/loss")] if scalars else []


def failures(told: list[dict]) -> list[str]:
    """The notes of trackers that failed; that one is waited for is another."""
    notes = [one["text"] for one in told if one["event"] == "note"]
    return [text for text in notes if text.startswith("R056")]


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
    notes = failures(told)
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
    notes = failures(told)
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


@pytest.fixture
def processes(monkeypatch):
    """Of the trackers that are begun."""
    begun = []
    begin = live_trackers.start_process

    def noted(*words, **named):
        begun.append(begin(*words, **named))
        return begun[-1]

    monkeypatch.setattr(live_trackers, "start_process", noted)
    return begun


@pytest.mark.slow
def test_an_interrupted_run_leaves_no_process_behind(work, processes):
    pytest.importorskip("tensorboard")
    with (
        pytest.raises(Stopped),
        send_to_trackers(["tensorboard"], work.parent, work, lambda event: None) as tell,
    ):
        tell(ARM)
        raise Stopped(signal.SIGTERM)
    assert len(processes) == 1 and processes[0].poll() is not None


def test_a_run_that_fits_nothing_starts_no_process(work, processes):
    pytest.importorskip("tensorboard")
    told = []
    cached = {**DONE, "state": "cached"}
    with send_to_trackers(["tensorboard"], work.parent, work, told.append) as tell:
        tell(cached)
    assert told == [cached] and processes == []


@pytest.mark.slow
def test_a_tracker_that_hangs_is_ended_with_a_note(work, processes, monkeypatch):
    pytest.importorskip("tensorboard")
    monkeypatch.setattr(live_trackers, "SILENT", 0.1)
    monkeypatch.setattr(live_trackers, "DRAIN", 0.2)
    told = []
    with send_to_trackers(["tensorboard"], work.parent, work, told.append) as tell:
        tell(ARM)
        os.kill(processes[0].pid, signal.SIGSTOP)
    (note,) = failures(told)
    assert note.startswith("R056 tensorboard")
    assert processes[0].poll() == -signal.SIGKILL


def every_scalar(place) -> dict:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = {}
    for file in place.rglob("events*"):
        own = EventAccumulator(str(file.parent), size_guidance={"scalars": 0})
        own.Reload()
        for name in own.Tags()["scalars"]:
            points = [(one.step, one.value) for one in own.Scalars(name)]
            found[str(file.parent.relative_to(place)), name] = points
    return found


@pytest.mark.slow
def test_while_a_run_goes_on_a_tracker_gets_what_it_gets_afterwards(tiny_model, tmp_path):
    pytest.importorskip("tensorboard")
    arms = """
search: {trials: 2, pruner: none}
compare:
  - {kind: majority}
  - {kind: lora, rank: [2, 4], epochs: 1, dropout: 0.1, name: lora-search}
"""
    folder = build(tmp_path / "tickets", tiny_model, arms)
    told = []
    assay.run(folder, report_to="tensorboard", tell=told.append)
    assert not failures(told)
    place = tracker_folder(folder / "work", "tensorboard")
    while_it_went = every_scalar(place)
    export(folder, "tensorboard")
    assert every_scalar(place) == while_it_went
    names = {name for folder, name in while_it_went if folder.endswith("/trial-2")}
    assert {"train/loss", "val/loss", "val/score", "trial/score"} <= names
    (trials,) = [
        points for (_, name), points in while_it_went.items() if name == "trial/best_score"
    ]
    assert [step for step, _ in trials] == [1, 2]
    ended = [name for _, name in while_it_went if name == "test/accuracy"]
    assert len(ended) == 2


ARMS = """
report_to: [{to}]
search: {{trials: 3, pruner: none}}
compare:
  - {{kind: tfidf, c: {{low: 0.1, high: 10, log: true}}}}
  - {{kind: lora, rank: 2, epochs: 40, dropout: 0.1, name: lora}}
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
            assert run.poll() is None, "it was over before it told of so many steps"
            time.sleep(0.05)
        os.kill(run.pid, signal.SIGKILL)
    assert subprocess.run(words, **quiet).returncode in (0, 1)
    key = next(
        one["key"] for one in read(folder) if one.get("event") == "arm" and one["arm"] == "lora"
    )
    logged = {e["done"] for e in read(folder) if e.get("unit") == "step" and e["arm"] == "lora"}
    place = tracker_folder(folder / "work", to)
    if to == "tensorboard":
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        found = EventAccumulator(str(place / f"lora-{key[:6]}"))
        found.Reload()
        steps = [one.step for one in found.Scalars("train/loss")]
    elif to == "wandb":
        files = sorted((place / "wandb").glob(f"offline-run-*/run-lora-{key[:6]}.wandb"))
        rows = [row for file in files for row in history_rows(file)]
        steps = [row["_step"] for row in rows if "train/loss" in row]
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
    # The log has some of the steps of a quick training; the run that goes on tells some others of
    # those that the tracker has passed.
    assert steps == sorted(set(steps)) and set(steps) <= logged
    assert steps[-1] == max(logged)
