"""Trackio's data base has what the log has, each point once, whatever was interrupted."""

import pytest

from assay.runtime.events.trackers import export
from helpers.tracker_events import send_interrupted

pytest.importorskip("trackio")


@pytest.mark.slow
def test_trackio(project):
    export(project, "trackio")
    from trackio.sqlite_storage import SQLiteStorage

    rows = SQLiteStorage.get_logs("tickets", "lora-abcdef")
    found = {row["step"]: row["train/loss"] for row in rows if row.get("train/loss") is not None}
    assert found == {1: 2.0, 2: 1.25, 3: 1.0}
    assert [row["test/accuracy"] for row in rows if row.get("test/accuracy") is not None] == [
        0.7412
    ]


@pytest.mark.nightly
def test_a_run_that_goes_on_doubles_no_point(work):
    # Trackio knows one folder a process, so another project than that of the test above.
    send_interrupted(work, "trackio", "resumed")
    from trackio.sqlite_storage import SQLiteStorage

    rows = SQLiteStorage.get_logs("resumed", "lora-abcdef")
    losses = [(row["step"], row["train/loss"]) for row in rows if "train/loss" in row]
    assert losses == [(1, 4.0), (2, 3.0), (3, 2.0), (4, 1.0)]
    assert [row["test/accuracy"] for row in rows if "test/accuracy" in row] == [0.7412]
