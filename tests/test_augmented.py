"""A project with `augment:`, from the file to the report: counted, marked, and never across a
split."""

import json

import pytest

import assay
from assay.config import load
from assay.data.leak_audit import audit
from assay.runtime.data_stage.prepare import prepare
from helpers.lines import named
from helpers.toy import build

ARMS = """
augment:
  - {kind: noise, share: 1, slips: [swap, drop]}
  - {kind: balance, to: 60}
compare: [{kind: majority}, {kind: tfidf}]
"""


@pytest.mark.slow
def test_made_rows_are_marked_counted_and_only_in_train(tmp_path, tiny_model):
    project = load(build(tmp_path / "project", tiny_model, ARMS) / "project.yaml")
    prepared = prepare(project, lambda event: None)
    train, val, test = (prepared.examples(split) for split in ("train", "val", "test"))
    made = [example for example in train if "~" in example.id]
    assert len(val) == 7 and len(test) == 30 and not [e for e in (*val, *test) if "~" in e.id]
    # Each of the 59 training rows has a copy, and each label then 60 rows, but for what stands in
    # val or test.
    ledger = [
        json.loads(line)
        for line in (prepared.private_folder / "ledger.jsonl").read_text().splitlines()
    ]
    lines = {line["id"]: line for line in ledger if line["action"] == "made"}
    thrown = [line for line in ledger if line["action"] == "thrown away"]
    assert set(lines) == {example.id for example in made}
    assert prepared.note["made"] == {"made": len(made), "thrown away": len(thrown)}
    assert prepared.note["rows"]["made"] == len(made) and prepared.note["rows"][
        "train"
    ] == 59 + len(made)
    ids = {example.id for example in train}
    for example in made:
        line = lines[example.id]
        assert set(line["parents"]) <= ids and line["file"] == "train.jsonl" and line["line"] > 0
        assert example.source.startswith(f"train.jsonl:{line['line']} (")
    assert not audit(made, val, test, threshold=project.split.near).pairs
    assert (
        prepared.hashes["train"]
        != prepare(project.model_copy(update={"augment": ()}), print).hashes["train"]
    )
    again = prepare(project, lambda event: None)
    assert again.cached and again.hashes == prepared.hashes


@pytest.mark.slow
def test_check_and_report_count_them(tmp_path, tiny_model):
    folder = build(tmp_path / "project", tiny_model, ARMS)
    lines = assay.check(folder).lines()
    assert any(line.startswith("made  ") and line.endswith("thrown away") for line in lines)
    assert any(named(line, "noise") for line in lines)
    report = assay.run(folder, only=["majority"])
    made = report.data["rows"]["made"]
    page = (folder / "report/report.html").read_text()
    assert made > 50 and "slips of the hand" in page and "of the training rows were made" in page
