"""MLflow's runs have what the log has, each point once, whatever was interrupted."""

import pytest

from assay.runtime.events.trackers import export, tracker_folder
from helpers.tracker_events import log_search, send, send_interrupted

pytest.importorskip("mlflow")


def runs_in(place):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=place.as_uri())
    return client, client.search_runs([one.experiment_id for one in client.search_experiments()])


@pytest.mark.slow
def test_mlflow(project, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    export(project, "mlflow")
    client, (run,) = runs_in(project / "work" / "trackers" / "mlflow")
    assert client.get_experiment(run.info.experiment_id).name == "tickets"
    assert run.info.run_name == "lora" and run.info.status == "FINISHED"
    assert run.data.params["settings.rank"] == "8" and run.data.metrics["test/accuracy"] == 0.7412
    history = client.get_metric_history(run.info.run_id, "train/loss")
    assert [(m.step, m.value) for m in history] == [(1, 2.0), (2, 1.25), (3, 1.0)]


@pytest.mark.nightly
def test_a_run_that_goes_on_doubles_no_point(work):
    send_interrupted(work, "mlflow")
    client, (run,) = runs_in(tracker_folder(work, "mlflow"))
    history = client.get_metric_history(run.info.run_id, "train/loss")
    assert [(one.step, one.value) for one in history] == [(1, 4.0), (2, 3.0), (3, 2.0), (4, 1.0)]
    assert len(client.get_metric_history(run.info.run_id, "test/accuracy")) == 1
    assert run.info.status == "FINISHED" and run.data.tags["assay.state"] == "done"


@pytest.mark.nightly
def test_a_trial_is_a_child_run_and_a_setting_without_a_number_a_tag(work):
    log_search(work)
    send(work, "mlflow")
    _, runs = runs_in(tracker_folder(work, "mlflow"))
    found = {one.info.run_name: one for one in runs}
    other, child, parent = (found[name] for name in ("other", "lora, trial 1", "lora"))
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert "mlflow.parentRunId" not in other.data.tags
    assert child.data.params == {"settings.rank": "2", "settings.embed": "words"}
    assert child.data.metrics["trial/score"] == 0.5 and child.data.metrics["train/loss"] == 2.0
    assert parent.data.metrics["trial/settings.rank"] == 2
    assert parent.data.tags["trial/settings.embed.1"] == "words"
