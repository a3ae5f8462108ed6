"""Calibration against scikit-learn and closed forms."""

import csv
import math
import random

import numpy as np
import pytest
from sklearn import metrics as sklearn

from assay.core.types import Answer, Example, Message, Record, Task
from assay.evaluation.metrics.calibration import BINS, bins, reliability
from assay.evaluation.scoring import judge

QUESTION = Example("r", (Message("user", "?"),))
ALL = ("log_loss", "brier", "ece")


def record(target, text, confidence=None, scores=(), also=()):
    return Record(QUESTION, target, also, Answer(text, scores=tuple(scores), confidence=confidence))


@pytest.fixture
def guessed(shared_data):
    """A fifth of banking77's test labels with shares that lean to the right one. Confidences know
    nothing of the answers, so some bins are too sure and others not sure enough: where all err to
    one side, their sum is the same however rows are put into bins."""
    with (shared_data("banking77") / "test.csv").open(newline="") as file:
        targets = [row["category"] for row in csv.DictReader(file)][::5]
    labels = sorted(set(targets))
    draw = np.random.default_rng(2)
    logits = draw.normal(size=(len(targets), len(labels)))
    logits[np.arange(len(targets)), [labels.index(target) for target in targets]] += 2.5
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    # Log-likelihoods of whole answers do not add up to 1: 5 is taken off all of them.
    rows = [
        record(target, labels[int(p.argmax())], sure, np.log(p) - 5)
        for target, p, sure in zip(targets, shares, draw.random(len(shares)).tolist(), strict=True)
    ]
    return targets, labels, shares, rows


def test_log_loss_and_brier_are_scikit_learns(guessed):
    targets, labels, shares, rows = guessed
    task = Task(kind="classify", labels=tuple(labels), metrics=ALL)
    values = judge(rows, task).values
    assert values["log_loss"] == pytest.approx(
        sklearn.log_loss(targets, shares, labels=labels), abs=1e-6
    )
    brier = sklearn.brier_score_loss(targets, shares, labels=labels, scale_by_half=True)
    assert values["brier"] == pytest.approx(brier, abs=1e-6)


def test_of_several_accepted_labels_the_likeliest_counts():
    row = record("a", "b", 0.7, np.log([0.2, 0.7, 0.1]), also=("b",))
    values = judge([row], Task(kind="classify", labels=("a", "b", "c"), metrics=ALL)).values
    assert values["log_loss"] == pytest.approx(-math.log(0.7))
    assert values["brier"] == pytest.approx((0.2**2 + 0.3**2 + 0.1**2) / 2)


def test_two_labels_have_the_usual_brier_score():
    # p of "b" 0.8, 0.3, 0.6 for b, a, a: squared errors 0.04, 0.09, 0.36.
    rows = [
        record("b", "b", 0.8, np.log([0.2, 0.8])),
        record("a", "a", 0.7, np.log([0.7, 0.3])),
        record("a", "b", 0.6, np.log([0.4, 0.6])),
    ]
    values = judge(rows, Task(kind="classify", labels=("a", "b"), metrics=ALL)).values
    assert values["brier"] == pytest.approx((0.04 + 0.09 + 0.36) / 3)
    assert values["log_loss"] == pytest.approx(-(math.log(0.8) + math.log(0.7) + math.log(0.4)) / 3)


def test_answers_without_scores_are_left_out_and_counted():
    rows = [record("a", "a", 0.9, np.log([0.9, 0.1])), record("a", "b"), record("a", None)]
    values = judge(rows, Task(kind="classify", labels=("a", "b"), metrics=ALL)).values
    assert values["log_loss"] == pytest.approx(-math.log(0.9))
    assert values["ece"] == pytest.approx(0.1)
    found = reliability(rows)
    assert found is not None and (found["n"], found["without"]) == (1, 2)
    silent = judge(rows[1:], Task(kind="classify", labels=("a", "b"), metrics=ALL)).values
    assert all(math.isnan(silent[name]) for name in ALL)
    assert reliability(rows[1:]) is None


