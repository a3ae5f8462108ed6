"""Runs of MLflow's, in its file store or on the server that MLFLOW_TRACKING_URI names.

Read again   a run is found by the tag `assay.key`: what it has is not sent twice
Watch out    a server that does not answer is given up after seconds, not after the minutes of
             MLflow's own default
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from assay.runtime.events.tracked_runs import Known, Point, Tracked

AT_ONCE = 1000  # points that a server takes
PARAMETERS = 100  # settings that it takes at once
LONGEST = 6000  # characters of a setting
STATUS = {"failed": "FAILED", "interrupted": "KILLED"}  # all else is FINISHED
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}


class MlflowTracker:
    def __init__(self, project: str, place: Path):
        # the form that needs no database and no server
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        for name, value in PATIENCE.items():
            os.environ.setdefault(name, value)
        from mlflow.tracking import MlflowClient

        address = os.environ.get("MLFLOW_TRACKING_URI") or place.as_uri()
        self.client = MlflowClient(tracking_uri=address)
        known = self.client.get_experiment_by_name(project)
        self.experiment = known.experiment_id if known else self.client.create_experiment(project)
        self.ids: dict[str, str] = {}
        self.show = f"MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri {address}"

    def begin(self, run: Tracked) -> Known:
        from mlflow.entities import Param

        found = self.client.search_runs(
            [self.experiment], filter_string=f"tags.`assay.key` = '{run.key}'", max_results=100
        )
        own = next((one for one in found if one.info.run_name == run.name), None)
        if own is None:
            tags = {"assay.key": run.key}
            if run.parent is not None:
                tags["mlflow.parentRunId"] = self.ids[run.parent.id]
            own = self.client.create_run(
                self.experiment, start_time=int(run.begun * 1000), run_name=run.name, tags=tags
            )
        else:
            self.client.update_run(own.info.run_id, status="RUNNING")
        self.ids[run.id] = own.info.run_id
        settings = [
            Param(name, str(value)[:LONGEST])
            for name, value in run.settings.items()
            if name not in own.data.params
        ]
        for start in range(0, len(settings), PARAMETERS):
            self.client.log_batch(own.info.run_id, params=settings[start : start + PARAMETERS])
        known: Known = {}
        for name in own.data.metrics:
            last = max(
                self.client.get_metric_history(own.info.run_id, name), key=lambda one: one.step
            )
            known[name] = (last.step, last.value)
        return known

    def log(self, run: Tracked, points: Iterable[Point]) -> None:
        from mlflow.entities import Metric, RunTag

        metrics, tags = [], []
        for step, seconds, values in points:
            for name, value in values.items():
                if isinstance(value, str):  # MLflow has no texts along steps
                    tags.append(RunTag(f"{name}.{step}", value))
                else:
                    metrics.append(Metric(name, value, int(seconds * 1000), step))
        for start in range(0, len(metrics), AT_ONCE):
            self.client.log_batch(self.ids[run.id], metrics=metrics[start : start + AT_ONCE])
        for start in range(0, len(tags), PARAMETERS):
            self.client.log_batch(self.ids[run.id], tags=tags[start : start + PARAMETERS])

    def end(self, run: Tracked) -> None:
        ended = None if run.ended is None else int(run.ended * 1000)
        self.client.set_tag(self.ids[run.id], "assay.state", run.state)
        self.client.set_terminated(
            self.ids[run.id], STATUS.get(run.state, "FINISHED"), end_time=ended
        )
