"""A project whose log has a strategy that was interrupted and went on."""

import json
from datetime import timedelta

import pytest

from assay.core.file_ownership import make_folder
from assay.runtime.events.log import line
from helpers.tracker_events import BEGUN, EVENTS


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


@pytest.fixture
def work(tmp_path, monkeypatch):
    """The folder of a project that has not run yet."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    make_folder(tmp_path / "tickets" / "work")
    return tmp_path / "tickets" / "work"
