"""Mistakes in groups, through a run with the real sentence encoder."""

import pytest

import assay
from helpers.lines import named
from helpers.toy import rows, write_rows


@pytest.mark.real
def test_a_label_that_is_never_answered_is_a_group_of_mistakes(tmp_path):
    write_rows(tmp_path / "train.jsonl", rows(90))
    write_rows(tmp_path / "test.jsonl", rows(60, 1000))
    (tmp_path / "project.yaml").write_text(
        "data: {files: {train: train.jsonl, test: test.jsonl}, columns: {text: text, label: "
        "label}}\nsplit: {near: 1}\ncompare: [{kind: majority}]\nevaluate: {mistakes: true}\n"
    )
    found = assay.run(tmp_path).data["mistakes"]
    # majority names one label of three: 40 of 60 rows are wrong, and the questions of a label lie
    # together.
    assert (found["arm"], found["n"], found["wrong"]) == ("majority", 60, 40)
    assert sum(group["rows"] for group in found["groups"]) >= 30
    assert all(group["near_wrong"] <= group["near"] for group in found["groups"])
    confused = [group["confused"][0] for group in found["groups"]]
    assert {target for target, _, _ in confused} <= {"lend", "meet", "pay"}
    page = (tmp_path / "report" / "report.html").read_text()
    assert named(page, "majority", "40 of 60")
