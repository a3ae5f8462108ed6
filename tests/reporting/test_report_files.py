"""The files of a report."""

import numpy as np
import pytest

from assay.core.store import read_json, read_lines
from assay.reporting.build import Report
from assay.reporting.report_files import predictions, write_report


def strategy(data, name):
    return next(one for one in data["strategies"] if one["name"] == name)


def test_predictions_have_every_row(report):
    arm = next(arm for arm in report.arms if arm.name == "zero")
    rows = list(predictions(arm, report.task))
    assert len(rows) == 264
    keys = ["id", "question", "target", "answer", "raw", "confidence", "scores", "slices"]
    assert list(rows[0]) == keys
    assert set(rows[0]["slices"]) == {"channel", "length"}
    mean = np.mean([row["scores"]["accuracy"] for row in rows])
    assert mean == pytest.approx(
        strategy(report.data, "zero")["metrics"]["accuracy"]["value"], abs=1e-6
    )
    assert all(row["scores"]["accuracy"] == 0 for row in rows if row["answer"] is None)


def test_files_are_written_and_read_back(report, tmp_path):
    written = write_report(report, tmp_path)
    assert written.folder == tmp_path
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    arms = {f"predictions/{arm.name}.jsonl" for arm in report.arms if arm.records}
    assert names == {"report.json", "report.html", "report.md", *arms}
    assert read_json(tmp_path / "report.json") == report.data
    assert len(list(read_lines(tmp_path / "predictions" / "zero.jsonl"))) == 264
    loaded = Report.load(tmp_path)
    assert loaded.verdict == report.verdict
    assert loaded.table() == report.table() and loaded.summary() == report.summary()
