"""Metrics that a project names, through whole runs; what is asked for now holds over what was
prepared before."""

import json

import pytest

import assay
from assay.core.errors import UsageError
from assay.reporting import markdown
from helpers.problems import problem
from helpers.toy import build

FLOORS = "compare:\n  - {kind: majority}\n  - {kind: tfidf}\n"


@pytest.mark.slow
def test_another_metric_holds_although_the_rows_were_prepared_before(tmp_path, tiny_model):
    folder = build(tmp_path / "project", tiny_model, FLOORS)
    assert assay.run(folder).data["task"]["metric"] == "accuracy"
    prepared = sorted((folder / "work" / "curate").iterdir())
    again = assay.run(folder, sets=["task.metric=macro_f1", "task.metrics=[mcc, micro_f1]"])
    assert again.data["task"]["metric"] == "macro_f1"
    assert list(again.data["strategies"][0]["metrics"]) == ["macro_f1", "mcc", "micro_f1"]
    assert sorted((folder / "work" / "curate").iterdir()) == prepared  # the rows are the same


@pytest.mark.slow
def test_a_lower_loss_wins_and_an_arm_without_shares_is_left_out(tmp_path, tiny_model):
    folder = build(tmp_path / "project", tiny_model, FLOORS)
    report = assay.run(folder, sets=["task.metric=log_loss", "task.metrics=[brier, ece, accuracy]"])
    arms = {one["name"]: one for one in report.data["strategies"]}
    assert (
        report.verdict["recommended"] == "tfidf"
        and report.data["task"]["higher_is_better"] is False
    )
    scored = arms["tfidf"]["metrics"]
    assert 0 < scored["log_loss"]["value"] < 1.1  # ln 3 is what knowing nothing costs
    assert scored["ece"]["value"] is not None and arms["tfidf"]["calibration"]["without"] == 0
    assert arms["majority"]["status"] == "skipped" and "no log loss" in markdown.render(report)
    log = [json.loads(line) for line in (folder / "work" / "events.jsonl").read_text().splitlines()]
    assert log  # every event could be written


def test_a_metric_of_another_kind_is_refused_by_its_place(tmp_path, tiny_model):
    folder = build(tmp_path / "project", tiny_model, FLOORS)
    with problem(UsageError, "C078", "task.metrics", "bleu", "classify"):
        assay.check(folder, sets=["task.metrics=[mcc, bleu]"])