def test_a_target_beyond_the_labels_costs_all_that_can_be_lost():
    rows = [record("new", "a", 0.9, np.log([0.9, 0.1]))]
    values = judge(rows, Task(kind="classify", labels=("a", "b"), metrics=ALL)).values
    assert values["log_loss"] == pytest.approx(-math.log(1e-6))
    assert values["brier"] == pytest.approx((0.81 + 0.01 + 1) / 2)


def test_ece_of_bins_of_equal_size(guessed):
    _, labels, _, rows = guessed
    value = judge(rows, Task(kind="classify", labels=tuple(labels), metrics=ALL)).values["ece"]
    # Written down again: sorted by confidence, cut into 15 parts.
    said = np.array([row.answer.confidence for row in rows])
    right = np.array([row.answer.text == row.target for row in rows], dtype=float)
    parts = np.array_split(np.argsort(said, kind="stable"), 15)
    gaps = [(said[part].mean() - right[part].mean()) * len(part) for part in parts]
    assert min(gaps) < 0 < max(gaps)
    assert value == pytest.approx(sum(map(abs, gaps)) / len(rows))
    assert {len(part) for part in bins(rows, BINS)} <= {len(rows) // BINS, len(rows) // BINS + 1}


def test_ece_and_the_edges_of_its_bins_by_hand():
    # Confidences .05, .10 to 1.00, every second one right. Fifteen bins of 20 rows are five of two
    # and ten of one; |confidence - right| adds up to .85 + .65 + .45 + .25 + .05 over the pairs,
    # .55 + .65 + .75 + .85 + .95 over the wrong and .4 + .3 + .2 + .1 + 0 over the right: 7 of 20.
    rows = [record("a", "b" if i % 2 else "a", 0.05 * i) for i in range(1, 21)]
    random.Random(0).shuffle(rows)
    task = Task(kind="classify", labels=("a", "b"), metrics=("ece",))
    assert judge(rows, task).values["ece"] == pytest.approx(0.35)
    found = [sorted(round(20 * rows[i].answer.confidence) for i in part) for part in bins(rows, 15)]
    assert found == [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10], *([i] for i in range(11, 21))]
    plot = reliability(rows)
    assert plot is not None
    assert [
        (one["n"], one["from"], one["to"], one["confidence"], one["right"]) for one in plot["bins"]
    ] == [
        pytest.approx((2, 0.1 * k + 0.05, 0.1 * k + 0.1, 0.1 * k + 0.075, 0.5)) for k in range(10)
    ]
    # The edge of a bin may cut through equal confidences: they keep the order of the rows.
    alike = [record("a", "a", 0.5) for _ in range(4)]
    assert [part.tolist() for part in bins(alike, 2)] == [[0, 1], [2, 3]]


def test_an_arm_that_is_as_sure_as_it_is_right_has_no_error():
    # Fifteen bins of fifteen rows: confidence k / 15, and k of fifteen right.
    rows = [record("a", "a" if i < k else "b", k / 15) for k in range(15) for i in range(15)]
    value = judge(rows, Task(kind="classify", labels=("a", "b"), metrics=("ece",))).values["ece"]
    assert value == pytest.approx(0, abs=1e-12)
    sure = [record("a", "b", 1.0) for _ in range(30)]
    assert (
        judge(sure, Task(kind="classify", labels=("a", "b"), metrics=("ece",))).values["ece"] == 1
    )


def test_the_bins_of_the_plot():
    rows = [record("a", "a" if i % 4 else "b", 0.05 * (i % 20)) for i in range(100)]
    found = reliability(rows)
    assert (
        found is not None
        and found["n"] == 100
        and found["without"] == 0
        and len(found["bins"]) == 10
    )
    assert found["right"] == pytest.approx(0.75) and found["confidence"] == pytest.approx(0.475)
    assert sum(one["n"] for one in found["bins"]) == 100
    assert all(one["low"] <= one["right"] <= one["high"] for one in found["bins"])
    # Wilson's interval of 5 in 10 is 0.2366 to 0.7634 (Wilson 1927; scipy's binomtest has the
    # same).
    half = reliability([record("a", "a" if i % 2 else "b", 0.5) for i in range(100)])
    assert half is not None
    assert (half["bins"][0]["low"], half["bins"][0]["high"]) == pytest.approx(
        (0.236593, 0.763407), abs=1e-6
    )
