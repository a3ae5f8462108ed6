"""Strategies combined: weights from rows left out, and what is said with them."""

from dataclasses import replace

import numpy as np
import pytest

from assay.core.errors import TrainError
from assay.core.types import Task
from assay.strategies.baselines.majority import Majority
from assay.strategies.baselines.neighbours import Neighbours
from assay.strategies.baselines.probe import Probe
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.catalogue import refuse_unfit
from assay.strategies.mixes.stack import Stack, fit_stack_weights, pool
from assay.strategies.prompting.likelihood import Likelihood


def test_a_strategy_by_itself_gets_the_temperature_of_its_rows():
    """One arm says .9 and is right in 3 of 4: the likeliest share is .75, so 9^w = 3 and w = log 3
    / log 9 = 1/2."""
    shares = np.array([[0.9, 0.1]] * 400)
    (weight,) = fit_stack_weights([shares], [0, 0, 0, 1] * 100)
    assert weight == pytest.approx(0.5, abs=0.01)


def test_an_arm_that_says_nothing_has_no_weight_in_the_answer():
    rng = np.random.default_rng(0)
    right = rng.integers(0, 3, 500)
    good = (
        np.full((500, 3), 0.1)
        + 0.7 * np.eye(3)[np.where(rng.random(500) < 0.8, right, (right + 1) % 3)]
    )
    noise = rng.dirichlet(np.ones(3), 500)
    weights = fit_stack_weights([good, noise], right.tolist())
    assert weights[0] == pytest.approx(1.0, abs=0.1) and weights[1] < 0.1


def test_weights_are_the_best_of_all_that_are_not_negative():
    """The gradient is 0 where a weight is above 0, else it points down: what a constrained optimum
    is known by."""
    rng = np.random.default_rng(1)
    right = rng.integers(0, 4, 300)
    arms = [
        np.stack([rng.dirichlet(np.ones(4) + k * np.eye(4)[one]) for one in right])
        for k in (0, 1, 3)
    ]
    weights = fit_stack_weights(arms, right.tolist())

    def loss(values):
        logs = pool(arms, values)
        logs -= np.log(np.exp(logs).sum(1, keepdims=True))
        return -logs[np.arange(300), right].sum() + 0.5 * ((np.array(values) - 1 / 3) ** 2).sum()

    for n, weight in enumerate(weights):
        step = np.eye(3)[n] * 1e-4
        slope = (loss(weights + step) - loss(weights - step)) / 2e-4
        assert abs(slope) < 0.5 if weight > 0 else slope > -0.5


@pytest.mark.slow
def test_rows_left_out_are_answered_by_arms_that_had_not_seen_them(lesson):
    """Three parts, each answered by arms of the other two; then both arms on all rows."""
    given = lesson("classify")
    fitted = []

    def fit(learner, own):
        fitted.append((learner.kind, len(own.train)))
        return learner.fit(own)

    arm = Stack(inners=(Neighbours(k=1), Tfidf()), folds=3).fit(replace(given, fit=fit))
    whole = len(given.train)
    assert fitted.count(("knn", whole)) == 1 and len(fitted) == 8
    assert sum(n for kind, n in fitted if kind == "tfidf") == 2 * whole + whole
    assert len(arm.answer([row.question for row in given.val])) == len(given.val)


def test_without_folds_val_says_the_weights_and_each_is_fitted_once(lesson):
    given, fitted = lesson("classify"), []

    def fit(learner, own):
        fitted.append(learner.kind)
        return learner.fit(own)

    arm = Stack(inners=(Tfidf(), Majority()), folds=0).fit(replace(given, fit=fit))
    assert fitted == ["tfidf", "majority"]
    assert f"{len(given.val)} val rows" in arm.said
    with pytest.raises(TrainError, match="T067"):
        Stack(inners=(Tfidf(), Majority()), folds=0).fit(replace(given, val=()))


@pytest.mark.slow
def test_options_are_weighed_and_an_answer_is_one_of_the_questions_own(lesson):
    given = lesson("choose")
    arm = Stack(inners=(Tfidf(), Likelihood()), folds=0).fit(given)
    questions = [row.question for row in (*given.val, *given.train)]
    assert {len(question.options) for question in questions} == {3, 4}
    for question, answer in zip(questions, arm.answer(questions), strict=True):
        assert answer.text in "ABCD"[: len(question.options)] and answer.prompt_tokens > 0
        assert sum(np.exp(answer.scores)[len(question.options) :]) == 0


def test_it_needs_labels():
    with pytest.raises(TrainError) as caught:
        refuse_unfit({"stack": Stack(inners=(Tfidf(), Probe()))}, Task(kind="multilabel"))
    assert [problem.code for problem in caught.value.problems] == ["T066"]


def test_one_part_is_no_division():
    with pytest.raises(ValueError, match="0, or 2"):
        Stack(inners=(Tfidf(), Probe()), folds=1)
