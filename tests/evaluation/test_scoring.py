"""Which metrics are shown, the contract that every metric keeps, and rows put in order by them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from assay.core.errors import UsageError
from assay.core.types import Answer, Example, Message, Record, Task
from assay.evaluation.scoring import METRICS, judge, metrics_for
from assay.stats.intervals import metric_value
from assay.tasks.kinds import DRAWN, KINDS, SQL
from helpers.answer_records import ANSWER, CLASSIFY, LABELS, record, records
from helpers.problems import problem


def test_slices_are_sums_of_the_same_rows():
    rows = [
        record("a", "a", slices=(("lang", "de"), ("length", "short"))),
        record("a", "b", slices=(("lang", "de"), ("length", "long"))),
        record("b", "b", slices=(("lang", "en"), ("length", "long"))),
    ]
    scores = judge(rows, CLASSIFY)
    assert {name: where.tolist() for name, where in scores.slices.items()} == {
        "lang=de": [0, 1],
        "lang=en": [2],
        "length=long": [1, 2],
        "length=short": [0],
    }
    assert scores.slice_values("lang=de")["accuracy"] == 0.5
    assert scores.slice_values("lang=de") == pytest.approx(judge(rows[:2], CLASSIFY).values)


def test_the_score_of_one_row():
    scores = judge(records("ab", "ac"), CLASSIFY)
    assert scores.of_rows("accuracy").tolist() == [1, 0]
    assert scores.of_rows("macro_f1").tolist() == [1, 0]


EXTRACT = Task(kind="extract", labels=("MISC", "PER"))


def test_the_deciding_metric_comes_first():
    assert [metric.name for metric in metrics_for(CLASSIFY)] == ["accuracy", "macro_f1"]
    assert [metric.name for metric in metrics_for(Task(kind="classify", metric="macro_f1"))] == [
        "macro_f1",
        "accuracy",
    ]
    assert [metric.name for metric in metrics_for(ANSWER)] == ["exact_match", "token_f1"]
    assert [metric.name for metric in metrics_for(EXTRACT)] == ["entity_f1", "exact_match"]
    with problem(UsageError, "C076", None, "'accuracy'"):
        metrics_for(Task(metric="acuracy"))


def test_the_metrics_that_a_project_names_are_shown():
    task = Task(kind="classify", metric="macro_f1", metrics=("mcc", "macro_f1", "ece"))
    assert [metric.name for metric in metrics_for(task)] == ["macro_f1", "mcc", "ece"]
    with problem(UsageError, "C076", "task.metrics", "'ecee'", "'ece'"):
        metrics_for(Task(metrics=("ecee",)))
    with problem(UsageError, "C092", "task.metric", "embedding_similarity"):
        metrics_for(Task(kind="answer", metric="embedding_similarity"))


def test_every_kind_names_metrics_that_there_are():
    known = {metric.name for metric in METRICS}
    for kind in KINDS:
        assert set(kind.fitting) <= known and kind.metric in kind.metrics
        # A report shows a few; the others are named.
        assert len(kind.metrics) <= 5
    drawn = {f"pass_at_{k}" for k in DRAWN}
    assert known == {name for kind in (*KINDS, SQL) for name in kind.fitting} | drawn


def answered(target, text, confidence):
    shares = tuple(
        math.log(confidence if label == text else (1 - confidence) / 3) for label in LABELS
    )
    came_to = ("passed" if text == target else "wrong value", 0, "")  # where the task is code
    answer = Answer(
        text, text or "", shares, confidence, nats=3.0 * confidence, read=2, ran=came_to
    )
    return Record(
        Example(id="r", messages=(Message("user", "a b c"),)), target, (), answer, (), confidence
    )


ORDERS = {"ndcg", "mrr"}  # their targets are grades: tests/strategies/linear/test_word_ranking.py


# of rows without a number it says nothing: its own tests have some
OF_NUMBERS = {"mean_absolute_error", "r2"}
OF_RULES = {"policy"}  # of a task without a policy it says nothing: its own tests have one


# of rows without a rejected answer they say nothing: their own tests have some
OF_PAIRS = {"preference_accuracy", "length_controlled_preference"}


def test_every_metric_keeps_the_contract(subtests):
    elsewhere = ORDERS | OF_NUMBERS | OF_RULES | OF_PAIRS
    for metric in [m for m in METRICS if m.name not in elsewhere]:
        with subtests.test(metric.name):
            rows = [
                answered("a", "a", 0.9),
                record("b", None),
                answered("c", "a", 0.5),
                answered("c", "c", 0.7),
            ]
            rows[1] = replace(rows[1], answer=replace(rows[1].answer, ran=("not parsed", 0, "")))
            columns = metric.rows(rows, CLASSIFY)
            assert columns.shape[0] == 4 and columns.dtype == np.float64
            assert np.array_equal(columns, metric.rows(rows, CLASSIFY))
            sums = np.stack([columns.sum(axis=0), columns[:2].sum(axis=0)])
            both = metric.total(sums, np.array([4.0, 2.0]))
            assert both == pytest.approx(
                [metric_value(columns, metric.total), metric_value(columns[:2], metric.total)]
            )
            assert both.min() >= metric.low and both.max() <= metric.high
            assert np.isnan(metric.total(np.zeros(columns.shape[1]), np.float64(0)))
            assert metric.each(columns).shape == (4,)
            # One sentence for `assay list metrics`.
            assert metric.about and not metric.about.endswith(".") and "\n" not in metric.about


# Some do not look at the target, and some need other answers than one word.
BLIND = {
    "bits_per_byte",
    "perplexity",
    "embedding_similarity",
    "json_valid",
    "numeric_match",
    "bleu",
    "rouge_2",
}
BLIND |= {
    "rouge_2_stems",
    *ORDERS,
    *OF_PAIRS,
    *OF_NUMBERS,
    *OF_RULES,
    *(metric.name for metric in METRICS if metric.name.startswith("entity")),
}


def test_right_answers_are_better_than_wrong_ones(subtests):
    for metric in [m for m in METRICS if m.name not in BLIND]:
        with subtests.test(metric.name):
            task = Task(kind="classify", labels=LABELS, metrics=(metric.name,))
            good = [answered(label, label, 0.97) for label in LABELS for _ in range(4)]
            bad = [
                answered(label, "a" if label == "b" else "b", 0.97)
                for label in LABELS
                for _ in range(4)
            ]
            first, second = judge(good, task), judge(bad, task)
            assert (
                first.values[metric.name] > second.values[metric.name]
            ) == metric.higher_is_better
            assert first.goodness(metric.name).min() > second.goodness(metric.name).max()
            assert first.right(metric.name).all()


def test_rows_are_put_in_order_from_worst_to_best_whichever_way_a_metric_goes():
    task = Task(kind="classify", labels=LABELS, metric="log_loss")
    rows = [
        answered("a", "a", 0.9),
        answered("a", "b", 0.9),
        record("a", "a"),
        answered("a", "a", 0.6),
    ]
    scores = judge(rows, task)
    # The row without scores has no loss, so it comes last; right and wrong are told by the answers.
    assert np.argsort(scores.goodness("log_loss"), kind="stable").tolist() == [2, 1, 3, 0]
    assert scores.right("log_loss").tolist() == [True, False, True, True]


def test_nothing_to_judge():
    with pytest.raises(ValueError, match="no test rows"):
        judge([], CLASSIFY)
