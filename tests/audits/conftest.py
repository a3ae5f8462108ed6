"""The sample report, for tests of its parts; and a project whose rows are there and whose arms have
not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from helpers.sample_report import made, report
from helpers.toy import rows, write_rows

if TYPE_CHECKING:
    from assay.evaluation.held_out_test import Exam
    from assay.runtime.arms.runner import Bench

__all__ = ["made", "report"]


class Floors(NamedTuple):
    bench: Bench
    exam: Exam


@pytest.fixture(scope="session")
def floors(tmp_path_factory) -> Floors:
    """Three labels, 60 rows to learn from and 30 to test with; two floors. Not to be changed."""
    from assay.config import load
    from assay.core.corrupt_files import silent
    from assay.evaluation.held_out_test import Exam
    from assay.runtime.arms.runner import Bench
    from assay.runtime.data_stage.prepare import prepare

    folder = tmp_path_factory.mktemp("floors")
    write_rows(folder / "train.jsonl", rows(60))
    write_rows(folder / "test.jsonl", rows(30, 1000))
    (folder / "project.yaml").write_text(
        "seed: 3\ndata: {files: {train: train.jsonl, test: test.jsonl}, columns: {text: text,"
        " label: label}}\nsplit: {near: 1}\ncompare: [{kind: majority}, {kind: tfidf}]\n"
    )
    project = load(folder / "project.yaml")
    prepared = prepare(project, silent)
    return Floors(Bench(project, prepared, {}, silent), Exam(prepared.examples("test")))
