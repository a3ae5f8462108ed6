"""Runs of Trackio's, in its data base on this machine.

Read again   a run is found by its name; what the data base has is not written twice
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assay.runtime.events.tracked_runs import Known, Point, Tracked


class TrackioTracker:
    def __init__(self, project: str, place: Path):
        os.environ["TRACKIO_DIR"] = str(place)  # read when the package is imported
        import trackio
        from trackio.sqlite_storage import SQLiteStorage

        self.init, self.rows = trackio.init, SQLiteStorage.get_logs
        self.project = project
        self.runs: dict[str, Any] = {}
        self.show = f"TRACKIO_DIR={place} trackio show --project {project}"

    def begin(self, run: Tracked) -> Known:
        name = run.folder.replace("/", "-")
        known: Known = {}
        for row in self.rows(self.project, name):
            for key, value in row.items():
                if key in ("step", "timestamp") or value is None:
                    continue
                if key not in known or row["step"] >= known[key][0]:
                    known[key] = (row["step"], value)
        self.runs[run.id] = self.init(
            self.project,
            name,
            group=run.parent.folder if run.parent else None,
            config=run.settings,
            resume="allow",
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )
        return known

    def log(self, run: Tracked, points: Iterable[Point]) -> None:
        for step, _, values in points:
            self.runs[run.id].log(values, step=step)

    def end(self, run: Tracked) -> None:
        own = self.runs.pop(run.id)
        own.log({"state": run.state}, step=run.last()[0])
        own.finish()
