"""The linear model on vectors is scikit-learn's; what it cannot know it never answers."""

import numpy as np
import pytest

from assay.core.types import Task
from assay.strategies.encoders.vector_classifier import VectorClassifier
from helpers.encoder_rows import COLOURS, strategy

TASK = Task(kind="classify", labels=COLOURS)
SETS = Task(kind="multilabel", labels=("blue", "red"))


def vectors(count):
    rows = np.random.default_rng(3).standard_normal((count, 5))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def fitted(rows, places, class_weight="none"):
    settings = strategy("setfit", c=5.0, class_weight=class_weight)
    return VectorClassifier.fit(rows, np.eye(3, dtype=np.int64)[places], settings, 0, TASK)


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize("class_weight", ["none", "balanced"])
def test_shares_of_labels_are_those_of_scikit_learn(labels, class_weight):
    from sklearn.linear_model import LogisticRegression

    rows, places = vectors(30), np.array([i % 7 % labels for i in range(30)])
    wide = rows.astype(float)  # sgemv may warn of values beyond the end of so small a table
    weight = "balanced" if class_weight == "balanced" else None
    theirs = LogisticRegression(C=5.0, max_iter=1000, class_weight=weight).fit(wide, places)
    answers = fitted(rows, places, class_weight).answers(rows, TASK)
    shares = np.exp([answer.scores for answer in answers])[:, :labels]
    assert shares == pytest.approx(theirs.predict_proba(wide), abs=1e-3)
    # The third label has no rows where there are two.
    assert labels == 3 or all(answer.scores[2] < -1e6 for answer in answers)


def test_of_one_label_alone_every_answer_is_it():
    answers = fitted(vectors(4), [1, 1, 1, 1]).answers(vectors(9), TASK)
    assert {(answer.text, answer.confidence) for answer in answers} == {(COLOURS[1], 1.0)}


def test_likelihood_is_the_geometric_mean_of_the_right_labels_shares():
    # Without weights every row has the shares .5, .3 and .2.
    model = VectorClassifier.even(np.zeros((3, 5)), np.log([0.5, 0.3, 0.2]))
    wanted = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0]])  # the last row has no known label
    assert model.likelihood(vectors(3), wanted, TASK) == pytest.approx(np.sqrt(0.5 * 0.3))
    assert model.likelihood(vectors(1), wanted[2:], TASK) == 0


def test_likelihood_of_several_labels_counts_what_a_row_has_not_too():
    odds = np.log([0.8 / 0.2, 0.4 / 0.6])
    model = VectorClassifier.even(np.zeros((2, 5)), odds)
    right = model.likelihood(vectors(1), np.array([[1, 0]]), SETS)
    assert right == pytest.approx(np.sqrt(0.8 * 0.6))


def test_too_few_val_rows_leave_thresholds_at_one_half():
    model = VectorClassifier.zero(np.zeros((4, 2)), 5)
    assert model.with_cuts(vectors(4), np.ones((4, 2), dtype=np.int64)).cuts.tolist() == [0.5, 0.5]
    assert [answer.text for answer in model.answers(vectors(1), SETS)] == ["blue | red"]
