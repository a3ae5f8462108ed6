"""Test rows that are all of one group: no interval can be made of them, and every place says so."""

import copy
import json
from dataclasses import replace

import pytest

from assay.cli.main import command
from assay.reporting import html, markdown
from assay.reporting.build import Report
from assay.reporting.diff import diff
from assay.reporting.model_card import model_card
from helpers.toy import rows, write_rows

SAID = "no interval: one group"


@pytest.fixture
def grouped(made) -> Report:
    made.task = made.task.model_copy(update={"target": 0.5, "guards": {"macro_f1": 2.0}})
    made.arms = [
        replace(
            arm,
            records=[
                replace(r, question=replace(r.question, group="one customer")) for r in arm.records
            ],
        )
        for arm in made.arms
    ]
    return made.report()


def test_every_place_says_that_there_is_no_interval(grouped):
    of_metrics = grouped.data["strategies"][4]["metrics"]["accuracy"]
    assert of_metrics["value"] > 0.7 and of_metrics["low"] is of_metrics["high"] is None
    assert grouped.data["verdict"]["target"]["reached"] == "maybe"
    table = grouped.table()
    assert {row[table[0].index("95 %")] for row in table[1:-1]} == {SAID}
    for text in (
        " ".join(grouped.summary()),
        markdown.render(grouped),
        html.render(grouped),
        model_card(grouped, "lora-r8"),
    ):
        assert SAID in text.replace("\n", " ")
        assert "– to –" not in text and "–––" not in text


def test_a_score_that_moved_without_an_interval_is_said(grouped):
    new = copy.deepcopy(grouped.data)
    new["strategies"][3]["metrics"]["accuracy"]["value"] -= 0.01
    assert diff(grouped.data, grouped.data) == []
    assert len(diff(grouped.data, new)) == 1


@pytest.mark.slow
def test_a_run_whose_test_rows_are_of_one_group_ends_well(
    tmp_path, tiny_model, monkeypatch, capsys
):
    for split, n, start in (("train", 60, 0), ("val", 21, 500), ("test", 21, 1000)):
        write_rows(tmp_path / f"{split}.jsonl", [{**row, "who": split} for row in rows(n, start)])
    (tmp_path / "project.yaml").write_text(
        "version: 2\ntask: {target: 0.5}\nsplit: {group: who}\ndata: {files: {train: "
        "train.jsonl, val: val.jsonl, test: test.jsonl}, columns: {text: text, label: label}}\n"
        f"model: {tiny_model}\ncompare:\n  - {{kind: majority}}\n  - {{kind: tfidf}}\n"
    )
    monkeypatch.chdir(tmp_path)
    code = command(["run", ".", "--offline", "--plain"])
    said = capsys.readouterr()
    assert (code, list(tmp_path.rglob("crash-*"))) == (0, []), said.err
    assert SAID in said.out
    report = json.loads((tmp_path / "report/report.json").read_text())
    assert [one["metrics"]["accuracy"]["low"] for one in report["strategies"]] == [None, None]
