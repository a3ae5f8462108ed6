"""The files of a report: report.html, report.md, report.json, and the answers of each arm under
predictions/."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.types import Record, Task
from assay.decision.finished_arm import Arm
from assay.decision.measured_scores import round_or_none
from assay.reporting import html, markdown
from assay.reporting.build import Report


def write_report(report: Report, folder: Path) -> Report:
    """report.html, report.md, report.json and predictions/<arm>.jsonl; report.json last."""
    store.drop_leftovers(folder)
    for arm in report.arms:
        if arm.records:
            store.write_lines(
                folder / "predictions" / f"{arm.name}.jsonl", predictions(arm, report.task)
            )
    store.write_text(folder / "report.html", html.render(report))
    store.write_text(folder / "report.md", markdown.render(report))
    store.write_json(folder / "report.json", report.data)
    return replace(report, folder=folder)


def predictions(arm: Arm, task: Task) -> Iterator[dict[str, Any]]:
    """The rows of report/predictions/<arm>.jsonl: every test row with its answer and its scores."""
    if not arm.records:
        return
    scores = arm.scores_by(task)
    by_row = {metric.name: scores.of_rows(metric.name) for metric in scores.metrics}
    for index, record in enumerate(arm.records):
        yield {
            "id": record.question.id,
            "question": record.question.text,
            "target": record.target,
            "answer": record.answer.text,
            "raw": record.answer.raw,
            **_sources(record),
            "scores": {name: round_or_none(values[index]) for name, values in by_row.items()},
            "slices": dict(record.question.slices),
        }


def _sources(record: Record) -> dict[str, Any]:
    """What the answer was made from and by, where there is something to say."""
    answer = record.answer
    said = {
        "passages": list(answer.passages),
        "found_in": list(record.found_in),
        "cited": list(answer.cited),
    }
    said |= {
        "confidence": None if answer.confidence is None else round_or_none(answer.confidence),
        "support": answer.support,
        "by": answer.by,
        "abstained": answer.abstained,
        "refused": answer.refused,
    }
    if answer.ran:
        kind, at, text = answer.ran
        said |= {
            "outcome": kind,
            "failed_test": 0 if kind == "passed" else at + 1,
            "outcome_text": text,
        }
    return {name: value for name, value in said.items() if value not in (None, "", False, [])}
