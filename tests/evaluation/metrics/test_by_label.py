"""Metrics of labels against scikit-learn, on banking77's and SMS messages' own labels."""

import csv
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from assay.core.types import Task
from assay.evaluation.metrics.by_label import by_label
from assay.evaluation.scoring import METRICS, judge
from assay.stats.intervals import Weights
from helpers.answer_records import records

KNOWN = {metric.name: metric for metric in METRICS}
ALL = ("balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "micro_f1", "mcc")


def expected(targets, texts, labels):
    """scikit-learn's numbers; an answer that is no label is written as one, but is not among
    `labels`."""
    texts = ["unreadable" if text is None else text for text in texts]
    seen = [label for label in labels if label in targets or label in texts]
    given = {"labels": seen, "zero_division": 0}
    there = [label for label in labels if label in targets]
    return {
        "balanced_accuracy": sklearn.recall_score(
            targets, texts, labels=there, average="macro", zero_division=0
        ),
        "macro_precision": sklearn.precision_score(targets, texts, average="macro", **given),
        "macro_recall": sklearn.recall_score(targets, texts, average="macro", **given),
        "macro_f1": sklearn.f1_score(targets, texts, average="macro", **given),
        "micro_f1": sklearn.f1_score(targets, texts, average="micro", **given),
        "mcc": sklearn.matthews_corrcoef(targets, texts),
    }


def drawn(targets, labels, seed, wrong=0.3, unread=0.05):
    """Answers that are right at a rate, the wrong ones mostly a neighbour in the list of labels."""
    draw = random.Random(seed)
    texts = []
    for target in targets:
        at = labels.index(target)
        other = labels[(at + 1) % len(labels)] if draw.random() < 0.7 else draw.choice(labels)
        texts.append(None if draw.random() < unread else other if draw.random() < wrong else target)
    return texts


# scikit-learn warns where all answers and targets are one label.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:A single label was found")
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["a", "b", "c", "d", None])), min_size=1
    )
)
def test_few_rows_agree_with_scikit_learn(rows):
    targets, texts = zip(*rows, strict=True)
    scores = judge(
        records(targets, texts), Task(kind="classify", labels=("a", "b", "c", "d"), metrics=ALL)
    )
    for name, value in expected(targets, texts, ["a", "b", "c", "d"]).items():
        assert scores.values[name] == pytest.approx(value, abs=1e-9), name


def banking(folder):
    with (folder / "test.csv").open(newline="") as file:
        return [row["category"] for row in csv.DictReader(file)]


def messages(folder):
    lines = (folder / "SMSSpamCollection").read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t")[0] for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "read"), [("banking77", banking), ("sms_spam", messages)])
def test_shared_labels_agree_with_scikit_learn(shared_data, name, read):
    targets = read(shared_data(name))[:1500]
    labels = sorted(set(targets))
    texts = drawn(targets, labels, 3)
    task = Task(kind="classify", labels=tuple(labels), metrics=ALL)
    scores = judge(records(targets, texts), task)
    for metric, value in expected(targets, texts, labels).items():
        assert scores.values[metric] == pytest.approx(value, abs=1e-9), metric
    # The same in each bootstrap draw: the columns are enough.
    weights = Weights(len(targets), draws=3, seed=1)
    values = {metric: weights.values(scores.rows[metric], KNOWN[metric].total) for metric in ALL}
    for at, counts in enumerate(weights.sums(np.eye(len(targets)))):
        picks = np.repeat(np.arange(len(targets)), counts.astype(int))
        again = expected([targets[i] for i in picks], [texts[i] for i in picks], labels)
        for metric in ALL:
            assert values[metric][at] == pytest.approx(again[metric], abs=1e-9), metric


def test_the_table_of_labels_is_scikit_learns_report(shared_data):
    targets = banking(shared_data("banking77"))[:1200]
    labels = sorted(set(targets))
    texts = drawn(targets, labels, 5, unread=0)
    found = by_label(records(targets, texts), Task(kind="classify", labels=tuple(labels)))
    report = sklearn.classification_report(targets, texts, output_dict=True, zero_division=np.nan)
    for one in found:
        theirs = report[one["label"]]
        assert one["n"] == theirs["support"]
        assert (one["precision"], one["recall"]) == pytest.approx(
            (theirs["precision"], theirs["recall"]), abs=1e-6
        )
        assert one["f1"] == pytest.approx(theirs["f1-score"], abs=1e-6)
    assert [one["f1"] for one in found] == sorted(one["f1"] for one in found)


def test_a_label_that_was_neither_asked_nor_answered_has_no_numbers_and_comes_last():
    found = by_label(records("aab", "aaa"), Task(kind="classify", labels=("a", "b", "c")))
    assert [one["label"] for one in found] == ["b", "a", "c"]
    assert found[0] == {
        "label": "b",
        "n": 1,
        "answered": 0,
        "precision": None,
        "recall": 0.0,
        "f1": 0.0,
    }
    assert found[2] == {
        "label": "c",
        "n": 0,
        "answered": 0,
        "precision": None,
        "recall": None,
        "f1": None,
    }
