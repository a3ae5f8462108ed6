"""W&B's files are written on this machine, and what they were given beside them."""

import json

import pytest

from assay.runtime.events.trackers import export, tracker_folder
from helpers.tracker_events import send_interrupted

pytest.importorskip("wandb")


@pytest.mark.nightly
def test_wandb_stays_on_this_machine(project, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    shown = export(project, "wandb")
    place = project / "work" / "trackers" / "wandb"
    assert shown == f"wandb sync {place}/wandb/offline-run-*"
    (run,) = (place / "wandb").glob("offline-run-*")
    assert list(run.glob("run-*.wandb"))


@pytest.mark.nightly
def test_a_run_that_goes_on_is_the_same_run(work, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    send_interrupted(work, "wandb")
    place = tracker_folder(work, "wandb")
    files = [one.name for one in (place / "wandb").glob("offline-run-*/run-*.wandb")]
    assert set(files) == {"run-lora-abcdef.wandb"}  # one id, in a folder each time
    sent = json.loads((place / "sent.json").read_text())["abcdef0123"]
    assert sent["train/loss"] == [4, 1.0] and sent["test/accuracy"] == [4, 0.7412]
