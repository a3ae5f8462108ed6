"""Each label by itself, how confidence holds, and a report whose deciding metric is better when
lower."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from assay.core.types import Answer, Example, Message, Record, Task
from assay.decision.finished_arm import Arm
from assay.reporting import html, markdown, view
from assay.reporting.build import Report, build

LABELS = ("a", "b", "c")
TASK = Task(
    kind="classify",
    labels=LABELS,
    metric="log_loss",
    metrics=("accuracy", "brier"),
    slices=("side",),
)
COST = {
    "fit_seconds": 1.0,
    "seconds_per_answer": 0.01,
    "peak_bytes": 1e6,
    "kept_bytes": 1e6,
    "parts": [],
}


def rows(strength, seed, scores=True):
    """150 rows answered by shares that lean to the right label with `strength`."""
    random = np.random.default_rng(seed)
    out = []
    for i in range(150):
        target = LABELS[i % 3]
        logits = random.normal(size=3)
        logits[LABELS.index(target)] += strength
        shares = np.exp(logits) / np.exp(logits).sum()
        said = LABELS[int(shares.argmax())]
        example = Example(
            f"r{i}",
            (Message("user", f"row {i}"),),
            slices=(("side", "xy"[i % 2]),),
            source=f"t.csv:{i}",
        )
        answer = (
            Answer(said, said, tuple(np.log(shares)), float(shares.max()))
            if scores
            else Answer(said, said)
        )
        out.append(Record(example, target, (), answer))
    return out


def arms():
    return [
        Arm("floor", "majority", records=rows(0.5, 1), cost=COST, floor=True),
        Arm("weak", "tfidf", records=rows(1.5, 2), cost=COST, floor=True),
        Arm("strong", "lora", records=rows(4.0, 3), cost={**COST, "seconds_per_answer": 0.02}),
        Arm("silent", "shots", records=rows(4.0, 4, scores=False), cost=COST),
    ]


@pytest.fixture(scope="module")
def report():
    made = arms()
    return Report(
        build(task=TASK, arms=made, rows={"test": 150}, audit={}, exam={}, draws=300),
        TASK,
        tuple(made),
    )


def of(report, name):
    return next(one for one in report.data["strategies"] if one["name"] == name)


def test_the_lowest_loss_is_the_best(report):
    losses = {
        name: of(report, name)["metrics"]["log_loss"]["value"]
        for name in ("floor", "weak", "strong")
    }
    assert losses["strong"] < losses["weak"] < losses["floor"]
    assert report.data["metrics"]["log_loss"] == {
        "better": "lower",
        "low": 0.0,
        "high": None,
        "unit": "nats",
    }
    assert report.data["metrics"]["accuracy"]["better"] == "higher"
    assert report.verdict["recommended"] == "strong"
    assert of(report, "strong")["versus_best"] is None
    assert of(report, "strong")["versus_floor"]["floor"] == "weak"
    assert of(report, "strong")["versus_floor"]["log_loss"]["difference"] < 0
    # The terminal's table and report.md list the best first.
    assert [row[0] for row in report.table()[1:]][:3] == ["strong", "weak", "floor"]
    decided = markdown.render(report).partition("## Comparison")[2]
    places = [decided.index(f"\n| {name} ") for name in ("strong", "weak", "floor")]
    assert places == sorted(places)


def test_an_arm_without_the_deciding_metric_is_listed_with_the_reason(report):
    silent = of(report, "silent")
    assert (silent["status"], silent["metrics"], silent["versus_best"]) == ("skipped", {}, None)
    assert re.search(r"silent.*skipped", markdown.render(report))
    json.dumps(report.data, allow_nan=False)


def test_the_rows_with_the_highest_loss_are_the_worst(report):
    card = next(one for one in view.cards(report) if one.name == "strong")
    records = {record.question.id: record for record in arms()[2].records}
    losses = {
        id: -record.answer.scores[LABELS.index(record.target)] for id, record in records.items()
    }
    assert [row.score for row in card.worst] == sorted(
        (row.score for row in card.worst), reverse=True
    )
    assert card.worst[0].score == pytest.approx(max(losses.values()))
    assert [row.score for row in card.best] == sorted(row.score for row in card.best)
    assert card.best[0].score == pytest.approx(min(losses.values())) and all(
        row.right for row in card.best
    )
    silent = next(one for one in view.cards(report) if one.name == "silent")
    assert (
        "no log loss" in silent.note
        and not silent.worst
        and "no log loss" in markdown.render(report)
    )


def test_labels_and_confidence_of_an_arm_are_in_the_report_and_on_its_card(report):
    strong = of(report, "strong")
    assert [one["f1"] for one in strong["labels"]] == sorted(one["f1"] for one in strong["labels"])
    assert sum(one["n"] for one in strong["labels"]) == 150
    calibration = strong["calibration"]
    assert (calibration["n"], calibration["without"]) == (150, 0)
    assert calibration["right"] == pytest.approx(strong["metrics"]["accuracy"]["value"])
    assert of(report, "silent")["calibration"] is None
    page = html.render(report)
    assert page.count('id="reliability-') >= 3 and 'data-at="/strategies/2/labels/0/f1"' in page
    assert 'data-at="/strategies/2/calibration/confidence"' in page


def test_confidences_that_are_missing_are_counted(report):
    records = rows(2.0, 5)
    records = [
        replace(one, answer=replace(one.answer, confidence=None)) if i < 40 else one
        for i, one in enumerate(records)
    ]
    task = TASK.model_copy(update={"metric": "accuracy"})
    made = (Arm("half", "lora", records=records, cost=COST),)
    data = build(task=task, arms=made, rows={"test": 150}, audit={}, exam={}, draws=100)
    calibration = data["strategies"][0]["calibration"]
    assert (calibration["n"], calibration["without"]) == (110, 40)
    assert "answers have no confidence and are left out" in html.render(Report(data, task, made))


def test_types_of_pieces_are_told_one_by_one():
    question = Example("r", (Message("user", "Ann in Oslo"),), source="t.csv:1")
    records = [
        Record(
            question, "PER: Ann | LOC: Oslo", (), Answer("PER: Ann | LOC: in", "PER: Ann | LOC: in")
        )
        for _ in range(3)
    ]
    task = Task(kind="extract", labels=("LOC", "PER"))
    made = (Arm("one", "shots", records=records, cost=COST),)
    data = build(task=task, arms=made, rows={"test": 3}, audit={}, exam={}, draws=50)
    table = data["strategies"][0]["labels"]
    assert [(one["label"], one["n"], one["f1"]) for one in table] == [
        ("LOC", 3, 0.0),
        ("PER", 3, 1.0),
    ]
    assert "Each type, worst first" in html.render(Report(data, task, made))


def test_the_interval_of_a_loss_is_students(report):
    records = arms()[2].records
    losses = np.array([-record.answer.scores[LABELS.index(record.target)] for record in records])
    found = of(report, "strong")["metrics"]["log_loss"]
    half = stats.t.ppf(0.975, len(losses) - 1) * losses.std(ddof=1) / math.sqrt(len(losses))
    assert (found["low"], found["high"]) == pytest.approx(
        (losses.mean() - half, losses.mean() + half), rel=0.02
    )
