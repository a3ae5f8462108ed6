"""The report's part on retrieval: shown where an arm hands on passages, with the numbers of
report.json."""

import json
import re
from dataclasses import replace

import pytest

from assay.decision.finished_arm import Arm
from assay.reporting.build import Report, build
from assay.reporting.html import render as html
from assay.reporting.markdown import render as markdown
from helpers.sample_report import TASK, answers, questions

PARTS = [
    {"name": "find", "seconds_per_answer": 0.002, "tokens_per_answer": 0.0},
    {"name": "write", "seconds_per_answer": 0.11, "tokens_per_answer": 96.0},
]


def arms(noted=True):
    rows = questions()
    plain = answers(rows, 0.5, seed=2)
    found = []
    for i, one in enumerate(answers(rows, 0.7, seed=3)):
        passages = ("a.md#1", "b.md#2") if i % 3 else ("c.md#1",)
        answer = replace(
            one.answer, passages=passages, support=0.5, cited=passages[:1], abstained=i % 40 == 0
        )
        found.append(replace(one, answer=answer, found_in=("a.md",) if noted and i % 10 else ()))
    return [
        Arm("plain", "shots", records=plain),
        Arm("with", "rag", records=found, cost={"answer_parts": PARTS}),
    ]


def reported(noted=True):
    given = arms(noted)
    data = build(task=TASK, arms=given, rows={"test": 264}, audit={}, exam={})
    return Report(json.loads(json.dumps(data)), TASK, tuple(given))


def test_only_arms_with_passages_have_it():
    plain, found = reported().data["strategies"]
    assert plain["retrieval"] is None
    values = found["retrieval"]["values"]
    counted = sum(1 for i in range(264) if i % 10)
    right = sum(1 for i in range(264) if i % 10 and i % 3)
    assert values["recall"]["n"] == counted
    assert values["recall"]["value"] == pytest.approx(right / counted, abs=1e-6)
    assert values["recall"]["low"] < values["recall"]["value"] < values["recall"]["high"]
    assert sum(found["retrieval"]["errors"].values()) == counted
    assert found["abstained"] == 7


@pytest.mark.slow
def test_the_page_and_the_text_tell_errors_apart():
    report = reported()
    errors = report.data["strategies"][1]["retrieval"]["errors"]
    page, text = html(report), markdown(report)
    assert (
        'data-at="/strategies/1/retrieval/errors/reading_error"'
        f' data-as="count">{errors["reading_error"]}' in page
    )
    assert f'value="{PARTS[1]["seconds_per_answer"]}"' in page
    said = re.search(r"Of the (\d+) errors of with, (\d+) lack", page)
    assert said and int(said[2]) == errors["retrieval_error"]
    assert "## Retrieval" in text and "reading errors" in text


def test_without_notes_it_says_what_to_do():
    report = reported(noted=False)
    assert report.data["strategies"][1]["retrieval"]["errors"] is None
    assert "data.columns.found_in" in html(report) and "data.columns.found\\_in" in markdown(report)


def test_a_run_without_retrieval_has_no_such_part():
    given = arms()[:1]
    report = Report(build(task=TASK, arms=given, rows={}, audit={}, exam={}), TASK, tuple(given))
    assert 'id="retrieval"' not in html(report) and "## Retrieval" not in markdown(report)
