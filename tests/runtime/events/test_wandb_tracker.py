"""W&B's files are written on this machine and have each point once, whatever was interrupted."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assay.runtime.events.trackers import export, tracker_folder
from assay.runtime.events.wandb_tracker import history_rows, read_records
from helpers.tracker_events import ARM, DONE, log_all, log_search, send, send_interrupted, step

pytest.importorskip("wandb")


@pytest.mark.nightly
def test_wandb_stays_on_this_machine(project, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    shown = export(project, "wandb")
    place = project / "work" / "trackers" / "wandb"
    assert shown == f"wandb sync {place}/wandb/offline-run-*"
    (run,) = (place / "wandb").glob("offline-run-*")
    assert list(run.glob("run-*.wandb"))


KILLED = """
import os, signal, sys
from pathlib import Path
from assay.runtime.events.tracked_runs import read_runs
from assay.runtime.events.trackers import Sender, open_tracker
sender = Sender(open_tracker("wandb", "tickets", Path(sys.argv[2])))
sender.send(read_runs(Path(sys.argv[1]).parent)[0])
os.kill(os.getpid(), signal.SIGKILL)
"""


def runs_in(place: Path) -> list[tuple]:
    """(id, group, exit code, rows) of each file, in the order in which they were begun."""
    found = []
    for file in sorted((place / "wandb").glob("offline-run-*/run-*.wandb")):
        run, code = None, None
        for record in read_records(file):
            match record.WhichOneof("record_type"):
                case "run":
                    run = record.run
                case "exit":
                    code = record.exit.exit_code
        found.append((run.run_id, run.run_group, code, list(history_rows(file))))
    return found


@pytest.mark.nightly
def test_a_run_that_goes_on_is_the_same_run_and_doubles_no_point(work, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    send_interrupted(work, "wandb")
    place = tracker_folder(work, "wandb")
    found = runs_in(place)
    assert [one[:3] for one in found[:2]] == [("lora-abcdef", "", 1), ("lora-abcdef", "", 0)]
    losses = [
        (row["_step"], row["train/loss"]) for one in found for row in one[3] if "train/loss" in row
    ]
    assert losses == [(1, 4.0), (2, 3.0), (3, 2.0), (4, 1.0)]
    accuracies = [row["test/accuracy"] for one in found for row in one[3] if "test/accuracy" in row]
    assert accuracies == [0.7412]


@pytest.mark.nightly
def test_what_a_kill_has_lost_is_given_again(work, monkeypatch):
    # W&B's service keeps points until it has a block of them, and a kill loses those.
    monkeypatch.delenv("WANDB_MODE", raising=False)
    tell = log_all(work)
    for event in (ARM, step(1, train=4.0), step(2, train=3.0)):
        tell(event)
    place = tracker_folder(work, "wandb")
    words = [sys.executable, "-c", KILLED, str(work), str(place)]
    assert subprocess.run(words, stderr=subprocess.DEVNULL).returncode == -signal.SIGKILL
    assert len(list((place / "wandb").glob("offline-run-*"))) == 1
    for event in (ARM, step(3, train=2.0), DONE):
        tell(event)
    send(work, "wandb")
    ((id, _, code, rows),) = runs_in(place)
    assert (id, code) == ("lora-abcdef", 0)
    losses = [(row["_step"], row["train/loss"]) for row in rows if "train/loss" in row]
    assert losses == [(1, 4.0), (2, 3.0), (3, 2.0)]


@pytest.mark.nightly
def test_a_trial_is_a_run_in_the_group_of_its_strategy(work, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    log_search(work)
    send(work, "wandb")
    found = {one: (group, rows) for one, group, _, rows in runs_in(tracker_folder(work, "wandb"))}
    assert set(found) == {"lora-abcdef", "lora-abcdef-trial-1", "other-abcdef"}
    assert found["lora-abcdef-trial-1"][0] == "lora-abcdef"
    assert found["lora-abcdef"][0] == found["other-abcdef"][0] == ""
    (trial,) = [row for row in found["lora-abcdef"][1] if "trial/score" in row]
    assert trial["trial/settings.embed"] == "words" and trial["_step"] == 1
