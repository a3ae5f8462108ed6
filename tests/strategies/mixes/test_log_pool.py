"""Opinions pooled: the weights of strategies, known from elsewhere."""

import numpy as np
import pytest

from assay.core.types import Answer, Task
from assay.strategies.mixes.log_pool import fit_stack_weights, opinions, pool


def test_a_strategy_by_itself_gets_the_temperature_of_its_rows():
    """One arm says .9 and is right in 3 of 4: the likeliest share is .75, so 9^w = 3 and w = log 3
    / log 9 = 1/2."""
    shares = np.array([[0.9, 0.1]] * 400)
    (weight,) = fit_stack_weights([shares], np.eye(2)[[0, 0, 0, 1] * 100])
    assert weight == pytest.approx(0.5, abs=0.01)


def test_an_arm_that_says_nothing_has_no_weight_in_the_answer():
    rng = np.random.default_rng(0)
    right = rng.integers(0, 3, 500)
    good = (
        np.full((500, 3), 0.1)
        + 0.7 * np.eye(3)[np.where(rng.random(500) < 0.8, right, (right + 1) % 3)]
    )
    noise = rng.dirichlet(np.ones(3), 500)
    weights = fit_stack_weights([good, noise], np.eye(3)[right])
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
    weights = fit_stack_weights(arms, np.eye(4)[right])

    def loss(values):
        logs = pool(arms, values)
        logs -= np.log(np.exp(logs).sum(1, keepdims=True))
        return -logs[np.arange(300), right].sum() + 0.5 * ((np.array(values) - 1 / 3) ** 2).sum()

    for n, weight in enumerate(weights):
        step = np.eye(3)[n] * 1e-4
        slope = (loss(weights + step) - loss(weights - step)) / 2e-4
        assert abs(slope) < 0.5 if weight > 0 else slope > -0.5


def test_of_several_labels_each_is_a_question_of_its_own():
    """As with one label: .9 for what is right in 3 of 4 has the weight 1/2, for the log odds of .75
    are half those of .9."""
    shares = np.tile([0.9, 0.1], (400, 1))
    wanted = np.tile([[1, 0], [1, 0], [1, 0], [0, 1]], (100, 1))
    (weight,) = fit_stack_weights([shares], wanted, several=True)
    assert weight == pytest.approx(0.5, abs=0.01)
    assert 1 / (1 + np.exp(-pool([shares], [weight], several=True)[0])) == pytest.approx(
        [0.75, 0.25], abs=0.005
    )


def test_weights_of_several_labels_are_those_of_a_logistic_regression():
    """scikit-learn, without an intercept; the pull is weak beside so many rows."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(2)
    wanted = (rng.random((2000, 3)) < 0.4).astype(int)
    odds = [rng.normal(size=wanted.shape) + k * (2 * wanted - 1) for k in (0.5, 1.0)]
    weights = fit_stack_weights([1 / (1 + np.exp(-one)) for one in odds], wanted, several=True)
    model = LogisticRegression(C=1e6, fit_intercept=False)
    model.fit(np.stack([one.ravel() for one in odds], axis=1), wanted.ravel())
    assert weights == pytest.approx(model.coef_[0].tolist(), rel=0.02)


def test_an_answer_without_scores_is_sure_of_its_labels():
    task = Task(kind="multilabel", labels=("a", "b", "c"))
    scored = Answer("a", scores=(-0.1, -0.7, -3.0))
    told = opinions([Answer("a | c"), Answer(None), scored], task)
    assert told[:2].tolist() == [[1, 0, 1], [0, 0, 0]]
    assert told[2] == pytest.approx(np.exp(scored.scores))
