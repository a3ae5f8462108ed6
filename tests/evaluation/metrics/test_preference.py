"""Who prefers the chosen answers of held-out pairs, by hand."""

import math

import numpy as np
import pytest

from assay.core.types import Answer, Example, Message, Record, Task
from assay.evaluation.metrics.preference import margin
from assay.evaluation.scoring import judge

PAIRS = Task(kind="answer", metric="preference_accuracy", metrics=("length_controlled_preference",))


def pair(chosen: str, rejected: str, own=(), base=()) -> Record:
    """`own`, `base`: likelihoods of the chosen and of the rejected answer."""
    row = Example("r", (Message("user", "?"),), chosen, rejected=rejected)
    places = [(chosen, rejected).index(text) for text in row.question.compared]
    answer = Answer(
        "said",
        likelihoods=tuple(own[at] for at in places) if own else (),
        reference=tuple(base[at] for at in places) if base else (),
    )
    return Record(row.question, chosen, (), answer)


def test_a_question_holds_both_answers_and_not_which_is_the_chosen_one():
    one = Example("r", (Message("user", "?"),), "b", rejected="a").question
    other = Example("r", (Message("user", "?"),), "a", rejected="b").question
    assert one == other and one.compared == ("a", "b") == one.question.compared
    assert Example.from_json(one.to_json()) == one
    assert Example("r", (Message("user", "?"),), "b").question.compared == ()


def test_the_implicit_reward_is_counted_from_the_base():
    # -9 - -12 = 3 of the chosen one, -4 - -5 = 1 of the rejected one
    assert margin(pair("yes", "no", (-9.0, -4.0), (-12.0, -5.0))) == pytest.approx(2.0)
    # what an untrained model finds likelier
    assert margin(pair("yes", "no", (-9.0, -4.0))) == pytest.approx(-5.0)
    rows = [
        pair("yes", "no", (-9.0, -4.0), (-12.0, -5.0)),  # right
        pair("one", "two", (-9.0, -4.0), (-9.0, -5.0)),  # 0 against 1
        pair("red", "tan", (-3.0, -3.0)),  # a tie is half right
    ]
    assert judge(rows, PAIRS).values["preference_accuracy"] == pytest.approx(1.5 / 3)


def test_who_prefers_the_longer_answer_has_half_once_length_is_controlled():
    lengths = [("a longer one", "short")] * 9 + [("short", "a longer one")]
    rows = [pair(*both, own=tuple(float(len(text)) for text in both)) for both in lengths]
    values = judge(rows, PAIRS).values
    assert values["preference_accuracy"] == pytest.approx(0.9)
    assert values["length_controlled_preference"] == pytest.approx(0.5)
    # 2 of 3 longer ones and 1 of 2 shorter ones
    own = [(2.0, 1.0), (2.0, 1.0), (1.0, 2.0)], [(2.0, 1.0), (1.0, 2.0)]
    rows = [pair("a longer one", "short", one) for one in own[0]]
    rows += [pair("short", "a longer one", one) for one in own[1]]
    values = judge(rows, PAIRS).values
    assert values["length_controlled_preference"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    # Of one kind alone it is the accuracy; equal lengths count half in each.
    values = judge(rows[:3], PAIRS).values
    assert values["length_controlled_preference"] == pytest.approx(2 / 3)
    values = judge([pair("yes", "nay", (2.0, 1.0))], PAIRS).values
    assert values["length_controlled_preference"] == 1.0


def test_what_was_not_measured_has_no_value():
    silent = [pair("yes", "no"), pair("one", "two")]
    for value in judge(silent, PAIRS).values.values():
        assert math.isnan(value)
    alone = Record(Example("r", (Message("user", "?"),)), "yes", (), Answer("yes"))
    some = [*silent, alone, pair("yes", "no", (-1.0, -2.0))]
    scores = judge(some, PAIRS)
    assert scores.values["preference_accuracy"] == 1.0
    assert np.isnan(scores.of_rows("preference_accuracy")[:3]).all()


def test_column_sums_of_some_rows_give_their_value():
    rows = [pair("yes", "no", (-1.0, -2.0)), pair("a", "other", (-3.0, -2.0)), pair("q", "qq")]
    scores = judge(rows, PAIRS)
    for metric in scores.metrics:
        columns = scores.rows[metric.name]
        sums = np.stack([columns.sum(axis=0), columns[:1].sum(axis=0), columns[2:].sum(axis=0)])
        found = metric.total(sums, np.array([3.0, 1.0, 1.0]))
        assert found[:2] == pytest.approx([0.5, 1.0]) and np.isnan(found[2])
        assert metric.each(columns).shape == (3,)
