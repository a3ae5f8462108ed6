"""A small project of baselines alone: read, prepared and run in the process of the test, in no
time."""

from pathlib import Path
from typing import Any

from assay.config import load
from assay.config.project import Project
from assay.core import store
from assay.core.corrupt_files import silent
from assay.core.types import Strategy
from assay.evaluation.held_out_test import Exam
from assay.runtime.arms.job import Job
from assay.runtime.arms.runner import Bench
from assay.runtime.data_stage.prepare import prepare
from helpers.toy import rows, write_rows

ARMS = "compare: [{kind: majority}, {kind: copy}]\n"


def write_project(folder: Path, more: str = "", arms: str = ARMS) -> Path:
    """A folder with 30 rows to learn from, 12 to test with, and a project file."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "train.jsonl", rows(30))
    write_rows(folder / "test.jsonl", rows(12, 1000))
    (folder / "project.yaml").write_text(
        "version: 2\nseed: 3\n"
        "data: {files: {train: train.jsonl, test: test.jsonl}, columns: {text: text, label: label}}"
        f"\nmodel: nowhere\n{more}{arms}"
    )
    return folder


def load_project(folder: Path, more: str = "", arms: str = ARMS) -> Project:
    return load(write_project(folder, more, arms) / "project.yaml")


def bench_of_project(project: Project) -> tuple[Bench, Exam]:
    """The project's arms over its prepared data, and its test rows."""
    prepared = prepare(project, silent)
    return Bench(project, prepared, {}, silent), Exam(prepared.examples("test"))


def answer_here(bench: Bench, strategy: Strategy, exam: Exam) -> None:
    """What a worker does for the arm, in this process."""
    asked = bench.project.work / "asked.jsonl"
    store.write_lines(asked, (question.to_json() for question in exam.questions_in_order))
    request: dict[str, Any] = {
        **bench.request(strategy),
        "mode": "arm",
        "questions": str(asked),
        "answer_key": bench.answer_key(strategy, exam.hash),
    }
    stage = bench.stage(strategy, exam.hash)
    Job(stage.open(), request, silent).arm()
