"""Retrieval and reading, told apart, by hand; nDCG against scikit-learn's."""

import math

import numpy as np
import pytest

from assay.core.types import Answer, Example, Message, Record
from assay.evaluation.retrieval_metrics import (
    columns,
    errors,
    has_gold_documents,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
    retrieves,
    share,
)
from assay.stats.intervals import metric_value


def record(passages=(), found_in=(), text="x", **more):
    question = Example("q", (Message("user", "?"),))
    return Record(
        question, "x", (), Answer(text, passages=tuple(passages), **more), tuple(found_in)
    )


PASSAGES = ("b#1", "a#2", "a#3", "c#1")


def test_a_document_counts_once_at_its_first_passage():
    both = record(PASSAGES, ("a", "c"))
    assert recall(both) == 1 and precision(both) == 3 / 4 and reciprocal_rank(both) == 1 / 2
    # Documents in order: b, a, c. Gains at ranks 2 and 3, at best they would be at 1 and 2.
    assert ndcg(both) == pytest.approx(
        (1 / math.log2(3) + 1 / math.log2(4)) / (1 + 1 / math.log2(3))
    )
    half = record(PASSAGES, ("a", "z"))
    assert recall(half) == 1 / 2 and reciprocal_rank(record(PASSAGES, ("z",))) == 0
    assert recall(record((), ("a",))) == 0 and precision(record((), ("a",))) == 0


def test_ndcg_is_that_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(1)
    for _ in range(50):
        documents = [f"d{i}" for i in draw.permutation(8)]
        wanted = {f"d{i}" for i in draw.choice(8, draw.integers(1, 5), replace=False)}
        gains = np.array([[float(d in wanted) for d in documents]])
        ranks = -np.arange(8.0)[None]
        one = record([f"{d}#1" for d in documents], wanted)
        assert ndcg(one) == pytest.approx(sklearn.ndcg_score(gains, ranks))


def test_rows_without_a_note_do_not_count_and_are_where_abstaining_is_right():
    records = [
        record(PASSAGES, ("a",)),
        record(PASSAGES, ("z",)),
        record(PASSAGES, (), abstained=True),
        record(PASSAGES, ("a",), abstained=True),
    ]
    found = columns(records, [True, False, True, False])
    assert metric_value(found["recall"], share) == pytest.approx(2 / 3)
    assert found["recall"][:, 1].tolist() == [1, 1, 0, 1]
    assert metric_value(found["abstained_rightly"], share) == 1
    assert metric_value(found["abstained_wrongly"], share) == pytest.approx(1 / 3)
    assert metric_value(found["right_when_complete"], share) == 1 / 2
    assert metric_value(found["right_when_missing"], share) == 0


def test_a_wrong_answer_is_an_error_of_retrieval_or_of_reading():
    records = [record(PASSAGES, w) for w in (("a",), ("a", "b"), ("a", "z"), ("z",), ())]
    assert errors(records, [True, False, True, False, False]) == {
        "right": 1,
        "reading_error": 1,
        "right_elsewhere": 1,
        "retrieval_error": 1,
    }


def test_without_notes_only_what_needs_none_is_told():
    records = [record(PASSAGES, support=0.5), record(PASSAGES, support=1.0, cited=("a#2",))]
    assert not has_gold_documents(records) and retrieves(records) and not retrieves([record()])
    found = columns(records, [True, True])
    assert {name: metric_value(rows, share) for name, rows in found.items()} == {
        "support": 0.75,
        "cites": 0.5,
    }


def test_citations_are_judged_by_the_notes():
    records = [record(PASSAGES, ("a",), cited=("a#2", "b#1")), record(PASSAGES, ("a",))]
    found = columns(records, [True, True])
    assert (
        metric_value(found["citation"], share) == 0.5 and metric_value(found["cites"], share) == 0.5
    )


def test_what_a_router_answers_without_looking_up_is_no_miss_of_retrieval():
    records = [
        record(PASSAGES, ("a",), by="strong"),
        record((), ("a",), by="cheap"),
        record((), ("a",)),
    ]
    found = columns(records, [True, True, False])
    assert found["recall"][:, 1].tolist() == [1, 0, 1]
    assert errors(records, [True, True, False]) == {
        "right": 1,
        "reading_error": 0,
        "right_elsewhere": 0,
        "retrieval_error": 1,
    }
