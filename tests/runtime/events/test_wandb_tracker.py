"""W&B's files are written on this machine, and what they were given beside them."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.runtime.events.trackers import export, tracker_folder
from helpers.tracker_events import log_search, send, send_interrupted

pytest.importorskip("wandb")


@pytest.mark.nightly
def test_wandb_stays_on_this_machine(project, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    shown = export(project, "wandb")
    place = project / "work" / "trackers" / "wandb"
    assert shown == f"wandb sync {place}/wandb/offline-run-*"
    (run,) = (place / "wandb").glob("offline-run-*")
    assert list(run.glob("run-*.wandb"))


def records(file: Path) -> Iterator:
    """Of a file of W&B's, in blocks of LevelDB's log format: checksum, length and kind before each
    piece, 7 bytes; the last piece of a record is of kind 1 or 4."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, whole = file.read_bytes(), 7, b""  # behind the header
    while at + 7 <= len(data):
        if (left := 32768 - at % 32768) < 7:
            at += left
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        whole += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            record = Record()
            record.ParseFromString(whole)
            yield record
            whole = b""


def runs_in(place: Path) -> list[tuple]:
    """(id, group, exit code, rows) of each file, in the order in which they were begun."""
    import wandb

    wandb.teardown()  # its service has written all then
    found = []
    for file in sorted((place / "wandb").glob("offline-run-*/run-*.wandb")):
        run, code, rows = None, None, []
        for record in records(file):
            match record.WhichOneof("record_type"):
                case "run":
                    run = record.run
                case "exit":
                    code = record.exit.exit_code
                case "history":
                    items = record.history.item
                    row = {
                        one.key or one.nested_key[0]: json.loads(one.value_json) for one in items
                    }
                    rows.append(row)
        found.append((run.run_id, run.run_group, code, rows))
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
    sent = json.loads((place / "sent.json").read_text())["lora/abcdef0123"]
    assert sent["train/loss"] == [4, 1.0] and sent["test/accuracy"] == [4, 0.7412]


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
